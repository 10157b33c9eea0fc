"""What a push counts where its worker dies around a write."""

from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT, X12
from shared.arm.client import Account
from shared.installation.installation import Installation
from shared.integration_accounts.pushing.written import Counted
from shared.model.integration_account import Child
from shared.model.operation import Operation
from tests.integration_accounts.linked import ONE
from tests.integration_accounts.pushed import (
    OTHER,
    REPLACING,
    ended,
    half_filled,
    issue,
    number_in,
    partner,
    pulled,
    started,
)
from tests.support.arm import Arm

ICN = f"{X12}-ICN"
_WRITES = {
    Counted.CREATED: ("put", Child.PARTNERS, "contoso"),
    Counted.REPLACED: ("put", Child.PARTNERS, "fabrikam"),
    Counted.DELETED: ("delete", Child.PARTNERS, "tailspin"),
    Counted.NUMBER: ("put", Child.SESSIONS, ICN.lower()),
    Counted.SESSION: ("put", Child.SESSIONS, "x12-"),
}
"""One write that is counted so: the method of an account, the kind, and how the name begins."""


@pytest.fixture
def app(at_once: Installation) -> Installation:
    return at_once


def dies(monkeypatch: pytest.MonkeyPatch, counted: Counted, *, sent: bool) -> list[str]:
    """The worker dies at a write, once: right after it was carried out, or right before it is sent.
    The list has the write's name when that happened."""
    method, child, begins = _WRITES[counted]
    former, died = getattr(Account, method), list[str]()

    async def once(self: Account, of: Child, name: str, *args: Any, **more: Any) -> Any:
        if died or of is not child or not name.lower().startswith(begins):
            return await former(self, of, name, *args, **more)
        died.append(name)
        if sent:
            await former(self, of, name, *args, **more)
        raise ConnectionError("died")

    monkeypatch.setattr(Account, method, once)
    return died


def counts(done: Operation) -> dict[str, Any]:
    assert done.result is not None
    names = ("created", "replaced", "deleted", "numbersWritten", "sessionsCreated")
    return {name: done.result[name] for name in names}


@pytest.mark.parametrize("sent", [True, False], ids=["carried out", "not sent"])
@pytest.mark.parametrize("counted", _WRITES)
async def test_a_write_whose_worker_died_is_counted_once(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch, counted: Counted, sent: bool
) -> None:
    await pulled(app, arm)
    half_filled(arm)
    record = await started(app, REPLACING, ONE)
    died = dies(monkeypatch, counted, sent=sent)
    assert (await ended(app, record)).completed_at is None
    assert died
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    told, items = counts(done), arm.account(OTHER).items
    assert told["created"] == {
        **{_SECTIONS.get(kind, kind): len(found) for kind, found in _artifacts(items).items()},
        "partners": 1,
    }
    assert told["replaced"] == told["deleted"] == {"partners": 1}
    assert told["numbersWritten"] + told["sessionsCreated"] == len(items["sessions"])
    assert "LastWriteUnknown" not in [one.code for one in done.warnings]


_SECTIONS = {"maps": "transforms", "batchconfigurations": "batches"}


def _artifacts(items: dict[str, Any]) -> dict[str, Any]:
    return {str(kind): found for kind, found in items.items() if found and kind != "sessions"}


@pytest.mark.parametrize(
    ("counted", "target"),
    [
        (Counted.CREATED, "partners/Contoso"),
        (Counted.NUMBER, f"control-numbers/{X12}/interchange"),
    ],
)
async def test_where_no_attempt_follows_it_says_which_write_is_not_known(
    app: Installation,
    arm: Arm,
    monkeypatch: pytest.MonkeyPatch,
    counted: Counted,
    target: str,
) -> None:
    await pulled(app, arm)
    half_filled(arm)
    record = await started(app, REPLACING, ONE)
    monkeypatch.setattr("shared.operations.engine.ATTEMPTS", 1)
    dies(monkeypatch, counted, sent=True)
    done = await ended(app, record)
    assert done.status == "Failed"
    assert [one.target for one in done.warnings if one.code == "LastWriteUnknown"] == [target]
    told = counts(done)
    assert ("partners" in told["created"]) is (counted is Counted.NUMBER)


async def test_what_somebody_else_wrote_meanwhile_is_not_counted(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker died before it was sent."""
    await pulled(app, arm)
    half_filled(arm)
    issue(arm, OTHER, ICN, 40_100)
    record = await started(app, REPLACING, ONE)
    dies(monkeypatch, Counted.NUMBER, sent=False)
    await ended(app, record)
    issue(arm, OTHER, ICN, 40_500)
    arm.load([partner(OTHER, "Tailspin", "SOMEBODYS")])
    done = await ended(app, record)
    assert done.status == "PartiallySucceeded", (done.error, done.warnings, done.result)
    assert number_in(arm, OTHER, ICN) == 40_500
    told = counts(done)
    others = len(arm.account(ACCOUNT).items["sessions"]) - 1
    assert told["numbersWritten"] + told["sessionsCreated"] == others
    assert told["deleted"] == {}
