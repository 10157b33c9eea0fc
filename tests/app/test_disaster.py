"""The state account is lost, and the account with the backups stays: what an operator does then."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from tests.support.api import Api, api_of, unique
from tests.support.certificates import Made
from tests.support.deployed import Deployed, Emulator
from tests.support.elsewhere import copied

ALONE = True
"""It counts what an account holds, and loses the other one."""

BACKED_UP, ISSUED_LATER = 3, 5


@dataclass(frozen=True)
class Lost:
    """A service whose installation is gone."""

    name: str
    backup: str


async def lost(api: Api, name: str) -> Lost:
    """A service that was backed up, and went on after that."""
    await api.service(name, edition="Standard")
    await api.agreement(name, "A")
    bridge = {"source": {"type": "FTP", "address": "ftp://a", "password": "ftp-secret"}}
    await api.put(f"services/{name}/artifacts/bridges/B", {"document": bridge})
    await api.put(f"services/{name}/artifacts/schemas/S", {"document": {}})
    await api.put(f"services/{name}/artifacts/schemas/S/content", data=b"<schema/>")
    pfx = {"pfx": Made().pfx("p"), "password": "p"}
    await api.put(f"services/{name}/artifacts/certificates/own", {"document": pfx})
    for _ in range(BACKED_UP):
        await api.allocate(name, "A")
    received = {"kind": "interchange", "value": 77, "validityDays": 30, "messageId": "m-77"}
    path = f"services/{name}/received-control-numbers/A"
    assert (await api.post(path, received)).body["duplicate"] is False
    backup = await api.backup(name)
    for _ in range(ISSUED_LATER):
        await api.allocate(name, "A")
    return Lost(name, backup)


@asynccontextmanager
async def installed(deployed: Deployed, state: str) -> AsyncIterator[Api]:
    """The app, deployed anew over a state account, with the key that it had."""
    settings = {**deployed.settings, "AzureWebJobsStorage": state}
    process = replace(deployed, state=state, settings=settings).host()
    process.start()
    try:
        async with api_of(process.base_url, process.keys.host) as api:
            yield api
    finally:
        process.stop()


async def planned(api: Api, backup: str, account: str = "offsite", **service: Any) -> Any:
    body = {"backup": {"storageAccount": account, "container": backup}, "service": service}
    plan = await api.post("restores?validateOnly=true", body)
    assert plan.status == 200, plan.body
    return plan.body


async def test_a_new_installation_finds_the_backup_and_restores_it(
    api: Api, deployed: Deployed, emulator: Emulator
) -> None:
    gone = await lost(api, unique("contoso"))
    async with installed(deployed, emulator.account()) as fresh:
        assert (await fresh.get("services")).body["value"] == []
        found = (await fresh.get("storage-accounts/offsite/backups")).body["value"]
        [mine] = [each for each in found if each["service"]["name"] == gone.name]
        assert (mine["container"], mine["seal"], mine["known"]) == (gone.backup, "valid", False)

        plan = await planned(fresh, gone.backup)
        numbers = plan["controlNumbers"]
        assert plan["errors"] == []
        assert (numbers["unknown"], numbers["ahead"]) == (1, 0), "no ledger knows the agreement"
        [exposure] = numbers["exposures"]
        assert (exposure["agreement"], exposure["backedUp"], exposure["next"]) == ("A", 4, 4)
        assert exposure.get("issuedAgain") is None, "how many came after the backup, nobody knows"
        assert "AfterTheBackup" in {warning["code"] for warning in plan["warnings"]}

        monitor = await fresh.restore(gone.backup)
        assert monitor["result"]["beforeResuming"]
        await require_restored(fresh, gone)
        assert await fresh.allocate(gone.name, "A") == BACKED_UP + 1, "it goes on from the backup"

        path = f"storage-accounts/offsite/backups/{gone.backup}/register"
        registered = await fresh.post(path)
        assert (registered.status, registered.body["pinned"]) == (201, True)
        verify = f"services/{gone.name}/backups/{gone.backup}/verify"
        await fresh.succeeded(await fresh.post(verify, {"level": "restore"}))
        await fresh.backup(gone.name)


async def require_restored(api: Api, gone: Lost) -> None:
    """Settings, documents, secrets, content, and what came in are as they were backed up."""
    name = gone.name
    shown = (await api.get(f"services/{name}")).body
    assert (shown["state"], shown["edition"]) == ("Suspended", "Standard")
    refused = await api.post(f"services/{name}/control-numbers/A/allocate", {"kind": "interchange"})
    assert refused.code == "ServiceNotActive"
    assert (await api.post(f"services/{name}/resume")).status == 200
    bridge = (await api.get(f"services/{name}/artifacts/bridges/B")).body["document"]["source"]
    assert (bridge["password"], bridge["state"]) == ("********", "Stopped")
    content = await api.get(f"services/{name}/artifacts/schemas/S/content")
    assert content.content == b"<schema/>"
    own = (await api.get(f"services/{name}/artifacts/certificates/own")).body
    assert own["certificate"]["thumbprint"]
    received = {"kind": "interchange", "value": 77, "validityDays": 30, "messageId": "m-77b"}
    again = await api.post(f"services/{name}/received-control-numbers/A", received)
    assert again.body["duplicate"] is True


async def test_where_the_state_account_came_back_no_number_is_issued_twice(
    api: Api, deployed: Deployed
) -> None:
    """The service was deleted, the ledger stayed: the restore goes on behind what was issued."""
    gone = await lost(api, unique("contoso"))
    await api.succeeded(await api.delete(f"services/{gone.name}"))
    async with installed(deployed, deployed.state) as same:
        numbers = (await planned(same, gone.backup))["controlNumbers"]
        assert (numbers["unknown"], numbers["ahead"], numbers["issuedAgain"]) == (0, 1, 0)
        [exposure] = numbers["exposures"]
        latest = BACKED_UP + ISSUED_LATER
        assert (exposure["backedUp"], exposure["known"]) == (BACKED_UP + 1, latest + 1)
        await same.restore(gone.backup)
        await require_restored(same, gone)
        assert await same.allocate(gone.name, "A") == latest + 1


async def test_a_copy_in_another_regions_account_restores(
    api: Api, deployed: Deployed, emulator: Emulator
) -> None:
    """The containers were copied by hand, one of them under another name."""
    gone = await lost(api, unique("contoso"))
    elsewhere, copy = emulator.account(), unique("copied")
    copied(deployed.offsite, gone.backup, elsewhere, copy)
    there = replace(
        deployed,
        offsite=elsewhere,
        settings={**deployed.settings, "OFFSITE_STORAGE": elsewhere},
    )
    async with installed(there, emulator.account()) as fresh:
        [found] = (await fresh.get("storage-accounts/offsite/backups")).body["value"]
        assert (found["container"], found["renamed"], found["seal"]) == (copy, True, "valid")
        body = {"backup": {"storageAccount": "offsite", "container": copy}}
        refused = await fresh.post("restores?validateOnly=true", body)
        assert refused.code == "DescriptorForged"
        assert "acceptRenamed" in refused.body["error"]["message"]
        body |= {"acceptRenamed": True, "service": {"region": "North Europe"}}
        await fresh.succeeded(await fresh.post("restores", body))
        assert (await fresh.get(f"services/{gone.name}")).body["region"] == "North Europe"
        await require_restored(fresh, gone)


async def test_without_the_key_nothing_is_restored_and_the_answer_says_what_to_do(
    api: Api, deployed: Deployed, emulator: Emulator
) -> None:
    gone = await lost(api, unique("contoso"))
    settings = {name: v for name, v in deployed.settings.items() if name != "SEALING_KEYS_FORMER"}
    other = {**settings, "SEALING_KEY": deployed.settings["SEALING_KEYS_FORMER"]}
    async with installed(replace(deployed, settings=other), emulator.account()) as fresh:
        found = (await fresh.get("storage-accounts/offsite/backups")).body["value"]
        assert {each["seal"] for each in found} == {"keyUnavailable"}
        body = {"backup": {"storageAccount": "offsite", "container": gone.backup}}
        refused = await fresh.post("restores", body)
        assert refused.code == "KeyUnavailable"
        assert "SEALING_KEYS_FORMER" in refused.body["error"]["message"]
        assert (await fresh.get("services")).body["value"] == []
