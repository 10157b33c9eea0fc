"""The list of services says what is stored of a last backup, not only how its run ended."""

import pytest
from azure.storage.blob import ContainerClient
from playwright.async_api import Locator, expect

from tests.portal.watched import Tab
from tests.support.api import Api, unique
from tests.support.deployed import Deployed

pytestmark = pytest.mark.asyncio(loop_scope="module")

_STORED = 4
"""The column."""


async def cell(tab: Tab, service: str) -> Locator:
    await tab.open(f"/services?namePrefix={service}")
    row = tab.page.locator("tbody tr")
    await expect(row).to_have_count(1)
    await expect(tab.page.locator("thead th").nth(_STORED)).to_have_text("Stored")
    return row.locator("> *").nth(_STORED)


async def test_what_is_stored_of_the_last_backup(tab: Tab, api: Api, deployed: Deployed) -> None:
    service = await api.service(unique("stored"), edition="Standard")
    await expect(await cell(tab, service)).to_have_text("–")
    backup = await api.backup(service)
    await expect(await cell(tab, service)).to_have_text("Not verified")
    path = f"services/{service}/backups/{backup}"
    await api.succeeded(await api.post(f"{path}/verify", {"level": "descriptor"}))
    await expect(await cell(tab, service)).to_have_text("Verified")
    with ContainerClient.from_connection_string(deployed.offsite, backup) as container:
        for blob in container.list_blob_names(name_starts_with="secrets/"):
            container.delete_blob(blob)
    await api.ended(await api.post(f"{path}/verify", {"level": "data"}))
    await expect(await cell(tab, service)).to_contain_text("Damaged")
    # The run that made it was a success all the same.
    run = tab.page.locator("tbody tr > *").nth(_STORED - 1)
    await expect(run).to_contain_text("Succeeded")
    await api.succeeded(await api.delete(f"{path}?force=true"))
    await expect(await cell(tab, service)).to_have_text("Deleted")
