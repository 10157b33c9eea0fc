"""Pushes where Azure adds members to what is written: the push knows it for its own."""

from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT
from shared.installation.installation import Installation
from shared.integration_accounts.pushing.writing import ArtifactWriter
from shared.model.operation import Operation
from tests.integration_accounts.linked import ONE, unlink
from tests.integration_accounts.pulled import artifacts_of
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

_BESIDE = {**REPLACING, "existing": "keep", "extra": "keep"}


@pytest.fixture
def app(at_once: Installation) -> Installation:
    return at_once


def require_whole(done: Operation, arm: Arm, *, otherwise: str = "") -> None:
    """The push ended as if nothing was added, and says what was."""
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert done.result is not None
    assert done.result["verified"] is True
    told = {one.target: one.message for one in done.warnings if one.code == "AnsweredOtherwise"}
    there, wanted = artifacts_of(arm, OTHER), artifacts_of(arm, ACCOUNT)
    assert set(there) == set(wanted)
    for path, (document, content) in wanted.items():
        found, kept = there[path]
        if path in (otherwise, "partners/Northwind" if "partners/Northwind" not in told else ""):
            continue
        assert found == {**document, "metadata": {**document.get("metadata", {}), **_ADDED}}
        assert kept == content
        pointer = "/properties/metadata" + ("/filledIn" if "metadata" in document else "")
        assert f"members that were not written: {pointer}." in told[path]


_ADDED = {"filledIn": "yes"}


@pytest.mark.parametrize("hashes", ["always", "never"])
@pytest.mark.parametrize("body", [NEW, REPLACING, _BESIDE], ids=["new", "replace", "keep"])
async def test_what_azure_adds_to_is_known_for_its_own_after_a_crash(
    app: Installation,
    arm: Arm,
    monkeypatch: pytest.MonkeyPatch,
    body: dict[str, Any],
    hashes: Any,
) -> None:
    await pulled(app, arm)
    await unlink(app)
    arm.switches.content_hash = hashes
    arm.switches.adds_members = True
    kept = ""
    if body is not NEW:
        half_filled(arm)
    if body is _BESIDE:
        kept = "partners/Fabrikam"
        del arm.account(OTHER).items["partners"]["tailspin"]
    record = await started(app, body, ONE)
    broken_once(monkeypatch, ArtifactWriter, "write")
    assert (await ended(app, record)).completed_at is None
    arm.calm()
    done = await ended(app, record)
    require_whole(done, arm, otherwise=kept)
    written = [one.path for one in arm.seen if one.method == "PUT" and "/sessions/" not in one.path]
    assert written == []
    assert done.result is not None
    assert done.result["linked"] is (not kept)


async def test_what_azure_adds_again_to_what_is_there_is_as_it_was_to_become(
    app: Installation, arm: Arm
) -> None:
    """Another push finds the account otherwise than its service, writes, and is answered the
    same."""
    await pulled(app, arm)
    arm.switches.adds_members = True
    require_whole(await ended(app, await started(app, NEW, ONE)), arm)
    again = await ended(app, await started(app, REPLACING, ONE))
    require_whole(again, arm)


async def test_what_somebody_wrote_is_not_its_own(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pulled(app, arm)
    arm.switches.adds_members = True
    record = await started(app, NEW, ONE)
    broken_once(monkeypatch, ArtifactWriter, "write")
    await ended(app, record)
    arm.load([partner(OTHER, "Fabrikam", "SOMEBODYS")])
    done = await ended(app, record)
    assert done.status == "Failed"
    assert done.error is not None
    assert done.error.code == "IntegrationAccountHolds"
    assert "partners/Fabrikam" in done.error.message
    assert "1 artifact otherwise" in done.error.message
