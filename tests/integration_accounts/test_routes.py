"""Links and accounts over HTTP."""

from typing import Any

import pytest

from tests.integration_accounts.linked import account
from tests.support.api import Api, Reply, unique
from tests.support.arm import SUBSCRIPTION, Arm, account_id

STALE = {"If-Match": '"0000000000000000"'}


@pytest.fixture
def mine(azure: Arm) -> str:
    """The id of an account of this test's own."""
    resource_id = account_id(unique("ia"))
    azure.load([account(resource_id)])
    return resource_id


async def put(api: Api, service: str, resource_id: str, **more: Any) -> Reply:
    body = {"resourceId": resource_id, **more.pop("body", {})}
    return await api.put(f"services/{service}/integration-account", body, **more)


async def test_a_link_from_its_first_put_to_its_end(api: Api, mine: str) -> None:
    service = await api.service()
    path = f"services/{service}/integration-account"
    none = await api.get(path)
    assert (none.status, none.code) == (404, "IntegrationAccountNotLinked")
    first = await put(api, service, mine)
    assert first.status == 201
    assert first.body["resourceId"] == mine
    assert (first.body["sku"], first.body["location"]) == ("Standard", "westeurope")
    assert (first.body["state"], first.body["tags"]) == ("Enabled", {"team": "edi"})
    assert {"kind": "partners", "limit": 1000} in first.body["counts"]
    assert {"kind": "sessions"} in first.body["counts"]
    assert "pullMinutes" not in first.body
    assert first.body["numbersFrom"] == []
    read = await api.get(path)
    assert (read.status, read.body) == (200, first.body)
    assert read.headers["ETag"] == first.headers["ETag"]
    tag = {"If-None-Match": read.headers["ETag"]}
    assert (await api.get(path, headers=tag)).status == 304
    refused = await put(api, service, mine, headers={"If-None-Match": "*"})
    assert (refused.status, refused.code) == (412, "ConditionNotMet")
    refused = await put(api, service, mine, headers=STALE)
    assert (refused.status, refused.code) == (412, "ConditionNotMet")
    again = await put(
        api, service, mine, body={"pullMinutes": 15}, headers={"If-Match": first.headers["ETag"]}
    )
    assert (again.status, again.body["pullMinutes"]) == (200, 15)
    assert "nextPullAt" in again.body
    assert again.headers["ETag"] != first.headers["ETag"]
    shown = (await api.get(f"services/{service}")).body["integrationAccount"]
    assert shown == {
        "resourceId": mine,
        "sku": "Standard",
        "location": "westeurope",
        "linked": True,
        "pulled": False,
        "pullMinutes": 15,
        "former": [],
    }
    refused = await api.delete(path, headers=STALE)
    assert (refused.status, refused.code) == (412, "ConditionNotMet")
    ended = await api.delete(path, headers={"If-Match": again.headers["ETag"]})
    assert ended.status == 204
    assert (await api.get(path)).status == 404
    gone = await api.delete(path)
    assert (gone.status, gone.code) == (404, "IntegrationAccountNotLinked")
    log = (await api.get(f"services/{service}/operations")).body["value"]
    of_links = [one for one in log if one["operation"].endswith("IntegrationAccount")]
    assert [one["operation"] for one in of_links] == [
        "UnlinkIntegrationAccount",
        "LinkIntegrationAccount",
        "LinkIntegrationAccount",
    ]
    assert all(one["parameters"]["resourceId"] == mine for one in of_links)


async def test_accounts_are_listed_with_the_service_that_has_them(
    api: Api, azure: Arm, mine: str
) -> None:
    free = account_id(unique("ia"))
    azure.load([account(free, "Basic", location="northeurope")])
    service = await api.service()
    await put(api, service, mine)
    backup = await api.backup(service)

    async def listed(query: str = "") -> dict[str, Any]:
        found: list[Any] = []
        path = f"integration-accounts?top=1{query}"
        while path:
            page = await api.get(path)
            assert page.status == 200
            assert len(page.body["value"]) <= 1
            found += page.body["value"]
            path = page.body.get("nextLink", "")
        ids = [one["resourceId"] for one in found]
        assert ids == sorted(ids, key=str.lower)
        return {one["resourceId"]: one for one in found}

    every = await listed()
    assert every[free] == {
        "resourceId": free,
        "name": free.rsplit("/", 1)[1],
        "location": "northeurope",
        "sku": "Basic",
        "state": "Enabled",
    }
    assert every[mine]["service"] == service
    assert every[mine]["lastBackup"]["name"] == backup
    linked, unlinked = await listed("&linked=true"), await listed("&linked=false")
    assert linked.keys() | unlinked.keys() == every.keys()
    assert mine in linked
    assert free in unlinked
    assert not linked.keys() & unlinked.keys()
    wrong = await api.get("integration-accounts?linked=maybe")
    assert (wrong.status, wrong.code) == (400, "InvalidRequest")


async def test_a_list_says_what_it_lacks(api: Api, azure: Arm, mine: str) -> None:
    """The scope fails behind the first of its accounts."""
    whole = await api.get("integration-accounts")
    assert whole.body["unread"] == []
    azure.load([account(account_id(unique("ia")))])
    azure.switches.page_size = 1
    error = {"error": {"code": "ScopeLocked", "message": "The scope is locked."}}
    fault = azure.fault(part="skiptoken", status=409, body=error, times=1000)
    try:
        reply = await api.get("integration-accounts?linked=false")
        nothing = azure.fault(part="/integrationAccounts?", status=409, body=error, times=1000)
        refused = await api.get("integration-accounts")
        nothing.times = 0
    finally:
        azure.switches.page_size = 1000
        fault.times = 0
    assert reply.status == 200
    assert len(reply.body["value"]) <= 1
    (unread,) = reply.body["unread"]
    assert (unread["scope"], unread["code"]) == (
        f"/subscriptions/{SUBSCRIPTION}",
        "IntegrationAccountRefused",
    )
    assert "The scope is locked" in unread["message"]
    assert (refused.status, refused.code) == (409, "IntegrationAccountRefused")


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (403, "AuthorizationFailed", (403, "IntegrationAccountForbidden")),
        (503, "ServiceUnavailable", (503, "IntegrationAccountUnavailable")),
        (409, "ScopeLocked", (409, "IntegrationAccountRefused")),
    ],
)
async def test_what_azure_refuses_links_nothing(
    api: Api, azure: Arm, mine: str, status: int, body: str, expected: tuple[int, str]
) -> None:
    service = await api.service()
    fault = azure.fault(
        part=mine, status=status, body={"error": {"code": body, "message": "no"}}, times=1000
    )
    refused = await put(api, service, mine)
    assert (refused.status, refused.code) == expected
    assert ("Retry-After" in refused.headers) == (status == 503)
    fault.times = 0
    assert (await api.get(f"services/{service}/integration-account")).status == 404
    assert (await put(api, service, mine)).status == 201
