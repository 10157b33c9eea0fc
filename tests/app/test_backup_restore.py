"""Back up and restore through HTTP."""

import asyncio

import pytest

from shared.installation.installation import Installation
from shared.model.service import Edition
from tests.support.api import Api, nobodys, unique, x12_document
from tests.support.certificates import Made
from tests.support.deployed import Deployed

DOCUMENT = nobodys(x12_document())
CONTENT = {
    "schemas": "<schema/>".encode("utf-16"),
    "transforms": bytes(range(256)) * 40,
    "assemblies": b"MZ" * 500,
    "certificates": Made().der,
}


async def filled(api: Api, **settings: object) -> str:
    """A service with a bit of everything."""
    name = await api.service(region="West Europe", **settings)
    await api.agreement(name, "A")
    for section in ("bridges", "pipelines", "templates", "x12-mappings", "hybrid-connections"):
        document = {"of": section, "password": f"secret of {section}"}
        await api.put(f"services/{name}/artifacts/{section}/one", {"document": document})
    for section in ("schemas", "transforms", "assemblies", "certificates"):
        path = f"services/{name}/artifacts/{section}/one"
        await api.put(path, {"document": {"of": section}})
        put = await api.put(f"{path}/content", data=CONTENT[section])
        assert put.status == 201, put.body
    body = {"kind": "interchange", "value": 7, "validityDays": 30, "messageId": "m1"}
    await api.post(f"services/{name}/received-control-numbers/A", body)
    mic = {"messageId": "m/1", "mic": "q83v", "algorithm": "SHA1", "as2From": "a", "as2To": "b"}
    await api.put(f"services/{name}/mic-values/A", mic)
    return name


async def test_the_main_job(api: Api) -> None:
    name = await filled(api, accessControl={"namespace": "acs", "key": "acs-secret"})
    assert [await api.allocate(name, "A") for _ in range(3)] == [1, 2, 3]
    before = await api.everything(name)
    backup = await api.backup(name)

    history = (await api.get(f"services/{name}/backups")).body["value"]
    assert [(b["name"], b["status"], b["trigger"]) for b in history] == [
        (backup, "Succeeded", "onDemand")
    ]
    shown = (await api.get(f"services/{name}/backups/{backup}")).body
    assert {**history[0], "sections": shown["sections"]} == shown
    assert (await api.get(f"services/{name}")).body["lastBackup"]["name"] == backup

    assert [await api.allocate(name, "A") for _ in range(2)] == [4, 5]
    await api.succeeded(await api.delete(f"services/{name}"))
    assert len((await api.get(f"services/{name}/backups")).body["value"]) == 1

    monitor = await api.restore(backup, edition="Standard")
    assert monitor["warnings"][0]["target"] == "hybridConnections"
    service = (await api.get(f"services/{name}")).body
    assert (service["state"], service["edition"]) == ("Suspended", "Standard")
    assert service["accessControl"] == {"namespace": "acs", "key": "********"}
    path = f"services/{name}/control-numbers/A/allocate"
    assert (await api.post(path, {"kind": "interchange"})).code == "ServiceNotActive"
    assert (await api.post(f"services/{name}/resume")).body["state"] == "Active"
    assert await api.allocate(name, "A") == 6

    after = await api.everything(name)
    for section in ("partners", "agreements", "schemas", "bridges", "certificates"):
        assert after[section] == before[section]
    for section in ("schemas", "transforms", "assemblies", "certificates"):
        content = await api.get(f"services/{name}/artifacts/{section}/one/content")
        assert content.content == CONTENT[section]
    assert (await api.get(f"services/{name}/artifacts/hybrid-connections")).body == {"value": []}
    again = {"kind": "interchange", "value": 7, "validityDays": 30, "messageId": "m2"}
    received = await api.post(f"services/{name}/received-control-numbers/A", again)
    assert received.body["duplicate"] is True
    mic = await api.get(f"services/{name}/mic-values/A?messageId=m%2F1")
    assert mic.body["mic"] == "q83v"


async def test_a_restore_under_another_name_continues_from_the_living_one(api: Api) -> None:
    name = await filled(api)
    await api.allocate(name, "A")
    backup = await api.backup(name)
    assert [await api.allocate(name, "A") for _ in range(3)] == [2, 3, 4]
    copy = unique("copy")
    await api.restore(backup, name=copy, region="North Europe", unitCount=3)
    service = (await api.get(f"services/{copy}")).body
    assert (service["name"], service["region"], service["unitCount"]) == (copy, "North Europe", 3)
    assert service["domainUrl"].startswith(f"https://{copy}.")
    await api.post(f"services/{copy}/resume")
    assert await api.allocate(copy, "A") == 5
    assert await api.allocate(name, "A") == 6, "two living services draw from one stream"


async def test_backup_restore_backup_gives_the_same_lines(api: Api) -> None:
    name = await filled(api, accessControl={"namespace": "acs", "key": "acs-secret"})
    await api.allocate(name, "A")
    first = await api.backup(name)
    await api.succeeded(await api.delete(f"services/{name}"))
    await api.restore(first)
    second = await api.backup(name)
    assert await lines(api, name, first) == await lines(api, name, second)


async def lines(api: Api, service: str, backup: str) -> dict[str, str]:
    """The hash of the lines of each section."""
    parts = (await api.get(f"services/{service}/backups/{backup}")).body["sections"]
    return {part["name"]: part["linesSha256"] for part in parts}


@pytest.mark.parametrize("edition", ["Free", "Developer"])
async def test_editions_without_backup(api: Api, edition: str) -> None:
    name = await api.service(edition=edition)
    body = {"name": unique("backup"), "storageAccount": "offsite"}
    refused = await api.post(f"services/{name}/backups", body)
    assert (refused.status, refused.code) == (400, "EditionHasNoBackup")
    assert (await api.get(f"services/{name}/backups")).body == {"value": []}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "Bad_Name", "storageAccount": "offsite"}, "InvalidName"),
        ({"name": "good-name", "storageAccount": "elsewhere"}, "StorageAccountUnknown"),
        ({"name": "good-name"}, "InvalidRequest"),
        ({"name": "good-name", "storageAccount": "offsite", "url": "http://x"}, "InvalidRequest"),
    ],
)
async def test_backups_that_are_refused(api: Api, body: object, code: str) -> None:
    name = await api.service()
    refused = await api.post(f"services/{name}/backups", body)
    assert (refused.status, refused.code) == (400, code)
    assert (await api.get(f"services/{name}/backups")).body == {"value": []}


async def test_a_backup_name_is_used_once(api: Api) -> None:
    name, other = await api.service(), await api.service()
    backup = await api.backup(name)
    before = await api.everything(name)
    body = {"name": backup, "storageAccount": "offsite"}
    for service in (name, other):
        refused = await api.post(f"services/{service}/backups", body)
        assert (refused.status, refused.code) == (409, "BackupNameInUse")
    elsewhere = await api.post(f"services/{name}/backups", {**body, "storageAccount": "default"})
    assert elsewhere.code == "BackupNameInUse", "once per service name, in any account"
    assert await api.everything(name) == before


async def test_a_service_that_may_not_be_backed_up(api: Api) -> None:
    name = await api.service()
    await api.post(f"services/{name}/disable")
    body = {"name": unique("backup"), "storageAccount": "offsite"}
    refused = await api.post(f"services/{name}/backups", body)
    assert (refused.status, refused.code) == (409, "OperationNotAllowed")


async def test_restores_that_are_refused(api: Api) -> None:
    name = await api.service(edition="Standard")
    backup = await api.backup(name)
    before = await api.everything(name)
    place = {"storageAccount": "offsite", "container": backup}
    fresh = unique("fresh")
    for body, status, code in (
        ({"backup": place}, 409, "ServiceExists"),
        ({"backup": place, "service": {"name": name.upper()}}, 409, "ServiceExists"),
        ({"backup": place, "service": {"name": fresh, "edition": "Basic"}}, 400, "EditionTooLow"),
        (
            {"backup": place, "service": {"name": fresh, "edition": "Free"}},
            400,
            "EditionHasNoBackup",
        ),
        ({"backup": place, "service": {"name": "bad"}}, 400, "InvalidName"),
        ({"backup": place, "service": {"name": fresh, "unitCount": 9}}, 400, "InvalidRequest"),
        ({"backup": {**place, "storageAccount": "x"}}, 400, "StorageAccountUnknown"),
        ({"backup": {**place, "container": "nothing-there"}}, 404, "BackupNotFound"),
        ({"backup": {**place, "container": "../etc"}}, 400, "InvalidName"),
        ({"backup": place, "controlNumbers": {"policy": "guess"}}, 400, "InvalidRequest"),
        ({}, 400, "InvalidRequest"),
    ):
        refused = await api.post("restores", body)
        assert (refused.status, refused.code) == (status, code), body
    assert await api.everything(name) == before
    assert (await api.get(f"services/{fresh}")).status == 404


async def test_a_quota_that_the_target_does_not_have(api: Api) -> None:
    name = await api.service(unitCount=2)
    items = [
        {"section": "agreements", "name": f"A{i}", "document": nobodys(x12_document())}
        for i in range(51)
    ]
    assert (await api.post(f"services/{name}/import", {"artifacts": items})).status == 200
    backup = await api.backup(name)
    place = {"storageAccount": "offsite", "container": backup}
    target = {"name": unique("fresh"), "unitCount": 1}
    refused = await api.post("restores", {"backup": place, "service": target})
    assert (refused.status, refused.code) == (409, "QuotaExceeded")
    assert (await api.get(f"services/{target['name']}")).status == 404
    await api.restore(backup, name=target["name"], edition="Standard", unitCount=1)


async def test_a_plan_writes_nothing(api: Api) -> None:
    name = await filled(api)
    backup = await api.backup(name)
    body = {
        "backup": {"storageAccount": "offsite", "container": backup},
        "service": {"name": unique("planned"), "edition": "Premium"},
    }
    planned = await api.post("restores?validateOnly=true", body)
    assert planned.status == 200
    assert planned.body["target"]["edition"] == "Premium"
    assert planned.body["sections"]["agreements"] == 1
    assert planned.body["origins"]["edition"] == "request"
    assert planned.body["origins"]["region"] == "backup"
    assert (await api.get(f"services/{body['service']['name']}")).status == 404
    assert (await api.post("restores?validateOnly=maybe", body)).code == "InvalidRequest"


async def test_an_archiving_store_that_the_edition_has_no_use_for(
    api: Api, deployed: Deployed
) -> None:
    """Services of before the rule may hold one: the restore leaves it out, and says so."""
    store = {"connectionString": "archive-secret"}
    name = await api.service(edition="Premium", archivingStore=store)
    parts = Installation(deployed.read())
    listed = await parts.services.require(name)
    older = listed.service.model_copy(update={"edition": Edition.BASIC})
    await parts.directory.change(older, listed.etag)
    await parts.close()
    backup = await api.backup(name)
    body = {
        "backup": {"storageAccount": "offsite", "container": backup},
        "service": {"name": unique("copy")},
    }
    for edition, kept in (("Standard", False), ("Premium", True)):
        body["service"] = {"name": unique("copy"), "edition": edition}
        plan = (await api.post("restores?validateOnly=true", body)).body
        monitor = await api.succeeded(await api.post("restores", body))
        for warnings in (plan["warnings"], monitor["warnings"]):
            assert ("ArchivingStoreLeftOut" in [w["code"] for w in warnings]) != kept
        assert b"archive-secret" not in str(plan).encode()
        restored = (await api.get(f"services/{body['service']['name']}")).body
        assert ("archivingStore" in restored) == kept


async def test_a_restore_can_be_looked_at(api: Api) -> None:
    name = await api.service()
    backup = await api.backup(name)
    copy = unique("copy")
    monitor = await api.restore(backup, name=copy)
    restore = (await api.get(f"restores/{copy}.{monitor['id']}")).body
    assert restore["operation"]["status"] == "Succeeded"
    assert restore["plan"]["target"]["name"] == copy
    assert restore["request"]["backup"]["container"] == backup
    for wrong in (f"{copy}.nothing", "nothing", f"{name}.{monitor['id']}"):
        assert (await api.get(f"restores/{wrong}")).code == "RestoreNotFound"


async def test_an_operation_id_repeats_a_request(api: Api) -> None:
    name = await api.service()
    backup = unique("backup")
    body = {"name": backup, "storageAccount": "offsite"}
    headers = {"Operation-Id": unique("mine")}
    first = await api.post(f"services/{name}/backups", body, headers=headers)
    assert first.body["id"] == headers["Operation-Id"]
    await api.succeeded(first)
    again = await api.post(f"services/{name}/backups", body, headers=headers)
    assert (again.status, again.body["id"]) == (202, first.body["id"])
    assert (await api.succeeded(again))["attempt"] == 1
    other = await api.post(
        f"services/{name}/backups", {**body, "name": unique("backup")}, headers=headers
    )
    assert (other.status, other.code) == (400, "OperationIdInUse")
    bad = await api.post(f"services/{name}/backups", body, headers={"Operation-Id": "a b"})
    assert bad.code == "InvalidName"
    deletion = {"Operation-Id": unique("mine")}
    await api.succeeded(await api.delete(f"services/{name}", headers=deletion))
    gone = await api.delete(f"services/{name}", headers=deletion)
    assert (await api.succeeded(gone))["id"] == deletion["Operation-Id"]


async def test_one_long_operation_at_a_time(api: Api) -> None:
    name = await filled(api)
    starts = [
        api.post(f"services/{name}/backups", {"name": unique("b"), "storageAccount": "offsite"})
        for _ in range(6)
    ]
    replies = await asyncio.gather(*starts)
    accepted = [reply for reply in replies if reply.status == 202]
    refused = [reply for reply in replies if reply.status != 202]
    assert accepted
    assert {reply.code for reply in refused} <= {"OperationInProgress"}
    assert all("Retry-After" in reply.headers for reply in refused)
    for reply in accepted:
        await api.succeeded(reply)


async def test_numbers_are_issued_while_a_backup_runs(api: Api) -> None:
    name = await filled(api)
    body = {"name": unique("backup"), "storageAccount": "offsite"}
    accepted = await api.post(f"services/{name}/backups", body)
    numbers = [await api.allocate(name, "A") for _ in range(20)]
    await api.succeeded(accepted)
    assert numbers == list(range(1, 21))


async def test_storage_accounts_are_listed_by_alias(api: Api) -> None:
    listed = await api.get("storage-accounts")
    assert listed.body == {"value": [{"name": "default"}, {"name": "offsite"}]}
