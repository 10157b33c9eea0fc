"""What a section that is added must do, without a further line of code: see test_new_section.py.

It runs in a copy of the project whose table of sections has the row of ``lookups``.
"""

from pathlib import Path

from azure.storage.blob.aio import BlobServiceClient

from tests.format.test_versions import KEY, VERSION_1
from tests.support.api import Api, api_of
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import FIRST, SERVICE

COPY, SECOND = "Contoso-Copy", "second-backup"
_SERVICE = f"services/{SERVICE}"
_LOOKUP = "artifacts/lookups/units"
_IMPORT = {
    "artifacts": [
        {"section": "lookups", "name": "units", "document": {"schema": "units-schema"}},
        {"section": "schemas", "name": "units-schema", "document": {}},
    ]
}


async def test_a_section_that_no_backup_of_before_has(emulator: Emulator, tmp_path: Path) -> None:
    deployed = Deployed.new(emulator, tmp_path, SEALING_KEY=KEY)
    await _put_version_1(deployed)
    host = deployed.host()
    host.start()
    try:
        async with api_of(host.base_url, host.keys.host) as api:
            await _older_backup_is_good(api)
            await _it_is_imported_backed_up_and_restored(api)
    finally:
        host.stop()


async def _put_version_1(deployed: Deployed) -> None:
    async with BlobServiceClient.from_connection_string(deployed.offsite) as account:
        container = await account.create_container(FIRST)
        for path in VERSION_1.rglob("*"):
            if path.is_file():
                await container.upload_blob(
                    path.relative_to(VERSION_1).as_posix(), path.read_bytes()
                )


async def _verified(api: Api, backup: str) -> None:
    path = f"{_SERVICE}/backups/{backup}/verify"
    await api.succeeded(await api.post(path, {"level": "restore"}))


async def _older_backup_is_good(api: Api) -> None:
    register = f"storage-accounts/offsite/backups/{FIRST}/register"
    assert (await api.post(register)).status == 201
    await _verified(api, FIRST)
    await api.restore(FIRST)
    held = (await api.get(f"{_SERVICE}/artifacts/lookups")).body
    assert held == {"value": []}


async def _it_is_imported_backed_up_and_restored(api: Api) -> None:
    assert (await api.post(f"{_SERVICE}/resume")).status == 200
    assert (await api.post(f"{_SERVICE}/import", _IMPORT)).status == 200
    in_use = await api.delete(f"{_SERVICE}/artifacts/schemas/units-schema")
    assert in_use.code == "ArtifactInUse"
    content = await api.put(f"{_SERVICE}/{_LOOKUP}/content", data=b"kg;pound")
    assert content.status in (200, 201), content.body
    await api.backup(SERVICE, SECOND)
    sections = (await api.get(f"{_SERVICE}/backups/{SECOND}/contents")).body["value"]
    assert {one["name"]: one["items"] for one in sections}["lookups"] == 1
    await _verified(api, SECOND)
    changes = await api.get(f"{_SERVICE}/backups/{SECOND}/changes?since={FIRST}")
    found = {(one["section"], one["name"], one["change"]) for one in changes.body["value"]}
    assert ("lookups", "units", "added") in found
    body = {
        "backup": {"storageAccount": "offsite", "container": SECOND},
        "service": {"name": COPY},
        "include": [{"section": "lookups"}],
    }
    await api.succeeded(await api.post("restores", body))
    copied = await api.get(f"services/{COPY}/{_LOOKUP}")
    assert copied.body["document"] == {"schema": "units-schema"}
    assert (await api.get(f"services/{COPY}/{_LOOKUP}/content")).content == b"kg;pound"
    assert (await api.get(f"services/{COPY}/artifacts/schemas/units-schema")).status == 200
