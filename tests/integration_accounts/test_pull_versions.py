"""Which api-version each kind was read by: with the account, in the settings, and so in backups."""

import gzip
import json
from collections.abc import Mapping
from typing import Any

from shared.blobs.backup_container import BackupContainer
from shared.installation.installation import Installation
from shared.model.backup import BackupBody
from shared.model.operation import OperationStatus
from shared.model.restore import RestoreBody
from shared.services.documents import open_document
from tests.integration_accounts.linked import IA, link, service, unlink
from tests.integration_accounts.pulled import pull
from tests.support.arm import Arm
from tests.support.scenes import read_whole, require_whole, run

ROSETTANET = "rosettanetprocessconfigurations"
COPY = "contoso-copy"


async def recorded(app: Installation, name: str = "contoso-b2b") -> Any:
    """What the settings of a service say of its account."""
    of = await service(app, name)
    stored = await app.configuration.settings(of.id)
    assert stored is not None
    opened = open_document(await app.keys.data_key(of.id), "service", "service", stored.document)
    return opened["integrationAccount"]


async def in_backup(app: Installation, name: str) -> Any:
    """The same in a backup, read as anybody reads it."""
    container = BackupContainer(app.accounts.require("offsite", ""), name)
    descriptor = await read_whole(app, container)
    blob = next(part.blob for part in descriptor.sections if part.name == "service")
    data = await (await container.blob(blob).download_blob()).readall()
    (line,) = gzip.decompress(data).splitlines()
    return json.loads(line)["document"]["integrationAccount"]


def asked_by(arm: Arm) -> Mapping[str, str]:
    """By which api-version the account's lists were really asked for."""
    kinds = ((one.path.rpartition("/")[2], one.query.get("api-version", "")) for one in arm.seen)
    return {kind: version for kind, version in kinds if kind != "contoso-ia" and version}


async def test_a_backup_says_by_which_version_each_kind_was_read(
    pulled: Installation, arm: Arm
) -> None:
    assert (await pull(pulled)).status is OperationStatus.SUCCEEDED
    versions = (await recorded(pulled))["apiVersions"]
    assert versions == asked_by(arm)
    assert versions[ROSETTANET] == "2016-06-01"
    assert versions["sessions"] == versions["maps"] == "2019-05-01"
    body = BackupBody(name="versions", storage_account="offsite")
    await run(pulled, await pulled.backups.start(await service(pulled), body, "somebody", None))
    await require_whole(pulled, "versions")
    assert (await in_backup(pulled, "versions"))["apiVersions"] == versions
    wanted = RestoreBody.model_validate(
        {
            "backup": {"storageAccount": "offsite", "container": "versions"},
            "service": {"name": COPY},
        }
    )
    await run(pulled, await pulled.restores.start(wanted, "somebody", None))
    assert (await recorded(pulled, COPY))["apiVersions"] == versions


async def test_another_put_of_the_link_and_a_kind_that_is_refused_forget_no_version(
    pulled: Installation, arm: Arm
) -> None:
    before = (await recorded(pulled))["apiVersions"]
    await link(pulled, minutes=15)
    assert (await recorded(pulled))["apiVersions"] == before
    await unlink(pulled)
    await link(pulled, resource_id=IA.upper())
    assert (await recorded(pulled))["apiVersions"] == before
    error = {"error": {"code": "InvalidApiVersionParameter", "message": "It is not known."}}
    arm.fault(part=ROSETTANET, times=100, status=400, body=error)
    assert [one.code for one in (await pull(pulled)).warnings] == ["KindNotCovered"]
    assert (await recorded(pulled))["apiVersions"] == before
