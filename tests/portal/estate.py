"""Services as an installation has them: good ones, one that was never backed up."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from localhost.stack import HostProcess
from tests.support.api import Api, api_of

SERVICE = "contoso-b2b"
BACKUP = "contoso-before-upgrade"

PAGES = {
    "dashboard": "/",
    "services": "/services?state=Active",
    "new-service": "/services/new",
    "overview": f"/services/{SERVICE}",
    "backups": f"/services/{SERVICE}/backups",
    "backup": f"/services/{SERVICE}/backups/{BACKUP}",
    "configure": f"/services/{SERVICE}/configure",
    "log": f"/services/{SERVICE}/log?operation=BackupBizTalkService",
    "whole-log": "/log",
    "health": "/health",
    "numbers": f"/services/{SERVICE}/numbers",
    "keys": "/keys",
    "accounts": "/accounts",
    "about": "/about",
    "nowhere": "/no/such/page",
}


async def build(api: Api) -> None:
    """What the pages show."""
    await api.service(SERVICE, edition="Standard", unitCount=2, region="West Europe")
    await api.agreement(SERVICE, "Northwind-850")
    await api.service("fabrikam-edi", edition="Premium", unitCount=4, region="North Europe")
    await api.service("northwind-as2", edition="Basic", region="West Europe")
    await api.service("tailspin-x12", edition="Standard", region="West US")
    await api.service("adatum-dev", edition="Developer")
    await asyncio.gather(
        api.backup("fabrikam-edi", "fabrikam-first"),
        api.backup("northwind-as2", "northwind-first"),
        api.backup(SERVICE, "contoso-first"),
    )
    await api.put(f"services/{SERVICE}/batch-activity/Hourly", {"activeMessages": 12})
    backup = f"services/{SERVICE}/backups/{await api.backup(SERVICE, BACKUP)}"
    await api.succeeded(await api.post(f"{backup}/verify", {"level": "data"}))
    assert (await api.call("PATCH", backup, {"pinned": True})).status == 200
    for name in (SERVICE, "fabrikam-edi"):
        schedule = {
            "status": "Automatic",
            "storageAccount": "offsite",
            "startAt": "2026-01-01T02:00:00Z",
            "frequencyDays": 1,
            "retentionDays": 7,
            "keep": {"weekly": 4, "monthly": 12},
        }
        assert (await api.put(f"services/{name}/backup-schedule", schedule)).status == 201
    assert (await api.post("services/tailspin-x12/suspend")).status == 200


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def estate(host: HostProcess) -> AsyncIterator[Api]:
    """A client of the host, with services in it."""
    async with api_of(host.base_url, host.keys.host) as client:
        await build(client)
        yield client
