"""Pushes where ARM may go either way, where it throttles, refuses, or loses an answer."""

import asyncio
from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT, X12
from shared.installation.installation import Installation
from shared.model.push import PushBody
from shared.rules.states import ServiceOperation
from tests.integration_accounts.linked import ONE, TWO, create, link, refused, service
from tests.integration_accounts.pulled import artifacts_of, held
from tests.integration_accounts.pushed import (
    NEW,
    OTHER,
    REPLACING,
    ended,
    half_filled,
    number_in,
    partner,
    plan,
    pulled,
    push,
    started,
)
from tests.support.arm import Arm
from tests.support.scenes import ASKED


@pytest.mark.parametrize(
    "switched",
    [
        {"if_match": False},
        {"references": False},
        {"unknown_members": "refused"},
        {"content_hash": "always"},
        {"content_hash": "never"},
        {"filters": False, "content_types": False, "map_versions": False},
    ],
    ids=str,
)
async def test_either_way_the_account_becomes_what_the_service_holds(
    app: Installation, arm: Arm, switched: dict[str, Any]
) -> None:
    for name, value in switched.items():
        assert hasattr(arm.switches, name)
        setattr(arm.switches, name, value)
    await pulled(app, arm)
    half_filled(arm)
    done = await push(app, REPLACING, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert artifacts_of(arm, OTHER) == await held(app, ONE) == artifacts_of(arm, ACCOUNT)
    assert number_in(arm, OTHER, f"{X12}-ICN") == 40_127
    assert done.result is not None
    arm.calm()
    again = await push(app, REPLACING, ONE)
    assert again.status == "Succeeded", (again.error, again.warnings)
    assert [one for one in arm.seen if one.method in ("PUT", "DELETE")] == []


async def test_a_number_whose_answer_was_lost_is_not_moved_twice(
    app: Installation, arm: Arm
) -> None:
    await pulled(app, arm)
    record = await started(app, {**NEW, "controlNumbers": {"policy": "advance", "by": 5}}, ONE)
    fault = arm.fault(method="PUT", part="/sessions/", carried_out=True, cut="no answer", times=6)
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert fault.met
    assert number_in(arm, OTHER, f"{X12}-ICN") == 40_132
    assert number_in(arm, OTHER, f"{X12}-TSCN") == 908


async def test_a_push_waits_where_arm_throttles(app: Installation, arm: Arm) -> None:
    await pulled(app, arm)
    record = await started(app, NEW, ONE)
    arm.throttle(times=3, retry_after=1, method="PUT")
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert done.attempt == 1


async def test_what_is_canceled_says_what_was_done(app: Installation, arm: Arm) -> None:
    await pulled(app, arm)
    half_filled(arm)
    record = await started(app, REPLACING, ONE)
    canceled: list[bool] = []

    def cancel() -> None:
        canceled.append(True)

    arm.fault(method="PUT", part="/schemas/", meanwhile=cancel)
    works = app.works[record.operation.operation]
    run = works.run

    async def watched(task: Any) -> Any:
        task.is_cancel_requested = lambda: bool(canceled)
        return await run(task)

    works.run = watched  # type: ignore[method-assign]
    done = await ended(app, record)
    assert done.status == "Canceled"
    assert done.result is not None
    assert done.result["created"]["partners"] == 1
    assert done.result["replaced"]["partners"] == 1
    assert done.result["safetyBackup"]["container"].startswith(f"{ONE}-before-")
    assert not arm.account(OTHER).items["agreements"]


async def test_what_azure_refuses_fails_and_names_the_undo(app: Installation, arm: Arm) -> None:
    await pulled(app, arm)
    half_filled(arm)
    record = await started(app, REPLACING, ONE)
    body = {"error": {"code": "InvalidSchema", "message": "It is not taken."}}
    arm.fault(method="PUT", part="/schemas/", status=400, body=body, times=9)
    done = await ended(app, record)
    assert done.status == "Failed"
    assert done.error is not None
    assert done.error.code == "IntegrationAccountRefused"
    assert done.result is not None
    assert done.result["safetyBackup"]["backup"]
    assert done.result["created"]["partners"] == 1


@pytest.mark.parametrize("existing", ["keep", "replace"])
async def test_what_somebody_writes_meanwhile_is_seen(
    app: Installation, arm: Arm, existing: str
) -> None:
    await pulled(app, arm)
    half_filled(arm)
    record = await started(app, {"resourceId": OTHER, "existing": existing}, ONE)

    def write() -> None:
        arm.load([partner(OTHER, "Contoso", "SOMEBODYS"), partner(OTHER, "Fabrikam", "SOMEBODYS")])

    arm.fault(method="GET", part=f"{OTHER}/partners/Contoso", meanwhile=write)
    done = await ended(app, record)
    assert done.status == "Failed"
    assert done.error is not None
    assert done.error.code == "IntegrationAccountHolds"
    partners = arm.account(OTHER).items["partners"]
    identities = partners["contoso"].properties["content"]["b2b"]["businessIdentities"]
    assert identities[0]["value"] == "SOMEBODYS"


async def test_what_the_identity_may_not_do_is_told_before(app: Installation, arm: Arm) -> None:
    await pulled(app, arm)
    half_filled(arm)
    arm.switches.actions = ["*/read"]
    planned = await plan(app, REPLACING, ONE)
    assert [one.code for one in planned.errors] == ["IntegrationAccountForbidden"]
    message = planned.errors[0].message
    assert "Microsoft.Logic/integrationAccounts/partners/write" in message
    assert "Microsoft.Logic/integrationAccounts/partners/delete" in message


async def test_certificates_take_their_keys_from_another_vault(app: Installation, arm: Arm) -> None:
    await pulled(app, arm)
    vault = next(iter(arm.state.vaults))
    other = vault.replace("contoso-keys", "north-keys")
    body = {**NEW, "keyVaults": [{"from": vault, "to": other}]}
    arm.state.vaults[other] = {"another-key": ["1" * 32]}
    planned = await plan(app, body, ONE)
    assert "KeysNotChecked" in [one.code for one in planned.warnings]
    failed = await push(app, body, ONE)
    assert failed.status == "Failed"
    assert failed.error is not None
    assert failed.error.code == "ArtifactNotFound"
    arm.state.vaults[other] = {"contoso-signing": ["1" * 32]}
    done = await push(app, {"resourceId": OTHER, "keyVaults": body["keyVaults"]}, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    certificates = arm.account(OTHER).items["certificates"].values()
    vaults = [
        one.properties["key"]["keyVault"]["id"] for one in certificates if "key" in one.properties
    ]
    assert vaults == [other]


async def test_what_forbids_a_push_is_told_at_once(app: Installation, arm: Arm) -> None:
    await pulled(app, arm)
    body = {
        "create": {"resourceId": OTHER, "location": "northeurope", "sku": "Free"},
        "include": [{"section": "partners", "name": "Nobody"}],
        "controlNumbers": {"policy": "advance"},
    }
    planned = await plan(app, body, ONE)
    codes = [one.code for one in planned.errors]
    assert codes.count("ArtifactNotFound") == 1
    assert codes.count("InvalidRequest") == 1
    problem = await refused(
        app.pushes.start(await service(app), PushBody.model_validate(body), "somebody", None)
    )
    assert problem is not None
    assert len(problem.details) == len(planned.errors)
    await asyncio.sleep(0)
    assert OTHER.rsplit("/", 1)[1] not in arm.state.group(*_group()).accounts


def _group() -> tuple[str, str]:
    parts = OTHER.split("/")
    return parts[2], parts[4]


async def test_workflows_are_disabled_until_the_service_is_resumed(
    app: Installation, arm: Arm
) -> None:
    await pulled(app, arm)
    arm.account(ACCOUNT).items["partners"].pop("fabrikam")
    arm.switches.references = False
    planned = await plan(app, {"existing": "replace"}, ONE)
    named = {one.name: one.action for one in planned.workflows}
    assert named == {
        "receive-orders": "suspend",
        "resend-by-hand": "leave",
        "send-orders": "suspend",
    }
    done = await push(app, {"existing": "replace"}, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert done.result is not None
    assert done.result["created"] == {"partners": 1}
    disabled = [one["name"] for one in done.result["workflows"]["disabled"]]
    assert disabled == ["receive-orders", "send-orders"]
    assert states(arm) == {
        "receive-orders": "Disabled",
        "resend-by-hand": "Disabled",
        "send-newsletter": "Enabled",
        "send-orders": "Disabled",
    }
    assert (await service(app)).state == "Suspended"
    listed = await app.services.require(ONE)
    await app.transitions.move(listed, ServiceOperation.RESUME, ASKED)
    assert (await service(app)).state == "Active"
    assert states(arm) == {
        "receive-orders": "Enabled",
        "resend-by-hand": "Disabled",
        "send-newsletter": "Enabled",
        "send-orders": "Enabled",
    }


async def test_workflows_may_be_left(app: Installation, arm: Arm) -> None:
    await pulled(app, arm)
    before = states(arm)
    done = await push(app, {"existing": "replace", "workflows": "leave"}, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert states(arm) == before
    assert (await service(app)).state == "Active"


def states(arm: Arm) -> dict[str, str]:
    """The state of each workflow of the account's group."""
    found = arm.state.group(*_group()).workflows.values()
    return {one["id"].rsplit("/", 1)[1]: one["properties"]["state"] for one in found}


async def test_what_is_not_as_it_was_to_become_is_told(app: Installation, arm: Arm) -> None:
    await pulled(app, arm)
    half_filled(arm)
    record = await started(app, REPLACING, ONE)

    def undo() -> None:
        arm.load([partner(OTHER, "Contoso", "SOMEBODYS")])

    arm.fault(method="DELETE", part="/partners/", meanwhile=undo)
    done = await ended(app, record)
    assert done.status == "PartiallySucceeded"
    assert done.result is not None
    assert done.result["verified"] is False
    assert done.result["differs"] == ["partners/Contoso"]
    assert "NotAsWritten" in [one.code for one in done.warnings]


async def test_a_target_of_another_service_is_told(app: Installation, arm: Arm) -> None:
    await pulled(app, arm)
    half_filled(arm)
    await create(app, TWO)
    await link(app, TWO, OTHER)
    planned = await plan(app, {**REPLACING, "extra": "keep"}, ONE)
    assert planned.errors == []
    assert "AccountOfAnother" in [one.code for one in planned.warnings]
    assert not planned.links
