"""Pushing what a service holds into an account."""

import pytest

from localhost.arm.sample import ACCOUNT, X12
from shared.installation.installation import Installation
from shared.model.backup import VerifyLevel
from shared.model.numbers import Kind
from shared.model.push import PushBody
from shared.model.restore import RestoreBody
from tests.integration_accounts.linked import ONE, refused, service
from tests.integration_accounts.pulled import artifacts_of, held, pull, sessions_of
from tests.integration_accounts.pushed import (
    COPY,
    NEW,
    OTHER,
    ended,
    half_filled,
    issue,
    lose,
    number_in,
    partner,
    plan,
    pulled,
    push,
    restored,
    started,
)
from tests.support.arm import Arm


async def test_a_lost_account_comes_back_under_another_name(app: Installation, arm: Arm) -> None:
    await restored(app, arm)
    before, sessions = artifacts_of(arm, ACCOUNT), await sessions_of(app, COPY)
    lose(arm)
    body = {**NEW, "controlNumbers": {"policy": "advance", "by": 100}}
    planned = await plan(app, body)
    assert planned.errors == []
    assert not planned.safety_backup
    done = await push(app, body)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert done.result is not None
    assert done.result["verified"] is True, done.result
    assert artifacts_of(arm, OTHER) == before
    assert number_in(arm, OTHER, f"{X12}-ICN") == 40_127 + 100
    assert "safetyBackup" not in done.result
    assert done.result["linked"] is True
    assert (await pull(app, COPY)).status == "Succeeded"
    assert await held(app, COPY) == before
    received = {name for name in sessions if name.startswith("X12-ICN")}
    assert received <= set(await sessions_of(app, COPY))


CASES = {
    ("refuse", "keep"): None,
    ("refuse", "delete"): None,
    ("keep", "keep"): ("ELSEWHERE", True),
    ("keep", "delete"): ("ELSEWHERE", False),
    ("replace", "keep"): ("FABRIKAM", True),
    ("replace", "delete"): ("FABRIKAM", False),
}
"""existing and extra → the identity that Fabrikam has after it, and whether Tailspin is there; None
where the push is refused."""


@pytest.mark.parametrize(("existing", "extra"), CASES)
async def test_what_is_there_and_what_only_the_account_has(
    app: Installation, arm: Arm, existing: str, extra: str
) -> None:
    await pulled(app, arm)
    half_filled(arm)
    body = {"resourceId": OTHER, "existing": existing, "extra": extra}
    before = artifacts_of(arm, OTHER)
    planned = await plan(app, body, ONE)
    assert planned.safety_backup
    wanted = CASES[existing, extra]
    if wanted is None:
        assert [one.code for one in planned.errors] == ["IntegrationAccountHolds"]
        problem = await refused(started(app, body, ONE))
        assert problem is not None
        assert problem.code == "IntegrationAccountHolds"
        assert artifacts_of(arm, OTHER) == before
        return
    assert planned.errors == []
    done = await push(app, body, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    there = artifacts_of(arm, OTHER)
    identity, extra_stays = wanted
    fabrikam = there["partners/Fabrikam"][0]["content"]["b2b"]["businessIdentities"]
    assert fabrikam[0]["value"] == identity
    assert ("partners/Tailspin" in there) is extra_stays
    assert there["partners/Northwind"] == before["partners/Northwind"]
    own = await held(app, ONE)
    assert {name: one for name, one in there.items() if name in own and "Fabrikam" not in name} == {
        name: one for name, one in own.items() if "Fabrikam" not in name
    }
    assert done.result is not None
    assert done.result["created"]["partners"] == 1
    assert done.result.get("replaced", {}).get("partners", 0) == (existing == "replace")
    assert done.result.get("deleted", {}).get("partners", 0) == (extra == "delete")
    planned_partners = planned.artifacts.counts["partners"]
    assert planned_partners["same"] == 1
    assert planned_partners["create"] == 1


async def test_a_push_is_undone_by_pushing_its_safety_backup(app: Installation, arm: Arm) -> None:
    await pulled(app, arm)
    half_filled(arm)
    issue(arm, OTHER, f"{X12}-ICN", 7)
    before = artifacts_of(arm, OTHER)
    done = await push(app, {"resourceId": OTHER, "existing": "replace", "extra": "delete"}, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert artifacts_of(arm, OTHER) != before
    assert number_in(arm, OTHER, f"{X12}-ICN") == 40_127
    assert done.result is not None
    safety = done.result["safetyBackup"]
    entry = await app.history.get(ONE, safety["backup"])
    assert entry is not None
    assert entry.value.pinned
    assert entry.value.status == "Succeeded"
    assert entry.value.operation == done.id
    verified = await app.verifications.start(entry.value, VerifyLevel.RESTORE, "somebody", None)
    assert (await ended(app, verified)).status == "Succeeded"
    place = {name: safety[name] for name in ("storageAccount", "container")}
    body = RestoreBody.model_validate({"backup": place, "service": {"name": "contoso-undo"}})
    restore = await ended(app, await app.restores.start(body, "somebody", None))
    assert restore.status == "Succeeded", restore.error
    facts = (await service(app, "contoso-undo")).integration_account
    assert facts is not None
    assert facts.key == OTHER.lower()
    undo = {"resourceId": OTHER, "existing": "replace", "extra": "delete", "link": False}
    undone = await push(app, undo, "contoso-undo")
    assert undone.status == "Succeeded", (undone.error, undone.warnings)
    assert artifacts_of(arm, OTHER) == before
    assert number_in(arm, OTHER, f"{X12}-ICN") == 40_127


async def test_numbers_are_uncertain_where_the_source_is_gone(app: Installation, arm: Arm) -> None:
    await restored(app, arm)
    lose(arm)
    planned = await plan(app, NEW)
    assert "ControlNumbersUncertain" in [one.code for one in planned.errors]
    unsure = {(one.agreement, one.kind): one for one in planned.control_numbers.uncertain}
    icn = unsure[X12, Kind.INTERCHANGE]
    assert icn.last_known == 40_127
    assert icn.seen_at is not None
    problem = await refused(started(app, NEW))
    assert problem is not None
    assert problem.code == "ControlNumbersUncertain"
    as_known = {**NEW, "controlNumbers": {"policy": "asKnown"}}
    done = await push(app, as_known)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert number_in(arm, OTHER, f"{X12}-ICN") == 40_127


async def test_numbers_go_on_behind_the_source_where_it_can_be_read(
    app: Installation, arm: Arm
) -> None:
    await restored(app, arm)
    issue(arm, ACCOUNT, f"{X12}-ICN", 40_200)
    done = await push(app, NEW)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert number_in(arm, OTHER, f"{X12}-ICN") == 40_200


async def test_a_source_that_was_emptied_is_uncertain(app: Installation, arm: Arm) -> None:
    await restored(app, arm)
    arm.account(ACCOUNT).items["sessions"].clear()
    planned = await plan(app, NEW)
    assert "ControlNumbersUncertain" in [one.code for one in planned.errors]


async def test_one_agreement_comes_back_alone(app: Installation, arm: Arm) -> None:
    await pulled(app, arm)
    account = arm.account(ACCOUNT)
    lost = account.items["agreements"].pop(X12.lower())
    account.items["partners"].pop("fabrikam")
    account.items["partners"].pop("northwind")
    arm.switches.references = False
    arm.load([partner(ACCOUNT, "Tailspin", "TAILSPIN")])
    issue(arm, ACCOUNT, f"{X12}-ICN", 40_500)
    body = {"include": [{"section": "agreements", "name": X12}], "extra": "delete"}
    planned = await plan(app, body, ONE)
    assert planned.errors == []
    assert planned.partial
    assert planned.artifacts.counts["agreements"]["create"] == 1
    assert planned.artifacts.counts["partners"]["create"] == 1
    done = await push(app, body, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert done.result is not None
    assert done.result["created"] == {"partners": 1, "agreements": 1}
    assert done.result["deleted"] == {}
    assert account.items["agreements"][X12.lower()].properties == lost.properties
    assert "northwind" not in account.items["partners"], "it was not asked for"
    assert "tailspin" in account.items["partners"], "what is not chosen stays"
    assert number_in(arm, ACCOUNT, f"{X12}-ICN") == 40_500


async def test_a_request_that_is_sent_again_is_one_push(app: Installation, arm: Arm) -> None:
    await pulled(app, arm)
    body = PushBody.model_validate(NEW)
    first = await app.pushes.start(await service(app), body, "somebody", "mine")
    again = await app.pushes.start(await service(app), body, "somebody", "mine")
    assert again.operation.id == first.operation.id == "mine"
    other = PushBody.model_validate({**NEW, "link": False})
    problem = await refused(app.pushes.start(await service(app), other, "somebody", "mine"))
    assert problem is not None
    assert problem.code == "OperationIdInUse"
    second = await refused(app.pushes.start(await service(app), body, "somebody", None))
    assert second is not None
    assert second.code == "OperationInProgress"
    assert (await ended(app, first)).status == "Succeeded"


async def test_an_account_that_is_there_is_not_made(app: Installation, arm: Arm) -> None:
    await pulled(app, arm)
    half_filled(arm)
    planned = await plan(app, NEW, ONE)
    assert ("InvalidRequest", "/create") in [(one.code, one.target) for one in planned.errors]


async def test_a_service_that_is_linked_elsewhere_stays_so(app: Installation, arm: Arm) -> None:
    await pulled(app, arm)
    done = await push(app, NEW, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert done.result is not None
    assert done.result["linked"] is False
    facts = (await service(app)).integration_account
    assert facts is not None
    assert facts.key == ACCOUNT.lower()
