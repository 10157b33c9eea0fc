"""What a push takes for its own: what Azure answered to its writes, whatever Azure made of them,
and nothing that somebody else wrote."""

from collections.abc import Sequence
from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT
from shared.arm.client import Account
from shared.installation.installation import Installation
from shared.integration_accounts.pushing.progress import Progressing
from shared.integration_accounts.pushing.suspending import Suspending
from shared.integration_accounts.pushing.writing import ArtifactWriter
from shared.model.operation import Operation
from shared.state.operations import OperationRow
from shared.state.staging import StagedValue
from tests.integration_accounts.linked import ONE, service, unlink
from tests.integration_accounts.pulled import artifacts_of, pull
from tests.integration_accounts.pushed import (
    NEW,
    OTHER,
    REPLACING,
    broken_once,
    ended,
    half_filled,
    partner,
    pulled,
    started,
)
from tests.support.arm import Arm

_KEEPING = {"resourceId": OTHER, "existing": "keep"}


@pytest.fixture
def app(at_once: Installation) -> Installation:
    return at_once


def metadata(arm: Arm, name: str, account: str = OTHER) -> dict[str, Any] | None:
    """That of a partner."""
    found = arm.account(account).items["partners"][name.lower()].properties
    return found.get("metadata")


def edit(arm: Arm, name: str, **members: str) -> None:
    """What somebody does: add metadata to a partner."""
    there = arm.account(OTHER).items["partners"][name.lower()].properties
    held = {**there, "metadata": {**(there.get("metadata") or {}), **members}}
    arm.load([{"id": f"{OTHER}/partners/{name}", "properties": held}])


def require_differs(done: Operation, *names: str) -> None:
    """The push was done, and says what is not as it was to become."""
    assert done.status == "PartiallySucceeded", (done.error, done.warnings, done.result)
    assert done.result is not None
    assert done.result["verified"] is False
    assert done.result["differs"] == [*names]


def told(done: Operation, code: str) -> list[str]:
    """What a code of the warnings names."""
    return sorted(str(one.target) for one in done.warnings if one.code == code)


def writes(arm: Arm) -> Sequence[str]:
    """The artifacts that were written, but for sessions."""
    seen = (one.path for one in arm.seen if one.method == "PUT" and "/sessions/" not in one.path)
    return ["/".join(path.split("/")[-2:]) for path in seen]


async def with_metadata(app: Installation, arm: Arm, body: dict[str, Any]) -> list[str]:
    """A service that has metadata, of which Azure makes other values, and a part of it in the
    account, where that is there; the artifacts that have any. To all else Azure adds some."""
    await pulled(app, arm)
    for name, value in (("Contoso", "CONTOSO"), ("Fabrikam", "FABRIKAM")):
        made = partner(ACCOUNT, name, value)
        made["properties"]["metadata"] = {"owner": "ops"}
        arm.load([made])
    assert (await pull(app, ONE)).status == "Succeeded"
    await unlink(app)
    if body is not NEW:
        half_filled(arm)
    arm.switches.adds_members = arm.switches.changes_values = True
    having = {at for at, (document, _) in artifacts_of(arm, ACCOUNT).items() if _has_own(document)}
    assert {"partners/Contoso", "partners/Fabrikam"} < having
    return sorted(having - ({"partners/Fabrikam"} if body is _KEEPING else set()))


def _has_own(document: dict[str, Any]) -> bool:
    return any(value != str(value).upper() for value in document.get("metadata", {}).values())


async def test_what_was_the_same_and_is_edited_is_not_as_it_was_to_become(
    app: Installation, arm: Arm
) -> None:
    """The push never wrote it: all that the service has is still in it."""
    await pulled(app, arm)
    await unlink(app)
    half_filled(arm)
    record = await started(app, REPLACING, ONE)
    arm.fault(
        method="PUT", part="/agreements/", meanwhile=lambda: edit(arm, "Northwind", of="theirs")
    )
    done = await ended(app, record)
    require_differs(done, "partners/Northwind")
    assert told(done, "AnsweredOtherwise") == []
    assert done.result is not None
    assert done.result["linked"] is False


async def test_what_was_to_be_replaced_and_is_edited_stays(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had all that the service has and a member of its own, and gets another one before the
    first write: after a crash that looks like something the push wrote."""
    await pulled(app, arm)
    half_filled(arm)
    edit(arm, "Northwind", m="before")
    record = await started(app, REPLACING, ONE)
    broken_once(monkeypatch, Suspending, "disable")
    assert (await ended(app, record)).completed_at is None
    edit(arm, "Northwind", n="theirs")
    arm.calm()
    done = await ended(app, record)
    require_differs(done, "partners/Northwind")
    assert told(done, "ChangedMeanwhile") == ["partners/Northwind"]
    assert "partners/Northwind" not in writes(arm)
    assert metadata(arm, "Northwind") == {"m": "before", "n": "theirs"}


async def test_what_was_left_stays_left(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody made it when the push was planned, so it is written; that is not carried out, and
    somebody makes it. The next attempt goes on without it."""
    await pulled(app, arm)
    record = await started(app, NEW, ONE)
    part = f"{OTHER}/partners/Contoso"
    error = {"error": {"code": "ServiceUnavailable", "message": "Not now."}}
    arm.fault(method="PUT", part=part, status=503, body=error)
    theirs = [partner(OTHER, "Contoso", "SOMEBODYS")]
    arm.fault(method="GET", part=part, nth=2, meanwhile=lambda: arm.load(theirs))
    broken_once(monkeypatch, ArtifactWriter, "write")
    assert (await ended(app, record)).completed_at is None
    done = await ended(app, record)
    require_differs(done, "partners/Contoso")
    assert told(done, "ChangedMeanwhile") == ["partners/Contoso"]


@pytest.mark.parametrize("name", ["Contoso", "Northwind", "Fabrikam"])
@pytest.mark.parametrize("crashes", [True, False], ids=["crash", "whole"])
async def test_what_is_kept_is_what_the_account_had_when_the_push_began(
    app: Installation,
    arm: Arm,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    crashes: bool,
) -> None:
    """One that was created, one that was the same, and one that was kept, are somebody else's at
    the end."""
    await pulled(app, arm)
    await unlink(app)
    half_filled(arm)
    record = await started(app, _KEEPING, ONE)
    theirs = [partner(OTHER, name, "SOMEBODYS")]
    met = arm.fault(method="PUT", part="/agreements/", meanwhile=lambda: arm.load(theirs))
    if crashes:
        broken_once(monkeypatch, ArtifactWriter, "write")
        assert (await ended(app, record)).completed_at is None
    done = await ended(app, record)
    assert met.met
    reason = [one.message for one in done.warnings if one.code == "NotLinked"]
    if name == "Fabrikam":
        assert done.status == "Succeeded", (done.error, done.warnings, done.result)
        assert "it keeps artifacts otherwise" in reason[0]
        return
    require_differs(done, f"partners/{name}")
    assert told(done, "NotAsWritten") == ["verified"]
    assert "it is not as it was to become" in reason[0]


@pytest.mark.parametrize("crashes", [True, False], ids=["crash", "whole"])
@pytest.mark.parametrize("body", [NEW, REPLACING, _KEEPING], ids=["new", "replace", "keep"])
async def test_what_azure_changes_is_written_once_and_named(
    app: Installation,
    arm: Arm,
    monkeypatch: pytest.MonkeyPatch,
    body: dict[str, Any],
    crashes: bool,
) -> None:
    changed = await with_metadata(app, arm, body)
    record = await started(app, body, ONE)
    if crashes:
        broken_once(monkeypatch, ArtifactWriter, "write")
        assert (await ended(app, record)).completed_at is None
        arm.calm()
    done = await ended(app, record)
    require_differs(done, *changed)
    assert told(done, "ChangedMeanwhile") == []
    assert {*changed} <= {*told(done, "AnsweredOtherwise")}
    assert metadata(arm, "Contoso") == {"owner": "OPS", "filledIn": "yes"}
    if crashes:
        assert writes(arm) == []


@pytest.mark.parametrize("changes", [True, False], ids=["changed", "added"])
@pytest.mark.parametrize(
    ("body", "created"), [(NEW, 3), (REPLACING, 1), (_KEEPING, 1)], ids=["new", "replace", "keep"]
)
async def test_a_worker_that_dies_before_it_notes_the_answer(
    app: Installation,
    arm: Arm,
    monkeypatch: pytest.MonkeyPatch,
    body: dict[str, Any],
    created: int,
    changes: bool,
) -> None:
    """What Azure added is known for that, as all that was sent is there. What it changed may be
    somebody's: it is left, and the push goes on."""
    await with_metadata(app, arm, body)
    arm.switches.changes_values = changes
    record = await started(app, body, ONE)
    broken_once(monkeypatch, Account, "put")
    assert (await ended(app, record)).completed_at is None
    assert writes(arm)[-1] == "partners/Contoso"
    arm.switches.changes_values = False
    arm.calm()
    done = await ended(app, record)
    assert "partners/Contoso" not in writes(arm)
    if changes:
        require_differs(done, "partners/Contoso")
        left = [] if body is _KEEPING else ["partners/Contoso"]
        assert told(done, "ChangedMeanwhile") == left
        return
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert done.result is not None
    assert done.result["created"]["partners"] == created
    assert "partners/Contoso" in told(done, "AnsweredOtherwise")


async def test_a_push_that_the_version_before_has_begun_goes_on(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It noted no answers: what it wrote is known by what was sent."""
    await pulled(app, arm)
    arm.switches.adds_members = True
    record = await started(app, NEW, ONE)
    broken_once(monkeypatch, ArtifactWriter, "write")
    assert (await ended(app, record)).completed_at is None
    await _as_before(app, record)
    arm.calm()
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert writes(arm) == []


async def _as_before(app: Installation, record: OperationRow) -> None:
    """Have of a push what the version before kept of it."""
    service_id, stage = (await service(app)).id, record.operation.id
    kept, notes = list[StagedValue](), list[StagedValue]()
    async for page in app.staging.values(service_id, stage):
        for one in page:
            if one.key == "written":
                assert one.value.pop("answersNoted") is True
                kept.append(one)
            elif one.key.startswith("o!"):
                notes.append(one)
    assert kept
    assert notes
    await app.staging.put_values(service_id, stage, kept)
    await app.staging.drop_values(service_id, stage, notes)
    read = await Progressing(app.staging, service_id, stage).read()
    assert (read.written.answers_noted, read.noted) == (False, {})
