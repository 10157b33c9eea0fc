"""Artifacts that are listed without their content: they are asked for alone, once, and named where
they have none."""

from typing import Any

import pytest

from shared.blobs.backup_container import BackupContainer
from shared.installation.installation import Installation
from shared.model.backup import BackupBody
from shared.model.operation import Operation
from tests.integration_accounts.linked import IA, service
from tests.integration_accounts.pulled import held, pull
from tests.integration_accounts.small import CHANGED, CREATED, LATER, resource, schema
from tests.support.arm import Arm
from tests.support.scenes import read_whole, run

BARE: dict[str, dict[str, Any]] = {
    "schemas": {"schemaType": "Xml"},
    "maps": {"mapType": "Xslt", "contentLink": None},
    "assemblies": {"assemblyName": "Contoso", "contentLink": {}},
    "certificates": {"key": {"keyName": "a"}},
}
"""By kind, the properties of an artifact without content."""

SECTIONS = {
    "schemas": "schemas",
    "maps": "transforms",
    "assemblies": "assemblies",
    "certificates": "certificates",
}


def bare(kind: str, changed: str = CHANGED) -> dict[str, Any]:
    times = {"createdTime": CREATED, "changedTime": changed}
    return {"id": f"{IA}/{kind}/Bare", "name": "Bare", "properties": {**BARE[kind], **times}}


def list_bare(arm: Arm, kind: str, changed: str = CHANGED) -> None:
    """The list of a kind has this one alone, without its content."""
    arm.account(IA).items.pop(kind, None)
    arm.fault(part=f"/{kind}?", times=100, status=200, body={"value": [bare(kind, changed)]})


def missing(ended: Operation) -> list[str | None]:
    assert ended.result is not None, ended.error
    return [one.target for one in ended.warnings if one.code == "ContentMissing"]


def asked(arm: Arm, kind: str) -> int:
    ends = f"/{kind}/bare"
    return len([o for o in arm.seen if o.path.lower().endswith(ends) and not o.is_content])


@pytest.mark.parametrize("kind", BARE)
async def test_what_has_no_content_anywhere_is_named(
    pulled: Installation, arm: Arm, kind: str
) -> None:
    list_bare(arm, kind)
    arm.fault(part=f"/{kind}/Bare?", times=100, status=200, body=bare(kind))
    ended = await pull(pulled, accept=True)
    path = f"{SECTIONS[kind]}/Bare"
    assert missing(ended) == [path]
    assert asked(arm, kind) == 1
    assert (await held(pulled))[path][1] is None
    again = await pull(pulled)
    assert missing(again) == [path]
    assert again.result is not None
    assert again.result["contentFetched"] == 0
    assert (again.result["added"], again.result["changed"], again.result["removed"]) == ({}, {}, {})
    assert asked(arm, kind) == 1
    body = BackupBody(name="bare", storage_account="offsite", pull=False)
    record = await pulled.backups.start(await service(pulled), body, "somebody", None)
    await run(pulled, record)
    container = BackupContainer(pulled.accounts.require("offsite", ""), "bare")
    codes = [one.code for one in (await read_whole(pulled, container)).warnings]
    assert codes == ["ContentMissing"]


async def test_what_the_list_lacks_alone_is_fetched(pulled: Installation, arm: Arm) -> None:
    list_bare(arm, "schemas")
    # It is there, and has its content.
    arm.load([schema("Bare", "<bare/>")])
    ended = await pull(pulled, accept=True)
    assert missing(ended) == []
    assert asked(arm, "schemas") == 1
    assert (await held(pulled))["schemas/Bare"][1] == b"<bare/>"


async def test_one_that_is_gone_when_it_is_asked_for_is_no_failure(
    pulled: Installation, arm: Arm
) -> None:
    list_bare(arm, "schemas")
    ended = await pull(pulled, accept=True)
    assert missing(ended) == []
    assert ended.result is not None
    assert ended.result["consistent"] is False
    assert "schemas/Bare" not in await held(pulled)


async def test_bytes_of_what_did_not_change_stay(pulled: Installation, arm: Arm) -> None:
    arm.load([schema("Bare", "<bare/>")])
    assert missing(await pull(pulled)) == []
    list_bare(arm, "schemas")
    arm.fault(part="/schemas/Bare?", times=100, status=200, body=bare("schemas"))
    ended = await pull(pulled, accept=True)
    assert missing(ended) == ["schemas/Bare"]
    assert (await held(pulled))["schemas/Bare"][1] == b"<bare/>"
    arm.calm()
    list_bare(arm, "schemas", LATER)
    arm.fault(part="/schemas/Bare?", times=100, status=200, body=bare("schemas", LATER))
    assert missing(await pull(pulled)) == ["schemas/Bare"]
    assert (await held(pulled))["schemas/Bare"][1] is None


async def test_a_certificate_that_cannot_be_read_lacks_nothing(
    pulled: Installation, arm: Arm
) -> None:
    arm.load([resource("certificates", "Odd", publicCertificate="no base64, but something")])
    assert missing(await pull(pulled)) == []
