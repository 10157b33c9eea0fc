"""An account's own members beside those that Interkeep knows: in the settings, and in backups."""

from typing import Any

from shared.backups.inspection.changes import ChangesAsked
from shared.installation.installation import Installation
from shared.integration_accounts.linking.shown import shown_link
from shared.model.operation import OperationStatus
from shared.model.restore import RestoreBody
from tests.integration_accounts.linked import IA, ONE, account, backup, link
from tests.integration_accounts.pulled import pull
from tests.integration_accounts.pushed import plan, push
from tests.integration_accounts.test_pull_versions import COPY, in_backup, recorded
from tests.support.arm import Arm
from tests.support.scenes import run

IDENTITY = {"type": "SystemAssigned", "principalId": "8a6ce9e8", "tenantId": "3d1c"}
ENVIRONMENT = {"id": "/subscriptions/s/integrationServiceEnvironments/ise"}
OTHERS = {
    "identity": IDENTITY,
    "zones": ["1"],
    "properties": {"integrationServiceEnvironment": ENVIRONMENT},
}


def more(identity: dict[str, str] | None = None) -> dict[str, Any]:
    """The account with members of its own."""
    return account(
        identity=identity or IDENTITY,
        zones=["1"],
        properties={
            "state": "Enabled",
            "integrationServiceEnvironment": ENVIRONMENT,
            "changedTime": "2026-01-01T00:00:00Z",
        },
    )


async def test_they_are_in_the_settings_and_in_backups_of_them(
    pulled: Installation, arm: Arm
) -> None:
    assert "resource" not in await recorded(pulled), "there was none"
    await backup(pulled, "before")
    arm.load([more()])
    assert (await pull(pulled)).status is OperationStatus.SUCCEEDED
    assert (await recorded(pulled))["resource"] == OTHERS
    await link(pulled, minutes=15)
    assert (await recorded(pulled))["resource"] == OTHERS, "another PUT forgets nothing"
    found = await link(pulled)
    assert "8a6ce9e8" not in str(shown_link(found.value, None)), "what a link shows is not more"
    await backup(pulled, "after")
    assert (await in_backup(pulled, "after"))["resource"] == OTHERS
    arm.load([more({"type": "None"})])
    await backup(pulled, "later")
    assert await changed(pulled, "after", "before") == {"/integrationAccount/resource"}
    assert await changed(pulled, "later", "after") == {
        f"/integrationAccount/resource/identity/{name}"
        for name in ("type", "principalId", "tenantId")
    }


async def changed(app: Installation, name: str, since: str) -> set[str]:
    """Where the settings of two backups differ."""
    page = await app.changes.page(ONE, name, since, ChangesAsked("service", 100, None))
    return {pointer for record in page.changes for pointer in record["pointers"]}


async def test_a_second_pull_of_the_same_account_writes_nothing(
    pulled: Installation, arm: Arm
) -> None:
    arm.load([more() | {"storage": "AccountKey=QUJDREVGR0hJSktMTU5P;Name=x"}])
    await pull(pulled)
    of = (await pulled.services.require(ONE)).service
    first = await pulled.configuration.settings(of.id)
    assert first is not None
    assert "QUJD" not in str(await recorded(pulled))
    await pull(pulled)
    second = await pulled.configuration.settings(of.id)
    assert second is not None
    assert second.operation_id == first.operation_id


async def test_a_push_that_makes_an_account_says_what_it_does_not_get(
    pulled: Installation, arm: Arm
) -> None:
    arm.load([more()])
    await backup(pulled, "whole")
    chosen: dict[str, Any] = {
        "backup": {"storageAccount": "offsite", "container": "whole"},
        "service": {"name": COPY},
    }
    wanted = RestoreBody.model_validate(chosen)
    await run(pulled, await pulled.restores.start(wanted, "somebody", None))
    assert (await recorded(pulled, COPY))["resource"] == OTHERS, "also where it was restored"
    new = {"resourceId": f"{IA}-new", "location": "northeurope", "sku": "Standard"}
    told = await plan(pulled, {"create": new}, COPY)
    (left,) = [one for one in told.warnings if one.code == "AccountMembersLeftOut"]
    assert "identity, properties.integrationServiceEnvironment, zones." in left.message
    done = await push(pulled, {"create": new}, COPY)
    assert done.error is None, done.error
    assert "AccountMembersLeftOut" in [one.code for one in done.warnings]
    made = arm.account(f"{IA}-new").resource
    assert ("identity" in made, made["properties"]) == (False, {})
    there = await plan(pulled, {"resourceId": IA, "existing": "keep"}, COPY)
    assert "AccountMembersLeftOut" not in [one.code for one in there.warnings]
