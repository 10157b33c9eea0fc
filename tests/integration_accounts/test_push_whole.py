"""All that a backup has of an account is the same when it comes back, but for what was asked; and
an account is as it was when a push is undone."""

import copy
from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT, EDIFACT, X12
from shared.installation.installation import Installation
from shared.model.restore import RestoreBody
from shared.model.sections import CONTROL_NUMBERS, RECEIVED_NUMBERS, SESSIONS, Section
from tests.integration_accounts.linked import ONE, service
from tests.integration_accounts.pulled import artifacts_of, pull
from tests.integration_accounts.pushed import (
    COPY,
    NEW,
    OTHER,
    REPLACING,
    ended,
    half_filled,
    issue,
    lose,
    number_in,
    plan,
    pulled,
    push,
    restored,
)
from tests.support.arm import Arm

BY = 100
COUNTERS = {
    *(f"{SESSIONS}/{X12}-{kind}" for kind in ("ICN", "GCN", "TSCN")),
    *(f"{SESSIONS}/{EDIFACT}-{kind}" for kind in ("ICN", "TSCN")),
}
AGREEMENTS = tuple(f"{SESSIONS}/{name}-" for name in (X12, EDIFACT))
ISSUING = {f"{CONTROL_NUMBERS}/{name}" for name in (X12, EDIFACT)}


OF_AZURE = {"createdTime", "changedTime", "ControlNumberChangedTime", "etag", "seenAt", "expiresAt"}
"""Members that say when and as which version a resource was written."""


async def records(app: Installation, name: str) -> dict[str, Any]:
    """All that a backup of a service would have, but for its settings: section and name → document,
    without what Azure says of its being written."""
    found: dict[str, Any] = {}
    cut = await app.source(await service(app, name)).cut("anything", hold=False)
    try:
        for section in (*map(str, Section), CONTROL_NUMBERS, RECEIVED_NUMBERS, SESSIONS):
            async for page in cut.records(section):
                found |= {f"{section}/{one.name}": timeless(one.document) for one in page}
    finally:
        await cut.end()
    return found


def timeless(document: Any) -> Any:
    if isinstance(document, list):
        return [timeless(one) for one in document]
    if not isinstance(document, dict):
        return document
    return {name: timeless(one) for name, one in document.items() if name not in OF_AZURE}


def with_agreement(arm: Arm) -> None:
    """The half filled account has an agreement of its own, which names no schema."""
    copied = copy.deepcopy(arm.account(ACCOUNT).items)
    agreement = copied["agreements"][X12.lower()].properties
    for way in agreement["content"]["x12"].values():
        way["protocolSettings"]["schemaReferences"] = []
    partner = copied["partners"]["contoso"].properties
    arm.load(
        [
            {"id": f"{OTHER}/partners/Contoso", "properties": partner},
            {"id": f"{OTHER}/agreements/{X12}", "properties": agreement},
        ]
    )


@pytest.mark.parametrize("is_lost", [True, False])
async def test_what_comes_back_differs_in_what_was_asked_alone(
    app: Installation, arm: Arm, is_lost: bool
) -> None:
    await restored(app, arm)
    before = await records(app, COPY)
    assert set(before) >= COUNTERS | ISSUING
    body = NEW
    if is_lost:
        lose(arm)
        body = {**NEW, "controlNumbers": {"policy": "advance", "by": BY}}
    done = await push(app, body)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert (await pull(app, COPY)).status == "Succeeded"
    after = await records(app, COPY)
    new = {name for name in after if name not in before}
    assert set(before) <= set(after)
    # Of kinds that had issued nothing when the account was looked at, numbers are skipped too.
    assert all(is_lost and name.startswith(AGREEMENTS) for name in new), new
    differ = {name for name, document in before.items() if document != after[name]}
    assert differ == (COUNTERS | ISSUING if is_lost else set())
    for name in COUNTERS & differ:
        was, now = before[name]["content"], after[name]["content"]
        assert now == {**was, "ControlNumber": str(int(was["ControlNumber"]) + BY)}


@pytest.mark.parametrize("existing", ["keep", "replace"])
@pytest.mark.parametrize("extra", ["keep", "delete"])
@pytest.mark.parametrize("numbers", ["continue", "asKnown"])
async def test_every_push_is_undone(
    app: Installation, arm: Arm, existing: str, extra: str, numbers: str
) -> None:
    await pulled(app, arm)
    half_filled(arm)
    with_agreement(arm)
    issue(arm, OTHER, f"{X12}-ICN", 50_000)
    before = artifacts_of(arm, OTHER)
    policies = {"existing": existing, "extra": extra, "controlNumbers": {"policy": numbers}}
    done = await push(app, {"resourceId": OTHER, **policies}, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert artifacts_of(arm, OTHER) != before
    stands = number_in(arm, OTHER, f"{X12}-ICN")
    is_back = (numbers, existing) == ("asKnown", "replace")
    assert stands == (40_127 if is_back else 50_000)
    assert done.result is not None
    safety = done.result["safetyBackup"]
    place = {name: safety[name] for name in ("storageAccount", "container")}
    body = RestoreBody.model_validate({"backup": place, "service": {"name": "contoso-undo"}})
    restore = await ended(app, await app.restores.start(body, "somebody", None))
    assert restore.status == "Succeeded", restore.error
    undo: dict[str, Any] = {"resourceId": OTHER, "existing": "replace", "extra": "delete"}
    if is_back:
        undo["controlNumbers"] = {"policy": "advance", "by": 1}
    undone = await push(app, undo, "contoso-undo")
    assert undone.status == "Succeeded", (undone.error, undone.warnings)
    assert artifacts_of(arm, OTHER) == before
    goes_on = number_in(arm, OTHER, f"{X12}-ICN")
    assert goes_on == (50_001 if is_back else 50_000)


async def test_an_account_that_lists_two_at_a_time_is_pulled_and_pushed_whole(
    app: Installation, arm: Arm
) -> None:
    arm.switches.page_size = 2
    await pulled(app, arm)
    before = artifacts_of(arm, ACCOUNT)
    assert len(before) > 2
    done = await push(app, NEW, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert artifacts_of(arm, OTHER) == before
    sessions = arm.account(ACCOUNT).items["sessions"]
    assert set(arm.account(OTHER).items["sessions"]) == set(sessions)


async def test_a_vault_that_lists_no_keys_forbids_no_push(app: Installation, arm: Arm) -> None:
    await pulled(app, arm)
    half_filled(arm)
    arm.switches.vaults_refuse = True
    body = {**REPLACING, "extra": "keep"}
    planned = await plan(app, body, ONE)
    assert planned.errors == []
    assert "KeysNotChecked" in [one.code for one in planned.warnings]
    done = await push(app, body, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    there = artifacts_of(arm, OTHER)
    certificates = [one for one in there if one.startswith("certificates/")]
    assert certificates
    assert {one: there[one] for one in certificates} == {
        one: document for one, document in artifacts_of(arm, ACCOUNT).items() if one in certificates
    }
