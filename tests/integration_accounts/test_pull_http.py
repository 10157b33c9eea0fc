"""Pulls through HTTP: what an account holds is pulled, backed up, verified, restored as another
service, and compared."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared.installation.installation import Installation
from tests.app.scheduled import TestClock, history, put, settled
from tests.integration_accounts.linked import IA, account
from tests.integration_accounts.pulled import artifacts_of, held, ids_of, sessions_of
from tests.integration_accounts.small import AGREEMENT, LATER, change, partner, session, small
from tests.support.admin import Admin
from tests.support.api import Api, unique
from tests.support.arm import Arm, resources_of

ALONE = True
"""The clock moves, and accounts come and go."""


_LINKED: list[str] = []
"""Services that the test under way has linked."""


@pytest.fixture(autouse=True)
async def emptied(api: Api, azure: Arm) -> AsyncIterator[None]:
    """No link and no account stays behind."""
    azure.calm()
    yield
    azure.calm()
    while _LINKED:
        await api.delete(f"services/{_LINKED.pop()}/integration-account")
    azure.state.groups.clear()


def numbered(account_of: str, azure: Arm) -> dict[str, Any]:
    items = azure.account(account_of).items.get("sessions", {}).values()
    return {one.name: (one.properties.get("content"), one.changed) for one in items}


async def linked(api: Api, resource_id: str = IA, **more: Any) -> str:
    name = await api.service()
    body = {"resourceId": resource_id, **more}
    reply = await api.put(f"services/{name}/integration-account", body)
    assert reply.status == 201, reply.body
    _LINKED.append(name)
    return name


async def pull(api: Api, name: str, **body: Any) -> Any:
    return await api.ended(await api.post(f"services/{name}/pull", body))


async def backup(api: Api, name: str, **more: Any) -> tuple[str, Any]:
    container = unique("backup")
    body = {"name": container, "storageAccount": "offsite", **more}
    monitor = await api.ended(await api.post(f"services/{name}/backups", body))
    return container, monitor


@pytest.mark.timeout(900)
async def test_all_that_is_recorded_survives_backup_and_restore(
    api: Api, azure: Arm, host_app: Installation, corpus: Path
) -> None:
    """Every JSON member and byte is the same: in the service, and in one that is restored."""
    compared = 0
    for path in sorted((corpus / "integration_account" / "arm").glob("*.json")):
        resources = resources_of(corpus, path.stem)
        azure.state.groups.clear()
        azure.load(resources)
        compared += len(resources)
        for resource_id in ids_of(resources):
            name = await linked(api, resource_id)
            container, monitor = await backup(api, name)
            assert monitor["status"] == "Succeeded", monitor
            assert monitor["result"]["pull"]["consistent"] is True
            wanted = artifacts_of(azure, resource_id)
            assert await held(host_app, name) == wanted
            changes = f"services/{name}/backups/{container}/changes?since=live"
            assert (await api.get(changes)).body["value"] == []
            copy = unique("copy")
            await api.restore(container, name=copy)
            assert await held(host_app, copy) == wanted
            assert await sessions_of(host_app, copy) == numbered(resource_id, azure)
            facts = (await host_app.services.require(copy)).service.integration_account
            assert facts is not None
            assert (facts.resource_id, facts.linked) == (resource_id, False)
    assert compared == 169


async def test_a_backup_pulls_first_and_every_page_works_on_it(
    api: Api, azure: Arm, host_app: Installation
) -> None:
    azure.load(small())
    name = await linked(api)
    first, monitor = await backup(api, name)
    assert monitor["result"]["pull"]["added"] == {
        "agreements": 1,
        "partners": 3,
        "schemas": 2,
        "transforms": 1,
    }
    change(azure)
    azure.calm()
    stale, monitor = await backup(api, name, pull=False)
    assert "pull" not in monitor["result"]
    assert list(azure.seen) == []
    path = f"services/{name}/backups"
    assert (await api.get(f"{path}/{stale}/changes?since={first}")).body["value"] == []
    second, monitor = await backup(api, name)
    assert monitor["result"]["pull"]["removed"] == {"partners": 1, "transforms": 1}
    found = (await api.get(f"{path}/{second}/changes?since={first}")).body["value"]
    artifacts = {(one["section"], one["name"]) for one in found}
    assert {("partners", "Tailwind"), ("partners", "Adatum"), ("schemas", "Order")} <= artifacts
    assert ("agreements", AGREEMENT) in artifacts
    await api.succeeded(await api.post(f"{path}/{second}/verify", {"level": "restore"}))
    assert (await api.get(f"{path}/{second}")).body["verifyStatus"] == "Succeeded"
    contents = (await api.get(f"{path}/{second}/contents")).body["value"]
    counted = {one["name"]: one["items"] for one in contents}
    assert (counted["partners"], counted["schemas"], counted["sessions"]) == (3, 2, 3)
    numbers = (await api.get(f"services/{name}/control-numbers/{AGREEMENT}")).body
    assert "45" in str(numbers)
    managed = await api.post(
        f"services/{name}/control-numbers/{AGREEMENT}/allocate", {"kind": "interchange"}
    )
    assert managed.code == "ManagedByAccount"
    copy = unique("copy")
    await api.restore(second, name=copy)
    assert await held(host_app, copy) == artifacts_of(azure, IA)


async def test_a_pull_that_fails_fails_the_backup(api: Api, azure: Arm) -> None:
    azure.load(small())
    name = await linked(api)
    assert (await pull(api, name))["status"] == "Succeeded"
    azure.account(IA).items["partners"].clear()
    _, monitor = await backup(api, name)
    assert (monitor["status"], monitor["error"]["code"]) == ("Failed", "PullRemovesTooMuch")
    refused = await pull(api, name)
    assert refused["error"]["code"] == "PullRemovesTooMuch"
    taken = await pull(api, name, acceptRemovals=True)
    assert taken["result"]["removed"] == {"partners": 3}
    azure.lose(IA)
    container, monitor = await backup(api, name)
    assert monitor["error"]["code"] == "IntegrationAccountNotFound"
    shown = (await api.get(f"services/{name}/backups/{container}")).body
    assert shown["status"] == "Failed"
    azure.load([account()])
    body = {"error": {"code": "InvalidApiVersionParameter", "message": "It is not known."}}
    azure.fault(part="/schemas?", times=100, status=400, body=body)
    assert (await pull(api, name))["error"]["code"] == "IntegrationAccountRefused"
    azure.calm()
    link = (await api.get(f"services/{name}/integration-account")).body
    assert link["lastPullStatus"] == "Failed"
    assert "notPulledToldAt" not in link


async def test_drift_is_listed_newest_first_page_by_page(api: Api, azure: Arm) -> None:
    azure.load(small())
    name = await linked(api)
    await pull(api, name)
    path = f"services/{name}/integration-account/changes"
    assert (await api.get(path)).body["value"] == []
    change(azure)
    first = await pull(api, name)
    azure.load([partner("Northwind", LATER)])
    second = await pull(api, name)
    whole = (await api.get(path)).body["value"]
    assert len(whole) == 6
    assert [one["operation"] for one in whole] == [second["id"]] + [first["id"]] * 5
    assert whole[0] | {"foundAt": ""} == {
        "foundAt": "",
        "operation": second["id"],
        "section": "partners",
        "name": "Northwind",
        "change": "changed",
    }
    paged: list[Any] = []
    reply = await api.get(f"{path}?top=2")
    while True:
        assert reply.status == 200, reply.body
        assert len(reply.body["value"]) <= 2
        paged += reply.body["value"]
        if "nextLink" not in reply.body:
            break
        reply = await api.get(reply.body["nextLink"])
    assert paged == whole
    newer, older = whole[0]["foundAt"], whole[1]["foundAt"]
    assert (await api.get(f"{path}?from={newer}")).body["value"] == whole[:1]
    assert (await api.get(f"{path}?to={newer}")).body["value"] == whole[1:]
    assert (await api.get(f"{path}?from={older}&to={newer}&top=3")).body["value"] == whole[1:4]
    assert (await api.get(f"{path}?from=yesterday")).status == 400


async def test_a_schedule_pulls(api: Api, azure: Arm, admin: Admin) -> None:
    azure.load(small())
    name = await linked(api)
    await put(api, name)
    clock = TestClock(admin)
    try:
        await clock.days(2)
        made = await settled(api, name)
    finally:
        await admin.clock(0)
    assert made[0]["status"] == "Succeeded", made
    contents = await api.get(f"services/{name}/backups/{made[0]['name']}/contents")
    counted = {one["name"]: one["items"] for one in contents.body["value"]}
    assert (counted["partners"], counted["agreements"]) == (3, 1)
    assert len(await history(api, name)) == len(made)


async def test_the_timer_brings_numbers_between_two_pulls(
    api: Api, azure: Arm, admin: Admin
) -> None:
    azure.load(small())
    name = await linked(api, pullMinutes=5)
    await pull(api, name)
    azure.load([session(f"{AGREEMENT}-ICN", 77, LATER)])
    try:
        await admin.clock(3600)
        await admin.run_timer("pull_sessions")
    finally:
        await admin.clock(0)
    numbers = (await api.get(f"services/{name}/control-numbers/{AGREEMENT}")).body
    assert "77" in str(numbers)
    unlinked = await api.delete(f"services/{name}/integration-account")
    assert unlinked.status == 204
    assert await api.allocate(name, AGREEMENT) == 78
    assert (await api.post(f"services/{name}/pull", {})).code == "IntegrationAccountNotLinked"
