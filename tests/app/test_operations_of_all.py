"""The operations of all services through HTTP: the newest, and what is under way."""

from datetime import datetime, timedelta
from typing import Any

from shared.installation.installation import Installation
from shared.model.operation import Operation, OperationName, OperationStatus
from shared.model.wire import rfc3339
from tests.support.api import Api, unique
from tests.support.deployed import Deployed

ALONE = True
"""The log is that of all services."""


async def log(api: Api, query: str = "") -> Any:
    """All of it, page after page."""
    found: list[Any] = []
    link = f"operations?top=7{query}"
    while link:
        page = (await api.get(link)).body
        found += page["value"]
        link = page.get("nextLink", "")
    return found


async def test_the_newest_of_all_services(api: Api) -> None:
    first, second = await api.service(), await api.service()
    await api.post(f"services/{first}/suspend")
    await api.agreement(second, "A")
    backup = await api.backup(first)
    gone = await api.succeeded(await api.delete(f"services/{second}"))
    newest = (await api.get("operations")).body["value"]
    assert newest[0] == gone, "also of a service that is gone, as its monitor has it"
    of_services = [
        one
        for service in (first, second)
        for one in (await api.get(f"services/{service}/operations")).body["value"]
    ]
    mine = [one for one in newest if one["service"] in (first, second)]
    assert mine == sorted(of_services, key=lambda one: str(one["createdAt"]), reverse=True)
    assert await log(api) == (await api.get("operations?top=1000")).body["value"]

    [made] = await log(api, f"&operation=BackupBizTalkService&from={mine[-1]['createdAt']}")
    assert made["parameters"]["name"] == backup
    since = made["createdAt"].replace("Z", "%2B00:00")
    assert {one["id"] for one in await log(api, f"&from={since}")} == {made["id"], gone["id"]}
    until = await log(api, f"&to={since}")
    assert made["id"] not in {one["id"] for one in until}
    assert mine[-1]["id"] in {one["id"] for one in until}
    assert await log(api, "&caller=nobody") == []
    assert await log(api, "&caller=key") == await log(api)
    assert await log(api, "&status=Failed") == []


async def test_what_is_under_way_in_all_services(api: Api, deployed: Deployed) -> None:
    app = Installation(deployed.read())
    began = app.clock.now() - timedelta(hours=1)
    operations = [
        Operation(
            id=unique("running"),
            operation=OperationName.BACKUP,
            service=await api.service(),
            status=OperationStatus.RUNNING,
            caller="ada" if number else "grace",
            trigger="http",
            created_at=began + timedelta(minutes=number),
            worker="busy",
            lease_seconds=600,
        )
        for number in range(3)
    ]
    for one in operations:
        await app.in_flight.add(one.service, one.id)
        await app.records.announce(one)
        await app.records.add(one, "hash", lock=True)
    await app.close()
    newest = [one.id for one in reversed(operations)]
    assert [one["id"] for one in await log(api, "&status=running")] == newest
    page = (await api.get("operations?status=Running&top=2")).body
    assert [one["id"] for one in page["value"]] == newest[:2]
    assert [one["cancelable"] for one in page["value"]] == [True, True]
    rest = (await api.get(page["nextLink"])).body
    assert ([one["id"] for one in rest["value"]], "nextLink" in rest) == (newest[2:], False)
    assert [one["id"] for one in await log(api, "&status=Running&caller=grace")] == newest[2:]
    assert await log(api, "&status=NotStarted") == []
    failed = await log(api, "&status=Failed&caller=ada")
    assert failed == []
    whole = {
        one["id"]: one["status"] for one in await log(api, f"&to={rfc3339(began)[:-1]}%2B00:00")
    }
    assert set(newest).isdisjoint(whole), "they began later"
    assert datetime.fromisoformat(page["value"][0]["createdAt"]) > began
