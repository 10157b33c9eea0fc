"""A backup of what can be read, where not all can: PartiallySucceeded, and what follows from it."""

from azure.data.tables import TableClient, UpdateMode

from shared.installation.installation import Installation
from shared.state.batch_activity import BatchActivity
from tests.support.api import Api, nobodys, unique, x12_document

CONTENT = {"lost": b"lost bytes", "changed": b"bytes as they were", "whole": b"whole"}


async def filled(api: Api) -> str:
    name = await api.service()
    await api.agreement(name, "A")
    await api.agreement(name, "B", nobodys(x12_document()))
    for schema, data in CONTENT.items():
        path = f"services/{name}/artifacts/schemas/{schema}"
        await api.put(path, {"document": {}})
        await api.put(f"{path}/content", data=data)
    for _ in range(3):
        await api.allocate(name, "A")
    return name


def configuration_table(host_app: Installation) -> TableClient:
    """Past every check of the app."""
    connection = host_app.settings.state.connection_string or ""
    return TableClient.from_connection_string(connection, "interkeepConfiguration")


async def damage(host_app: Installation, name: str) -> None:
    """One row whose document is cut, one whose secret was moved, one content that is gone."""
    service_id = (await host_app.services.require(name)).service.id
    with configuration_table(host_app) as table:
        for key, column, value in (
            ("pipelines!cut", "document", '{"steps": [1, 2'),
            ("agreements!b", "section", "agreements"),
        ):
            entity = table.get_entity(service_id, key)
            entity[column] = value
            if key == "agreements!b":
                sealed = str(entity["document"])
                entity["document"] = sealed.replace('"$sealed":"', '"$sealed":"AAAA')
            table.update_entity(entity, mode=UpdateMode.REPLACE)
    found = await host_app.configuration.artifact(service_id, "schemas", "lost")  # type: ignore[arg-type]
    assert found is not None
    assert found.value.content is not None
    await host_app.content.blob(service_id, found.value.content.sha256).delete_blob()


async def test_a_section_that_this_version_does_not_know_is_named(
    api: Api, host_app: Installation
) -> None:
    """A newer version wrote it, and the app was rolled back since."""
    name = await api.service()
    service_id = (await host_app.services.require(name)).service.id
    await api.put(f"services/{name}/artifacts/schemas/s", {"document": {}})
    with configuration_table(host_app) as table:
        row = dict(table.get_entity(service_id, "schemas!s"))
        named = {"references": '["schemas!s"]'}
        newer = {**row, "RowKey": "lookups!l", "section": "lookups", "name": "l", **named}
        table.create_entity(newer)
    body = {"name": unique("partial"), "storageAccount": "offsite"}
    monitor = await api.ended(await api.post(f"services/{name}/backups", body))
    assert monitor["status"] == "PartiallySucceeded", monitor
    [failure] = monitor["result"]["failures"]
    assert (failure["section"], failure["name"], failure["code"]) == (
        "lookups",
        "l",
        "ItemUnreadable",
    )
    assert "newer Interkeep" in failure["message"]
    # Nothing else of the service stops at it.
    scaled = await api.post(f"services/{name}/scale", {"unitCount": 2})
    assert scaled.status == 200, scaled.body
    kept = await api.delete(f"services/{name}/artifacts/schemas/s")
    assert kept.code == "ArtifactInUse"
    assert "lookups/l" in kept.body["error"]["message"]
    await api.succeeded(await api.post("secrets/seal"))


async def test_everything_else_is_backed_up(api: Api, host_app: Installation) -> None:
    name = await filled(api)
    await api.put(f"services/{name}/artifacts/pipelines/cut", {"document": {"steps": [1, 2, 3]}})
    await damage(host_app, name)
    backup = unique("partial")
    body = {"name": backup, "storageAccount": "offsite"}
    monitor = await api.ended(await api.post(f"services/{name}/backups", body))
    assert monitor["status"] == "PartiallySucceeded", monitor
    failures = {(f["section"], f["name"]): f for f in monitor["result"]["failures"]}
    assert {place: f["code"] for place, f in failures.items()} == {
        ("agreements", "B"): "ItemUnreadable",
        ("pipelines", "cut"): "ItemUnreadable",
        ("schemas", "lost"): "ContentMissing",
    }
    assert "does not open with the data key" in failures["agreements", "B"]["message"]
    assert monitor["result"]["failedItems"] == 3

    shown = (await api.get(f"services/{name}/backups/{backup}")).body
    assert (shown["status"], shown["failures"]) == ("PartiallySucceeded", 3)
    service = (await api.get(f"services/{name}")).body
    assert service["lastBackup"]["status"] == "PartiallySucceeded"

    for level in ("data", "restore"):
        path = f"services/{name}/backups/{backup}/verify"
        await api.succeeded(await api.post(path, {"level": level}))

    place = {"backup": {"storageAccount": "offsite", "container": backup}}
    copy = unique("copy")
    wanted = {**place, "service": {"name": copy}}
    refused = await api.post("restores", wanted)
    assert refused.code == "BackupIncomplete"
    planned = (await api.post("restores?validateOnly=true", wanted)).body
    assert "acceptPartial" in refused.body["error"]["message"]
    restored = await api.succeeded(await api.post("restores", {**wanted, "acceptPartial": True}))
    assert restored["warnings"] == planned["warnings"], "the plan says what is missing too"
    said = {(w["code"], w.get("target")) for w in restored["warnings"]}
    assert ("NotBackedUp", "agreements/B") in said
    assert ("NotBackedUp", "pipelines/cut") in said
    assert ("ContentNotBackedUp", "schemas/lost") in said
    path = f"services/{copy}/artifacts"
    assert (await api.get(f"{path}/schemas/whole/content")).content == CONTENT["whole"]
    assert (await api.get(f"{path}/schemas/lost")).status == 200
    assert (await api.get(f"{path}/schemas/lost/content")).code == "ArtifactNotFound"
    assert (await api.get(f"{path}/agreements/B")).code == "ArtifactNotFound"
    await api.post(f"services/{copy}/resume")
    assert await api.allocate(copy, "A") == 4
    assert (await api.delete(f"services/{name}/backups/{backup}")).status == 202, "no good one"


async def test_a_backup_of_hardly_anything_fails(api: Api, host_app: Installation) -> None:
    """More rows than a descriptor should list cannot be read: no backup, and none is left."""
    name = await api.service()
    service_id = (await host_app.services.require(name)).service.id
    rows = [
        {"PartitionKey": service_id, "RowKey": f"schemas!s{n:04}", "name": f"s{n}", "document": "{"}
        for n in range(1001)
    ]
    with configuration_table(host_app) as table:
        for start in range(0, len(rows), 100):
            table.submit_transaction([("create", row) for row in rows[start : start + 100]])
    backup = unique("hardly")
    body = {"name": backup, "storageAccount": "offsite"}
    monitor = await api.ended(await api.post(f"services/{name}/backups", body))
    assert monitor["status"] == "Failed"
    assert monitor["error"]["code"] == "BackupIncomplete"
    assert "schemas/s0" in monitor["error"]["message"]
    offsite = host_app.accounts.require("offsite", "")
    assert not await offsite.get_container_client(backup).exists()


async def test_batches_with_active_messages(api: Api) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/batches/hourly"
    assert (await api.put(path, {"document": {}})).status == 201
    first = await api.backup(name)
    assert (
        "warnings" not in (await api.get(f"services/{name}/backups/{first}")).body
        or not (await api.get(f"services/{name}/backups/{first}")).body["warnings"]
    )
    report = await api.put(f"services/{name}/batch-activity/hourly", {"activeMessages": 7})
    assert report.status in (200, 201), report.body

    body = {"name": unique("idle"), "storageAccount": "offsite", "requireIdleBatches": True}
    refused = await api.post(f"services/{name}/backups", body)
    assert (refused.status, refused.code) == (409, "BatchesActive")
    assert "hourly (7)" in refused.body["error"]["message"]
    assert (await api.get(f"services/{name}/backups/{body['name']}")).code == "BackupNotFound"

    accepted = await api.post(f"services/{name}/backups", {**body, "requireIdleBatches": False})
    assert accepted.body["warnings"][0]["code"] == "ActiveBatchMessages", "said at once"
    monitor = await api.succeeded(accepted)
    assert [w["code"] for w in monitor["warnings"]] == ["ActiveBatchMessages"]
    shown = (await api.get(f"services/{name}/backups/{body['name']}")).body
    assert "hourly (7)" in shown["warnings"][0]["message"]

    await api.put(f"services/{name}/batch-activity/hourly", {"activeMessages": 0})
    again = {**body, "name": unique("idle")}
    await api.succeeded(await api.post(f"services/{name}/backups", again))


async def test_a_batch_that_is_deleted_has_no_messages(api: Api, host_app: Installation) -> None:
    name = await api.service()
    for batch in ("deleted", "stays"):
        path = f"services/{name}/artifacts/batches/{batch}"
        await api.put(path, {"document": {}})
        await api.put(f"services/{name}/batch-activity/{batch}", {"activeMessages": 7})
    assert (await api.delete(f"services/{name}/artifacts/batches/deleted")).status == 204
    service = (await host_app.services.require(name)).service
    assert await host_app.batch_activities.get(service.id, "deleted") is None
    late = BatchActivity("deleted", "", 7, "2026-11-01T00:00:00.000Z")
    await host_app.batch_activities.put(service.id, late, None)
    listed = (await api.get(f"services/{name}/batch-activity")).body["value"]
    assert [one["batch"] for one in listed] == ["stays"]
    await api.put(f"services/{name}/batch-activity/stays", {"activeMessages": 0})
    body = {"name": unique("idle"), "storageAccount": "offsite", "requireIdleBatches": True}
    monitor = await api.succeeded(await api.post(f"services/{name}/backups", body))
    assert not monitor.get("warnings")
    contents = (await api.get(f"services/{name}/backups/{body['name']}/contents")).body
    left_out = {one["what"]: one["items"] for one in contents["notIncluded"]}
    assert left_out["activeBatches"] == 0
