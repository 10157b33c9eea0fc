"""The app with identities alone: no setting holds a key, every token comes from the platform.

Azurite listens over HTTPS and takes tokens for all three of its services, so nothing here falls
back on a key. It does not check who signed a token, nor what its owner may do: roles are Azure's.
"""

import json
import secrets
import ssl
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from hashlib import md5, sha256
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from azure.core.rest import HttpRequest
from azure.storage.blob.aio import BlobClient

from localhost.azurite import Account, Azurite, Certificate, Ports
from localhost.processes import free_ports
from localhost.stack import PACKAGES, HostFailed, HostProcess
from shared.blobs.copying import Copier, copy_all
from shared.clock import Clock
from shared.installation.installation import Installation
from shared.settings.environment import read_settings
from shared.storage.clients import FencedTransport
from shared.storage.tables import Insert, Row
from tests.support.api import Api, api_of, unique
from tests.support.managed_identity import (
    STORAGE,
    IdentityEndpoint,
    certificate_for_this_machine,
    token,
)

_SOURCE = "x-ms-copy-source"
CONTENT = "<schema/>".encode("utf-16")
CLIENT = "22222222-3333-4444-5555-666666666666"


@dataclass(frozen=True)
class Cloud:
    """Storage that keys are not needed for, and the identity that opens it."""

    azurite: Azurite
    state: Account
    offsite: Account
    tls: Certificate
    identity: IdentityEndpoint
    folder: Path

    def settings(self, **more: str) -> dict[str, str]:
        """An app's settings, all of them by identity."""
        state = self.azurite.endpoints(self.state)
        offsite = self.azurite.endpoints(self.offsite)
        return {
            "AzureWebJobsStorage__blobServiceUri": state["blob"],
            "AzureWebJobsStorage__queueServiceUri": state["queue"],
            "AzureWebJobsStorage__tableServiceUri": state["table"],
            "AzureWebJobsStorage__credential": "managedidentity",
            "AzureWebJobsStorage__clientId": CLIENT,
            "STORAGE_ACCOUNTS": json.dumps({"offsite": {"blobServiceUri": offsite["blob"]}}),
            "SEALING_KEY": b64encode(secrets.token_bytes(32)).decode(),
            "SSL_CERT_FILE": str(self.tls.authority),
            "AzureFunctionsJobHost__extensions__queues__maxPollingInterval": "00:00:00.2",
            **self.identity.settings,
            **more,
        }

    def host(self, name: str, settings: dict[str, str]) -> HostProcess:
        """A host process; not started."""
        keys = self.folder / "keys.json"
        log = self.folder / f"{name}.log"
        return HostProcess(settings, port=free_ports(1)[0], keys_file=keys, log=log)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Azurite over HTTPS, and an identity."""
    folder = tmp_path_factory.mktemp("identity")
    tls = certificate_for_this_machine(folder)
    state, offsite = Account.new("identitystate"), Account.new("identityoffsite")
    log = folder / "azurite.log"
    azurite = Azurite([state, offsite], Ports.free(), install=PACKAGES, log=log, tls=tls)
    with IdentityEndpoint() as identity:
        azurite.start()
        yield Cloud(azurite, state, offsite, tls, identity, folder)
        azurite.stop()


@pytest.fixture(scope="module")
def host(cloud: Cloud) -> Iterator[HostProcess]:
    """The app on identities alone."""
    process = cloud.host("host", cloud.settings())
    process.start()
    yield process
    process.stop()


@pytest.fixture
async def api(host: HostProcess) -> AsyncIterator[Api]:
    """A client of it."""
    async with api_of(host.base_url, host.keys.host) as client:
        yield client


async def test_a_service_is_backed_up_and_restored_without_a_key(api: Api, cloud: Cloud) -> None:
    settings = cloud.settings()
    assert "AzureWebJobsStorage" not in settings
    assert not any(account.key in str(settings) for account in (cloud.state, cloud.offsite))

    service = await api.service()
    await api.agreement(service, "Orders")
    schema = f"services/{service}/artifacts/schemas/Orders-850"
    assert (await api.put(schema, {"document": {"schemaType": "Xml"}})).status == 201
    put = await api.put(f"{schema}/content", data=CONTENT, headers={"Content-Type": "text/xml"})
    assert put.status == 201, put.body
    assert await api.allocate(service, "Orders") == 1

    backup = await api.backup(service)
    await api.succeeded(await api.delete(f"services/{service}"))
    await api.restore(backup)

    resumed = await api.post(f"services/{service}/resume")
    assert resumed.status == 200, resumed.body
    assert await api.allocate(service, "Orders") == 2
    assert (await api.get(f"{schema}/content")).content == CONTENT


async def test_deep_health_reaches_everything(api: Api, cloud: Cloud) -> None:
    healthy = await api.get("health/deep")
    assert healthy.status == 200, healthy.body
    asked = cloud.identity.asked
    assert {one["resource"] for one in asked} == {STORAGE}
    assert {one["client_id"] for one in asked} == {CLIENT}


async def test_content_is_copied_by_the_service_with_a_signature_of_the_identity(
    api: Api, cloud: Cloud
) -> None:
    """A user delegation signature: there is no key that could sign."""
    service = await api.service()
    schema = f"services/{service}/artifacts/schemas/Orders-850"
    await api.put(schema, {"document": {"schemaType": "Xml"}})
    await api.put(f"{schema}/content", data=CONTENT, headers={"Content-Type": "text/xml"})
    container = await api.backup(service)
    blob = f"{container}/content/{sha256(CONTENT).hexdigest()}"
    address = f"{cloud.azurite.endpoints(cloud.offsite)['blob']}/{blob}"
    bearer = {"Authorization": f"Bearer {token(STORAGE, int(time.time()))}"}
    answer = await asked(address, {**bearer, "x-ms-version": "2025-05-05"}, cloud.tls)
    assert answer.status == 200
    assert answer.headers["x-ms-copy-status"] == "success"


class Watched(FencedTransport):
    """Counts the keys of user delegation that are asked for; refuses copies where it is told to."""

    def __init__(self, tls: Certificate) -> None:
        super().__init__()
        self._trusts = str(tls.authority)
        self.keys = 0
        self.refuses = False
        self.to_tables: list[dict[str, str]] = []
        """The headers of each request to a table's rows."""

    async def send(self, request: HttpRequest, **config: Any) -> Any:
        self.keys += "comp=userdelegationkey" in request.url
        if "DataServiceVersion" in request.headers and not request.url.endswith("/Tables"):
            self.to_tables.append(dict(request.headers))
        if self.refuses and _SOURCE in request.headers:
            request.headers[_SOURCE] = request.headers[_SOURCE].replace("sig=", "sig=x")
        return await super().send(request, **config, connection_verify=self._trusts)


class Later(Clock):
    """As much later as a test says; the time of day stays the storage's."""

    seconds = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.seconds


async def test_one_key_of_user_delegation_signs_the_copies_of_an_hour(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each costs a call before its copy; a backup has ten thousand of them."""
    for name, value in cloud.identity.settings.items():
        monkeypatch.setenv(name, value)
    transport, clock = Watched(cloud.tls), Later()
    app = Installation(read_settings(cloud.settings()), transport=transport, clock=clock)
    sources = app.accounts.state.get_container_client(unique("source"))
    targets = app.accounts.require("offsite", "").get_container_client(unique("target"))
    await sources.create_container()
    await targets.create_container()

    async def backed_up(run: str) -> set[str]:
        """Thirty copies by a copier of their own; how each blob came about."""
        copier = Copier(app.accounts.state, clock, signed=app.accounts.signed)

        async def wanted() -> AsyncIterator[tuple[BlobClient, BlobClient, str]]:
            for number in range(30):
                data = f"{run} {number}".encode()
                name = sha256(data).hexdigest()
                await sources.upload_blob(name, data)
                known = b64encode(md5(data).digest()).decode()
                yield sources.get_blob_client(name), targets.get_blob_client(name), known

        copied: list[BlobClient] = []
        await copy_all(copier, wanted(), lambda target, _: copied.append(target))
        assert len(copied) == 30
        found = [await target.get_blob_properties() for target in copied]
        return {str(one.copy.status) for one in found}

    assert await backed_up("first") == {"success"}
    assert await backed_up("second") == {"success"}
    assert transport.keys == 1
    clock.seconds = 54 * 60
    assert await backed_up("just before its end") == {"success"}
    assert transport.keys == 1
    transport.refuses = True
    assert await backed_up("refused") == {"None"}, "they stream"
    transport.refuses = False
    assert await backed_up("after a refusal") == {"success"}
    assert transport.keys == 2, "what is refused is not kept"
    clock.seconds += 56 * 60
    assert await backed_up("later") == {"success"}
    assert transport.keys == 3
    await app.close()


async def test_a_request_to_a_table_says_who_asks_and_when(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the SDK's do: the REST pages call the date required, and the id is what support asks."""
    for name, value in cloud.identity.settings.items():
        monkeypatch.setenv(name, value)
    transport = Watched(cloud.tls)
    app = Installation(read_settings(cloud.settings()), transport=transport)
    table = app.table("interkeepProbe")
    await table.transact([Insert(Row("p", key, {"n": 1})) for key in "ab"])
    assert await table.get("p", "a")
    await app.close()
    sent = transport.to_tables
    assert len(sent) >= 3
    assert all(one["Authorization"].startswith("Bearer ") for one in sent)
    assert {one["User-Agent"] for one in sent} == {"interkeep"}
    assert len({one["x-ms-client-request-id"] for one in sent}) >= 2
    for one in sent:
        assert abs(parsedate_to_datetime(one["x-ms-date"]).timestamp() - time.time()) < 60


async def test_the_storage_takes_nobody_without_a_token(cloud: Cloud) -> None:
    """Else the story above would prove nothing."""
    for service, address in cloud.azurite.endpoints(cloud.state).items():
        path = "/Tables" if service == "table" else "/?comp=list"
        for headers in ({}, {"Authorization": "Bearer nonsense"}):
            answer = await asked(address + path, headers, cloud.tls)
            assert answer.status in (401, 403), service


def test_a_host_without_its_account_says_which_settings_name_one(cloud: Cloud) -> None:
    settings = cloud.settings()
    del settings["AzureWebJobsStorage__queueServiceUri"]
    with pytest.raises(HostFailed, match="AzureWebJobsStorage__queueServiceUri"):
        cloud.host("without", settings).start()


async def test_an_identity_that_storage_refuses_is_told_with_what_to_do(cloud: Cloud) -> None:
    with IdentityEndpoint(audience="https://vault.azure.net") as other:
        process = cloud.host("refused", cloud.settings(**other.settings))
        process.start()
        try:
            async with api_of(process.base_url, process.keys.host) as api:
                refused = await api.get("services")
                assert (refused.status, refused.code) == (503, "StorageUnavailable")
                assert "It refuses the app (40" in refused.body["error"]["message"]
                assert "GET health/deep" in refused.body["error"]["message"]
                health = await api.get("health/deep")
        finally:
            process.stop()
    assert health.status == 503
    failing = {one["name"]: one["error"] for one in health.body["checks"] if "error" in one}
    assert set(failing) == {"stateTables", "queue", "storageAccount/offsite"}
    assert all(error.startswith("It refuses the app (40") for error in failing.values())


async def test_an_app_without_an_identity_is_told_to_have_one(cloud: Cloud) -> None:
    settings = cloud.settings()
    for name in cloud.identity.settings:
        del settings[name]
    settings["AZURE_TOKEN_CREDENTIALS"] = "EnvironmentCredential"  # it asks nobody else
    process = cloud.host("nobody", settings)
    process.start()
    try:
        async with api_of(process.base_url, process.keys.host) as api:
            refused = await api.get("services")
    finally:
        process.stop()
    assert (refused.status, refused.code) == (503, "StorageUnavailable")
    assert "The app gets no token for it." in refused.body["error"]["message"]


async def asked(
    address: str, headers: Mapping[str, str], tls: Certificate
) -> aiohttp.ClientResponse:
    """The answer of a GET over HTTPS, trusting the test's own authority."""
    trust = ssl.create_default_context(cafile=str(tls.authority))
    async with (
        aiohttp.ClientSession() as session,
        session.get(address, headers=headers, ssl=trust) as answer,
    ):
        return answer
