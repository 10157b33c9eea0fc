"""What the tier of an account lets a service hold; what becomes of that in backups and restores."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.artifact import ImportItem
from shared.model.backup import BackupBody
from shared.model.condition import unconditional
from shared.model.integration_account import AccountFacts, Sku
from shared.model.operation import OperationStatus
from shared.model.problem import Code
from shared.model.restore import RestoreBody
from shared.model.sections import Section
from tests.integration_accounts.linked import (
    IA,
    ONE,
    account,
    backup,
    create,
    link,
    refused,
    service,
    unlink,
)
from tests.integration_accounts.pulled import pull
from tests.support.arm import Arm
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import run

COPY = "contoso-copy"


@pytest.fixture
async def app(emulator: Emulator, tmp_path: Path, arm: Arm) -> AsyncIterator[Installation]:
    """An installation with an account of the Basic tier, which holds two partners."""
    arm.load([account(sku="Basic")])
    installation = Installation(Deployed.new(emulator, tmp_path, **arm.settings()).read())
    yield installation
    await installation.close()


def bridges(count: int) -> list[ImportItem]:
    return [
        ImportItem(section=Section.BRIDGES, name=f"b{number}", document={})
        for number in range(count)
    ]


async def put_partner(app: Installation, name: str, of: str = ONE) -> Any:
    return await app.artifacts.put(
        await service(app, of), Section.PARTNERS, name, {}, unconditional
    )


async def restored(app: Installation, name: str, backup_name: str) -> OperationStatus:
    """A restore of a backup to the Free edition, done."""
    body = {
        "backup": {"storageAccount": "offsite", "container": backup_name},
        "service": {"name": name, "edition": "Free"},
    }
    record = await app.restores.start(RestoreBody.model_validate(body), "somebody", None)
    await run(app, record)
    found = await app.records.find(name, record.operation.id)
    assert found is not None
    return found[0].operation.status


async def recorded(app: Installation, of: str) -> Any:
    """What the settings of a service say of its account, as a backup carries them."""
    cut = await app.source(await service(app, of)).cut("an-operation", hold=False)
    records = [record async for page in cut.records("service") for record in page]
    await cut.end()
    return records[0].document["integrationAccount"]


async def sections(app: Installation, of: str, name: str) -> dict[str, str]:
    """The hash of each section of a backup."""
    found = await app.history.get(of, name)
    assert found is not None
    return {one.name: one.lines_sha256 for one in found.value.sections or ()}


async def test_the_tier_counts_instead_of_the_edition_also_after_the_end_of_the_link(
    app: Installation,
) -> None:
    await create(app)
    edition = await refused(app.imports.write(await service(app), bridges(26)))
    assert edition is not None
    assert edition.code is Code.QUOTA_EXCEEDED
    await link(app)
    shown = await app.services.view(await app.services.require(ONE))
    assert shown.shown["quota"]["partners"] == {"used": 0, "limit": 2}
    assert "bridges" not in shown.shown["quota"], "no account has any"
    await unlink(app)
    await app.imports.write(await service(app), bridges(26))
    for name in ("Northwind", "Fabrikam"):
        await put_partner(app, name)
    tier = await refused(put_partner(app, "Alpine"))
    assert tier is not None
    assert tier.code is Code.QUOTA_EXCEEDED
    assert "Basic tier" in tier.message


async def test_a_backup_says_which_account_it_holds_and_a_restore_knows_it(
    app: Installation,
) -> None:
    await create(app, edition="Free")
    await link(app)
    assert (await pull(app)).status is OperationStatus.SUCCEEDED
    await unlink(app)
    for name in ("Northwind", "Fabrikam"):
        await put_partner(app, name)
    await backup(app, "first")
    assert await restored(app, COPY, "first") is OperationStatus.SUCCEEDED
    held = (await service(app, COPY)).integration_account
    assert held is not None
    assert held.seen_at is not None
    assert held.model_copy(update={"seen_at": None}) == AccountFacts(
        resource_id=IA, sku=Sku.BASIC, location="westeurope", linked=False
    )
    tier = await refused(put_partner(app, "Alpine", COPY))
    assert tier is not None
    assert tier.code is Code.QUOTA_EXCEEDED
    await backup(app, "second", COPY)
    first, second = await sections(app, ONE, "first"), await sections(app, COPY, "second")
    assert first["partners"] == second["partners"]
    assert await recorded(app, COPY) == await recorded(app, ONE)


async def test_a_backup_of_no_account_still_keeps_to_the_editions(app: Installation) -> None:
    await create(app)
    await backup(app, "plain")
    low = await refused(restored(app, COPY, "plain"))
    assert low is not None
    assert low.code is Code.EDITION_HAS_NO_BACKUP


async def test_a_backup_before_the_first_pull_holds_no_account_and_fits_every_edition(
    app: Installation,
) -> None:
    await create(app, edition="Free")
    await link(app)
    body = BackupBody(name="first", storage_account="offsite", pull=False)
    await run(app, await app.backups.start(await service(app), body, "somebody", None))
    assert await restored(app, COPY, "first") is OperationStatus.SUCCEEDED
    assert (await service(app, COPY)).integration_account is None
