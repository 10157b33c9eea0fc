"""The summary of all services through HTTP, and what is stored of a service's last backup."""

from typing import Any

import pytest
from azure.storage.blob import ContainerClient

from tests.support.api import Api, nobodys, x12_document
from tests.support.deployed import Deployed

ALONE = True
"""It counts all that there is."""

SCHEDULE = {
    "status": "Automatic",
    "storageAccount": "offsite",
    "startAt": "2030-01-01T02:00:00Z",
    "frequencyDays": 1,
    "retentionDays": 7,
}


async def summary(api: Api, query: str = "") -> Any:
    found = await api.get(f"summary{query}")
    assert found.status == 200, found.body
    return found.body


async def listed(api: Api, name: str, query: str = "&stored=true") -> Any:
    [row] = (await api.get(f"services?namePrefix={name}{query}")).body["value"]
    return row


async def test_an_installation_without_services(api: Api) -> None:
    assert await summary(api) == {
        "services": 0,
        "states": {},
        "backedUp": {"able": 0, "succeeded": 0},
        "needAttention": {"errors": 0, "warnings": 0},
        "reasons": {},
        "worst": [],
    }


async def test_services_are_counted_and_the_worst_are_named(api: Api) -> None:
    well = await api.service("well-b2b", edition="Standard")
    await api.backup(well)
    assert (await api.put(f"services/{well}/backup-schedule", SCHEDULE)).status == 201
    for name in ("bare-one", "bare-two"):
        await api.service(name, edition="Basic")
    await api.service("plain-dev", edition="Developer")
    assert (await api.post("services/bare-two/suspend")).status == 200
    found = await summary(api)
    assert found["services"] == 4
    assert found["states"] == {"Active": 3, "Suspended": 1}
    assert found["backedUp"] == {"able": 3, "succeeded": 1}
    assert found["needAttention"] == {"errors": 0, "warnings": 2}
    assert found["reasons"] == {"NeverBackedUp": 2, "NoSchedule": 2}
    assert [one["name"] for one in found["worst"]] == ["bare-one", "bare-two"]
    assert [one["reason"] for one in found["worst"][0]["reasons"]] == [
        "NeverBackedUp",
        "NoSchedule",
    ]
    # All are counted, however few are named.
    few = await summary(api, "?top=1")
    assert [one["name"] for one in few["worst"]] == ["bare-one"]
    assert {**few, "worst": found["worst"]} == found
    # What fails comes before what is first by its name.
    ends = {"rolloverInterchangeControlNumber": False}
    document = nobodys(x12_document(interchangeControlNumberUpperBound=20, **ends))
    await api.agreement(well, "Ended", document)
    path = f"services/{well}/control-numbers/Ended"
    assert (await api.put(path, {"kind": "interchange", "next": 20})).status == 200
    await api.allocate(well, "Ended")
    await api.backup(well)
    worse = await summary(api)
    assert [one["name"] for one in worse["worst"]] == [well, "bare-one", "bare-two"]
    [reason] = worse["worst"][0]["reasons"]
    assert (reason["reason"], reason["severity"]) == ("CountersEnded", "error")
    assert reason["since"] == worse["worst"][0]["noticed"]["at"]
    assert worse["needAttention"] == {"errors": 1, "warnings": 2}
    assert [one["name"] for one in (await summary(api, "?top=2"))["worst"]] == [well, "bare-one"]
    assert (await api.get("summary", key="")).status == 401
    assert (await api.get("summary?top=0")).code == "InvalidRequest"


async def test_a_row_says_what_is_stored_of_the_last_backup(api: Api, deployed: Deployed) -> None:
    name = await api.service("stored-b2b", edition="Standard")
    assert "lastBackup" not in await listed(api, name)
    backup = await api.backup(name)
    assert "stored" not in (await listed(api, name, ""))["lastBackup"]
    assert (await listed(api, name))["lastBackup"]["stored"] == {"status": "Succeeded"}
    path = f"services/{name}/backups/{backup}"
    await api.succeeded(await api.post(f"{path}/verify", {"level": "descriptor"}))
    stored = (await listed(api, name))["lastBackup"]["stored"]
    assert stored.pop("verifiedAt")
    assert stored == {
        "status": "Succeeded",
        "verifyLevel": "descriptor",
        "verifyStatus": "Succeeded",
    }
    with ContainerClient.from_connection_string(deployed.offsite, backup) as container:
        container.delete_container()
    ended = await api.ended(await api.post(f"{path}/verify", {"level": "descriptor"}))
    assert ended["status"] == "Failed"
    row = await listed(api, name)
    assert row["lastBackup"]["status"] == "Succeeded", "so the run ended"
    assert row["lastBackup"]["stored"]["status"] == "Missing"
    # Deleted is what stays in the history of a backup that was purged.
    second = await api.backup(name)
    deleted = await api.delete(f"services/{name}/backups/{second}?force=true")
    await api.succeeded(deleted)
    assert (await listed(api, name))["lastBackup"]["stored"]["status"] == "Deleted"


@pytest.mark.parametrize("given", ["yes", "1"])
async def test_stored_is_true_or_false(api: Api, given: str) -> None:
    assert (await api.get(f"services?stored={given}")).code == "InvalidRequest"


async def test_pages_keep_what_was_asked_for(api: Api) -> None:
    for name in ("pages-one", "pages-two"):
        await api.backup(await api.service(name, edition="Standard"))
    first = (await api.get("services?namePrefix=pages-&stored=true&top=1")).body
    second = (await api.get(first["nextLink"])).body
    for [row] in (first["value"], second["value"]):
        assert row["lastBackup"]["stored"]["status"] == "Succeeded"
