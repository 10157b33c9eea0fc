"""What an account has and a service has not, or not as it is there: no backup of that is whole."""

from typing import Any

from shared.blobs.backup_container import BackupContainer
from shared.installation.installation import Installation
from shared.model.backup import BackupBody
from shared.model.condition import unconditional
from shared.model.descriptor import Descriptor
from shared.model.operation import Operation
from shared.model.restore import RestoreBody
from shared.model.sections import Section
from tests.integration_accounts.linked import IA, ONE, service, unlink
from tests.integration_accounts.pulled import pull
from tests.integration_accounts.pushed import plan, push
from tests.integration_accounts.small import LATER, partner, resource
from tests.integration_accounts.test_pull_strange import listed, text_of
from tests.support.api import partner_document
from tests.support.arm import Arm
from tests.support.scenes import read_whole, run

TWICE = '{"a": 1, "a": 2}'


async def backed_up(
    app: Installation, name: str, *, pulls: bool = True
) -> tuple[Operation, Descriptor]:
    body = BackupBody(name=name, storage_account="offsite", pull=pulls)
    record = await app.backups.start(await service(app), body, "somebody", None)
    await run(app, record)
    found = await app.records.find(ONE, record.operation.id)
    assert found is not None
    container = BackupContainer(app.accounts.require("offsite", ""), name)
    return found[0].operation, await read_whole(app, container)


def lacks(descriptor: Descriptor) -> list[tuple[str, str, str]]:
    return [(one.code, one.section, one.name) for one in descriptor.failures]


def strange(arm: Arm) -> None:
    """One artifact that no service can hold is new, and one changed to such."""
    listed(
        arm,
        "partners",
        text_of("partners", "Adatum", "metadata", TWICE, LATER),
        text_of("partners", "Fourth", "metadata", TWICE),
    )


STRANGE = [("ItemUnreadable", "partners", "Adatum"), ("ItemUnreadable", "partners", "Fourth")]


async def test_a_backup_without_what_no_service_can_hold_is_partial(
    pulled: Installation, arm: Arm
) -> None:
    del arm.account(IA).items["partners"]["adatum"]
    strange(arm)
    done, descriptor = await backed_up(pulled, "partial")
    assert (done.status, lacks(descriptor)) == ("PartiallySucceeded", STRANGE)
    assert "a member twice" in descriptor.failures[0].message
    done, descriptor = await backed_up(pulled, "as-pulled", pulls=False)
    assert (done.status, lacks(descriptor)) == ("PartiallySucceeded", STRANGE)
    assert (await service(pulled)).last_backup is not None
    chosen: dict[str, Any] = {
        "backup": {"storageAccount": "offsite", "container": "partial"},
        "service": {"name": "contoso-again"},
        "acceptPartial": True,
    }
    record = await pulled.restores.start(RestoreBody.model_validate(chosen), "somebody", None)
    await run(pulled, record)
    found = await pulled.records.find("contoso-again", record.operation.id)
    assert found is not None
    told = {one.target for one in found[0].operation.warnings if one.code == "NotBackedUp"}
    assert told == {"partners/Adatum", "partners/Fourth"}
    arm.calm()
    arm.load([partner("Adatum", LATER)])
    done, descriptor = await backed_up(pulled, "whole")
    assert (done.status, lacks(descriptor)) == ("Succeeded", [])


async def test_what_callers_put_after_the_end_of_the_link_is_not_lacking(
    pulled: Installation, arm: Arm
) -> None:
    del arm.account(IA).items["partners"]["adatum"]
    strange(arm)
    assert (await pull(pulled)).status == "PartiallySucceeded"
    await unlink(pulled)
    await pulled.artifacts.put(
        await service(pulled), Section.PARTNERS, "Fourth", partner_document("Fourth"), unconditional
    )
    done, descriptor = await backed_up(pulled, "its-own", pulls=False)
    assert (done.status, lacks(descriptor)) == ("Succeeded", [])
    assert {one.code for one in descriptor.warnings} == {"ArtifactNotHeld"}


async def test_a_backup_without_content_that_the_account_does_not_give_is_partial(
    pulled: Installation, arm: Arm
) -> None:
    arm.load([resource("schemas", "Bare", schemaType="Xml")])
    done, descriptor = await backed_up(pulled, "partial")
    assert (done.status, lacks(descriptor)) == (
        "PartiallySucceeded",
        [("ContentMissing", "schemas", "Bare")],
    )


async def test_a_certificate_that_is_a_key_of_a_vault_alone_lacks_nothing(
    pulled: Installation, arm: Arm
) -> None:
    key = {"keyVault": {"id": "/vaults/one"}, "keyName": "one"}
    arm.load([resource("certificates", "Alone", key=key)])
    done, descriptor = await backed_up(pulled, "whole")
    assert (done.status, lacks(descriptor)) == ("Succeeded", [])
    assert [one.code for one in done.warnings] == ["ContentMissing"]


async def test_a_push_touches_nothing_that_the_backup_of_before_lacks(
    pulled: Installation, arm: Arm
) -> None:
    arm.load([resource("schemas", "Bare", schemaType="Xml"), partner("Adatum", LATER, more=1)])
    body = {"existing": "replace", "workflows": "leave"}
    found = await plan(pulled, {**body, "extra": "delete"}, ONE)
    (refused,) = [one for one in found.errors if one.code == "BackupIncomplete"]
    assert "schemas/Bare" in refused.message
    done = await push(pulled, body, ONE)
    assert done.status == "Succeeded", done.error
    (told,) = [one for one in done.warnings if one.code == "SafetyBackupPartial"]
    assert "schemas/Bare" in told.message
