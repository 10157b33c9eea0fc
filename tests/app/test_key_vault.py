"""The whole app with its keys in a vault: its own process, its own client, over HTTPS."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.support.api import Api, api_of, unique
from tests.support.certificates import Made
from tests.support.deployed import Deployed, Emulator
from tests.support.key_vault import SEAL_OPERATIONS, WRAP_OPERATIONS, KeyVault, key_vault

BRIDGE = {"source": {"type": "FTP", "address": "ftp://a", "password": "ftp-secret"}}


@asynccontextmanager
async def app_with(deployed: Deployed, vault: KeyVault, *keys: str) -> AsyncIterator[Api]:
    """The app over accounts that it had before, with keys: wrap, seal, former ones."""
    settings = {**deployed.settings, **vault.settings(*keys), **vault.environment}
    process = replace(deployed, settings=settings).host()
    process.start()
    try:
        async with api_of(process.base_url, process.keys.host) as api:
            yield api
    finally:
        process.stop()


async def restored(api: Api, backup: str) -> Any:
    """A restore under a name of its own; what came of its bridge."""
    name = unique("copy")
    await api.restore(backup, name=name)
    assert (await api.post(f"services/{name}/resume")).status == 200
    kept = await api.put(
        f"services/{name}/artifacts/bridges/B",
        {"document": (await api.get(f"services/{name}/artifacts/bridges/B")).body["document"]},
    )
    assert kept.status == 200, kept.body
    return kept.body["document"]["source"]["password"]


async def needed(api: Api) -> dict[str, tuple[int, int]]:
    """By key: how many backups and how many services need it, all of them at hand."""
    deep = await api.get("health/deep")
    assert deep.status == 200, deep.body
    keys = deep.body["keys"]
    backups = {one["keyId"]: one["backups"] for one in keys["neededByBackups"]}
    services = {one["keyId"]: one["services"] for one in keys["neededByServices"]}
    return {key: (backups.get(key, 0), services.get(key, 0)) for key in {*backups, *services}}


async def test_backed_up_rotated_and_restored_with_keys_of_a_vault(
    emulator: Emulator, tmp_path: Path
) -> None:
    deployed = Deployed.new(emulator, tmp_path)
    async with key_vault(tmp_path) as vault:
        wrap, seal = vault.add("wrap", WRAP_OPERATIONS), vault.add("seal", SEAL_OPERATIONS)
        async with app_with(deployed, vault, wrap, seal) as api:
            ssl = {"data": Made().pfx("p"), "password": "p"}
            name = await api.service(edition="Standard", sslCertificate=ssl)
            await api.agreement(name, "A")
            await api.put(f"services/{name}/artifacts/bridges/B", {"document": BRIDGE})
            backup = await api.backup(name)
            shown = (await api.get(f"services/{name}/backups/{backup}/contents")).body
            assert (shown["secrets"]["keyId"], shown["sealedWith"]) == (wrap, seal)
            verify = f"services/{name}/backups/{backup}/verify"
            await api.succeeded(await api.post(verify, {"level": "restore"}))
            assert await restored(api, backup) == "********"
            assert (await api.get("health/deep")).status == 200

        # New versions, and a deployment that names them alone: nothing is closed.
        second, sign = vault.add("wrap", WRAP_OPERATIONS), vault.add("seal", SEAL_OPERATIONS)
        async with app_with(deployed, vault, second, sign) as api:
            assert await restored(api, backup) == "********"
            assert await needed(api) == {wrap: (1, 2), seal: (1, 0), second: (0, 1)}
            await api.succeeded(await api.post("keys/rotate"))
            assert await needed(api) == {wrap: (1, 0), seal: (1, 0), second: (0, 3)}
            newer = await api.backup(name)
            shown = (await api.get(f"services/{name}/backups/{newer}/contents")).body
            assert (shown["secrets"]["keyId"], shown["sealedWith"]) == (second, sign)

            vault.forbidden = {"unwrapkey"}
            service = {"name": unique("refused")}
            body = {"backup": {"storageAccount": "offsite", "container": backup}}
            monitor = await api.ended(await api.post("restores", {**body, "service": service}))
            vault.forbidden = set()
            assert monitor["status"] == "Failed"
            assert monitor["error"]["code"] == "KeyUnavailable"
            assert "identity has its role on it" in monitor["error"]["message"]

        # The version that the backup's secrets were wrapped with is lost: told, before anything.
        vault.remove(wrap)
        async with app_with(deployed, vault, second, sign, wrap) as api:
            deep = await api.get("health/deep")
            assert deep.status == 503
            assert wrap in deep.content.decode()
            assert (await api.get(f"services/{name}/artifacts/bridges/B")).status == 200
        assert vault.violations == []
