"""Services through HTTP."""

import asyncio

import pytest

from shared.installation.installation import Installation
from shared.model.service import State
from tests.support.api import Api, unique
from tests.support.deployed import Deployed


async def test_a_service_is_created_and_shown(api: Api) -> None:
    name = unique("Contoso")
    created = await api.put(
        f"services/{name}", {"edition": "Standard", "unitCount": 2, "region": "West Europe"}
    )
    assert created.status == 201
    shown = await api.get(f"services/{name.upper()}")
    assert shown.status == 200
    assert shown.body == created.body
    assert shown.body["name"] == name
    assert shown.body["state"] == "Active"
    assert shown.body["edition"] == "Standard"
    assert shown.body["unitCount"] == 2
    assert shown.body["domainUrl"].startswith(f"https://{name.lower()}.")
    assert "backup" in shown.body["allowedOperations"]
    assert shown.body["quota"]["agreements"] == {"used": 0, "limit": 500}


async def test_secrets_come_back_masked_and_masks_keep_them(api: Api) -> None:
    settings = {
        "accessControl": {"namespace": "acs", "key": "very-secret-1"},
        "trackingDatabase": {
            "server": "sql.example.com",
            "name": "tracking",
            "login": "app",
            "password": "very-secret-2",
        },
        "archivingStore": {"connectionString": "very-secret-3"},
        "monitoringStore": {"storageAccount": "default"},
    }
    name = await api.service(edition="Premium", **settings)
    shown = await api.get(f"services/{name}")
    assert b"very-secret" not in shown.content
    assert shown.body["accessControl"]["key"] == "********"
    assert shown.body["trackingDatabase"]["password"] == "********"
    settings["trackingDatabase"]["server"] = "sql2.example.com"
    settings["trackingDatabase"]["password"] = "********"
    changed = await api.put(f"services/{name}", {"edition": "Premium", **settings})
    assert changed.status == 200, changed.body
    assert changed.body["trackingDatabase"]["server"] == "sql2.example.com"


async def test_a_mask_where_nothing_is_stored(api: Api) -> None:
    name = unique("svc")
    wanted = {"edition": "Basic", "accessControl": {"namespace": "acs", "key": "********"}}
    refused = await api.put(f"services/{name}", wanted)
    assert (refused.status, refused.code) == (400, "MaskWithoutValue")
    assert (await api.get(f"services/{name}")).code == "ServiceNotFound"


async def test_creating_a_service_twice(api: Api) -> None:
    name = await api.service(region="West Europe")
    before = await api.everything(name)
    again = await api.put(
        f"services/{name.upper()}", {"edition": "Basic"}, headers={"If-None-Match": "*"}
    )
    assert (again.status, again.code) == (409, "ServiceExists")
    higher = await api.put(f"services/{name}", {"edition": "Premium"})
    assert (higher.status, higher.code) == (409, "ServiceExists")
    assert await api.everything(name) == before


@pytest.mark.parametrize("name", ["Conto", "1contoso", "con--toso", "contoso-", "c" * 21])
async def test_a_bad_service_name(api: Api, name: str) -> None:
    refused = await api.put(f"services/{name}", {"edition": "Basic"})
    assert (refused.status, refused.code) == (400, "InvalidName")
    assert (await api.get(f"services/{name}")).code == "ServiceNotFound"


@pytest.mark.parametrize(
    ("body", "target"),
    [
        ({}, "/edition"),
        ({"edition": "Gold"}, "/edition"),
        ({"edition": "Basic", "unitCount": "2"}, "/unitCount"),
        ({"edition": "Basic", "unitCount": 9}, "/unitCount"),
        ({"edition": "Free", "unitCount": 2}, "/unitCount"),
        ({"edition": "Basic", "size": 1}, "/size"),
        ({"edition": "Basic", "domainUrl": "ftp://x"}, "/domainUrl"),
        ({"edition": "Basic", "region": "West\nEurope"}, "/region"),
        ({"edition": "Premium", "archivingStore": {}}, "/archivingStore"),
        ({"edition": "Free", "archivingStore": {"connectionString": "c"}}, "/archivingStore"),
        ({"edition": "Basic", "archivingStore": {"connectionString": "c"}}, "/archivingStore"),
        ({"edition": "Standard", "archivingStore": {"connectionString": "c"}}, "/archivingStore"),
    ],
)
async def test_a_bad_request_says_where(api: Api, body: object, target: str) -> None:
    name = unique("svc")
    refused = await api.put(f"services/{name}", body)
    assert (refused.status, refused.code) == (400, "InvalidRequest")
    assert refused.body["error"]["target"] == target
    assert (await api.get(f"services/{name}")).status == 404


async def test_everything_that_is_wrong_is_said_at_once(api: Api) -> None:
    refused = await api.put(
        f"services/{unique('svc')}", {"edition": "Gold", "a": 1, "unitCount": 0}
    )
    assert {d["target"] for d in refused.body["error"]["details"]} == {
        "/edition",
        "/a",
        "/unitCount",
    }


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b'{"edition": NaN}', b'{"edition": "Basic", "edition": "Free"}'],
)
async def test_a_body_that_is_no_json(api: Api, body: bytes) -> None:
    refused = await api.put(f"services/{unique('svc')}", data=body)
    assert (refused.status, refused.code) == (400, "InvalidJson")


async def test_a_store_in_an_account_that_is_not_registered(api: Api) -> None:
    wanted = {"edition": "Basic", "monitoringStore": {"storageAccount": "elsewhere"}}
    refused = await api.put(f"services/{unique('svc')}", wanted)
    assert (refused.status, refused.code) == (400, "StorageAccountUnknown")
    assert "offsite" in refused.body["error"]["message"]


@pytest.mark.parametrize("edition", ["Developer", "Premium"])
async def test_editions_that_archive(api: Api, edition: str) -> None:
    store = {"storageAccount": "offsite"}
    name = await api.service(edition=edition, archivingStore=store)
    assert (await api.get(f"services/{name}")).body["archivingStore"] == store


async def test_an_archiving_store_is_not_put_where_nothing_archives(api: Api) -> None:
    name = await api.service()
    before = await api.everything(name)
    wanted = {"edition": "Basic", "archivingStore": {"connectionString": "c"}}
    refused = await api.put(f"services/{name}", wanted)
    assert (refused.status, refused.code) == (400, "InvalidRequest")
    assert "Developer and Premium" in refused.body["error"]["message"]
    assert await api.everything(name) == before


async def test_there_is_no_such_service(api: Api) -> None:
    for reply in (
        await api.get("services/nowhere"),
        await api.delete("services/nowhere"),
        await api.post("services/nowhere/resume"),
        await api.get("services/nowhere/artifacts/schemas"),
        await api.post("services/nowhere/backups", {"name": "abc", "storageAccount": "offsite"}),
        await api.post("services/nowhere/control-numbers/a/allocate", {"kind": "group"}),
    ):
        assert (reply.status, reply.code) == (404, "ServiceNotFound")


async def test_transitions_follow_the_chart(api: Api) -> None:
    name = await api.service()
    for move, state in (
        ("suspend", "Suspended"),
        ("suspend", "Suspended"),
        ("resume", "Active"),
        ("stop", "Stopped"),
        ("start", "Active"),
        ("restart", "Active"),
        ("disable", "Disabled"),
        ("enable", "Suspended"),
    ):
        moved = await api.post(f"services/{name}/{move}")
        assert (moved.status, moved.body["state"]) == (200, state)
    refused = await api.post(f"services/{name}/stop")
    assert (refused.status, refused.code) == (409, "OperationNotAllowed")
    assert "resume" in refused.body["error"]["message"]


async def test_lists_are_filtered_and_paged(api: Api) -> None:
    names = {await api.service(unique("list")) for _ in range(3)}
    found: set[str] = set()
    link = "services?top=1&edition=basic&state=active"
    for _ in range(200):
        page = (await api.get(link)).body
        assert len(page["value"]) <= 1
        found |= {service["name"] for service in page["value"]}
        if "nextLink" not in page:
            break
        link = page["nextLink"]
    assert names <= found
    assert (await api.get("services?edition=Premium&state=Disabled")).body == {"value": []}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("top=0", "InvalidRequest"),
        ("top=1001", "InvalidRequest"),
        ("top=x", "InvalidRequest"),
        ("color=red", "InvalidRequest"),
        ("continuation=%21", "InvalidRequest"),
        ("api-version=2020-01-01", "UnsupportedApiVersionValue"),
    ],
)
async def test_a_bad_query(api: Api, query: str, code: str) -> None:
    refused = await api.get(f"services?{query}")
    assert (refused.status, refused.code) == (400, code)


async def test_the_current_api_version_is_taken(api: Api) -> None:
    assert (await api.get("services?api-version=2026-11-01")).status == 200


async def test_etags(api: Api) -> None:
    name = await api.service()
    shown = await api.get(f"services/{name}")
    etag = shown.headers["ETag"]
    assert (await api.get(f"services/{name}", headers={"If-None-Match": etag})).status == 304
    stale = await api.post(f"services/{name}/suspend", headers={"If-Match": '"0000"'})
    assert (stale.status, stale.code) == (412, "ConditionNotMet")
    assert (await api.post(f"services/{name}/suspend", headers={"If-Match": etag})).status == 200
    assert (await api.get(f"services/{name}", headers={"If-None-Match": etag})).status == 200


async def test_every_answer_has_its_request_id(api: Api) -> None:
    good = await api.get("health", headers={"x-ms-client-request-id": "mine-1"})
    assert len(good.headers["x-ms-request-id"]) == 32
    assert good.headers["x-ms-client-request-id"] == "mine-1"
    bad = await api.get("services/nowhere")
    assert len(bad.headers["x-ms-request-id"]) == 32


async def test_deleting_a_service_frees_its_name(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "A")
    await api.succeeded(await api.delete(f"services/{name}"))
    assert (await api.get(f"services/{name}")).code == "ServiceNotFound"
    again = await api.put(f"services/{name}", {"edition": "Free"}, headers={"If-None-Match": "*"})
    assert again.status == 201
    assert (await api.get(f"services/{name}/artifacts/agreements")).body == {"value": []}


async def test_the_operation_log(api: Api) -> None:
    name = await api.service()
    await api.post(f"services/{name}/suspend")
    deleted = await api.succeeded(await api.delete(f"services/{name}"))
    log = (await api.get(f"services/{name}/operations")).body["value"]
    assert [o["operation"] for o in log] == [
        "DeleteBizTalkService",
        "SuspendBizTalkService",
        "CreateBizTalkService",
    ]
    assert {o["status"] for o in log} == {"Succeeded"}
    assert log[0]["id"] == deleted["id"]
    only = await api.get(f"services/{name}/operations?operation=SuspendBizTalkService&top=1")
    assert [o["operation"] for o in only.body["value"]] == ["SuspendBizTalkService"]
    assert (await api.get(f"services/{name}/operations/nothing")).code == "OperationNotFound"


async def test_scaling(api: Api) -> None:
    name = await api.service(unitCount=2)
    scaled = await api.post(f"services/{name}/scale", {"unitCount": 4})
    assert (scaled.status, scaled.body["unitCount"]) == (200, 4)
    assert scaled.body["quota"]["agreements"]["limit"] == 200
    for body, code in (({"unitCount": 9}, "InvalidRequest"), ({}, "InvalidRequest")):
        assert (await api.post(f"services/{name}/scale", body)).code == code
    elsewhere = await api.put(f"services/{name}", {"edition": "Basic", "unitCount": 3})
    assert elsewhere.code == "InvalidRequest"
    assert "scale" in elsewhere.body["error"]["message"]
    await api.post(f"services/{name}/suspend")
    refused = await api.post(f"services/{name}/scale", {"unitCount": 1})
    assert (refused.status, refused.code) == (409, "OperationNotAllowed")
    assert (await api.get(f"services/{name}")).body["unitCount"] == 4


async def test_a_service_does_not_shrink_below_what_it_holds(api: Api) -> None:
    name = await api.service(unitCount=2)
    items = [{"section": "bridges", "name": f"b{i}", "document": {}} for i in range(26)]
    await api.post(f"services/{name}/import", {"artifacts": items})
    refused = await api.post(f"services/{name}/scale", {"unitCount": 1})
    assert (refused.status, refused.code) == (409, "QuotaExceeded")


async def test_the_operation_log_by_time(api: Api) -> None:
    name = await api.service()
    created = (await api.get(f"services/{name}/operations")).body["value"][0]
    assert created["caller"] == "key"
    at = created["createdAt"]
    path = f"services/{name}/operations"
    assert len((await api.get(f"{path}?from={at}")).body["value"]) == 1
    assert (await api.get(f"{path}?to={at}")).body["value"] == []
    assert (await api.get(f"{path}?from=2100-01-01T00:00:00Z")).body["value"] == []
    for wrong in ("from=yesterday", "to=2026-11-01T00:00:00"):
        assert (await api.get(f"{path}?{wrong}")).code == "InvalidRequest"


async def test_a_failed_operation_asked_for_again_fails_again(api: Api) -> None:
    """Its caller must not believe that it was done."""
    name = await api.service()
    headers = [{"Operation-Id": unique("stop")} for _ in range(6)]
    replies = await asyncio.gather(
        *(api.post(f"services/{name}/stop", headers=given) for given in headers)
    )
    failed = [given for reply, given in zip(replies, headers, strict=True) if reply.status == 412]
    await api.post(f"services/{name}/start")
    for given in failed:
        again = await api.post(f"services/{name}/stop", headers=given)
        assert (again.status, again.code) == (412, "ConditionNotMet")
    assert (await api.get(f"services/{name}")).body["state"] == "Active"


async def test_a_deletion_that_was_given_up_is_begun_again(api: Api, deployed: Deployed) -> None:
    name = await api.service()
    parts = Installation(deployed.read())
    listed = await parts.services.require(name)
    deleting = listed.service.model_copy(update={"state": State.DELETING})
    await parts.directory.change(deleting, listed.etag)
    await parts.close()
    await api.succeeded(await api.delete(f"services/{name}"))
    assert (await api.get(f"services/{name}")).status == 404
    await api.service(name)
