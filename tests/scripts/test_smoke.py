"""scripts/smoke.py: the demo's checks against an app that runs, nothing left behind."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from azure.storage.blob import BlobServiceClient

from localhost.demo.steps import READING_STEPS, STEPS
from localhost.processes import free_ports
from localhost.stack import HostProcess
from tests.support.api import Api, partner_document, unique
from tests.support.arm import Arm, account_id
from tests.support.deployed import Deployed, Emulator
from tests.support.server_context import server_context

ROOT = Path(__file__).resolve().parents[2]
_LONGEST_SECONDS = 580
"""The whole story, on a machine that does much else."""


async def smoke(*arguments: str, **environment: str) -> tuple[int, str]:
    """Run the script as a user does; its exit code, and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "scripts" / "smoke.py"),
        *arguments,
        cwd="/",
        env={"PATH": os.environ["PATH"], **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), _LONGEST_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return process.returncode, said.decode()


def service_in(said: str) -> str:
    found = re.search(r"^Service (\S+) on ", said, re.M)
    assert found, said
    return found[1]


async def require_nothing_left(api: Api, deployed: Deployed, service: str) -> None:
    """The service, its schedule and its containers are gone; its history tells of them."""
    assert (await api.get(f"services/{service}")).status == 404
    backups = (await api.get(f"services/{service}/backups")).body["value"]
    assert {backup["status"] for backup in backups} <= {"Deleted", "Failed"}
    with BlobServiceClient.from_connection_string(deployed.offsite) as account:
        containers = [container.name for container in account.list_containers()]
    assert not set(containers) & {backup["container"] for backup in backups}


@pytest.mark.timeout(600)
async def test_every_check_holds_and_nothing_is_left(
    host: HostProcess, api: Api, deployed: Deployed
) -> None:
    code, said = await smoke(f"{host.base_url}/api/", INTERKEEP_KEY=host.keys.host)
    assert code == 0, said
    assert said.splitlines()[-1].startswith("PASSED"), said
    told = [step for step in STEPS if not step.needs_storage and not step.needs_machine]
    assert [step.title for step in told] == re.findall(r"^ ?\d+  (.*)$", said, re.M)
    service = service_in(said)
    assert re.fullmatch(r"Tarnfell-[0-9a-f]{8}", service), "a name of its own"
    backups = (await api.get(f"services/{service}/backups")).body["value"]
    assert [backup["status"] for backup in backups] == ["Deleted", "Deleted"]
    await require_nothing_left(api, deployed, service)


async def test_a_wrong_key_is_told(host: HostProcess) -> None:
    code, said = await smoke(host.base_url, "--key", "wrong")
    assert code == 1
    assert "The key is missing or wrong." in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("http://127.0.0.1:{nobody}", "127.0.0.1:{nobody} cannot be reached: Connection refused."),
        ("https://127.0.0.1:{port}", "127.0.0.1:{port} does not speak TLS. Is it http,"),
        ("https://nobody.invalid", "No host is known as nobody.invalid."),
        ("http://127.0.0.1:{port}/elsewhere", "There is no Interkeep at this address"),
    ],
    ids=["no process", "no TLS", "no host", "another address"],
)
async def test_an_app_that_does_not_answer_is_told(
    host: HostProcess, address: str, says: str
) -> None:
    ports = {"nobody": free_ports(1)[0], "port": host.port}
    code, said = await smoke(address.format(**ports), "--key", "any")
    assert code == 1
    assert "cannot be used" in said
    assert says.format(**ports) in said
    assert "Traceback" not in said
    assert "(" not in said, "nothing of how Python says it"


async def test_what_the_app_cannot_use_is_told_beside_the_check(
    emulator: Emulator, tmp_path: Path
) -> None:
    deployed = Deployed.new(emulator, tmp_path)
    accounts = {"stranger": {"connectionString": "STRANGER"}}
    host = deployed.host(
        STRANGER=re.sub("AccountKey=[^;]+", "AccountKey=c3RyYW5nZXI=", deployed.offsite),
        STORAGE_ACCOUNTS=json.dumps(accounts),
    )
    host.start()
    try:
        code, said = await smoke(host.base_url, "--key", host.keys.host)
    finally:
        host.stop()
    assert code == 1
    assert "FAILED   Step 8, Back up to the second account" in said
    assert "FAILING  storageAccount/stranger: It refuses the app (403" in said
    assert said.count("FAILING") == 1


async def test_an_account_that_is_not_registered_is_told_before_anything_is_made(
    host: HostProcess,
) -> None:
    code, said = await smoke(host.base_url, "--key", host.keys.host, "--account", "nowhere")
    assert code == 1
    assert "No account is registered as 'nowhere'. Choose: default, offsite." in said
    assert "Service " not in said


@pytest.fixture
async def signed_in(tmp_path: Path) -> AsyncIterator[tuple[str, Path]]:
    """An address over TLS whose platform asks callers to sign in, and its own authority."""

    async def asks(request: web.Request) -> web.Response:
        known = request.headers.get("Authorization") == "Bearer good"
        if request.path == "/api/health":
            return web.json_response({"status": "ok"})
        return web.Response(status=403 if known else 401, text="You do not have permission.")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", asks)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_ports(1)[0]
    authority = tmp_path / "authority.pem"
    context = server_context("localhost", authority, tmp_path)
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
    yield f"https://localhost:{port}", authority
    await runner.cleanup()


async def test_a_certificate_and_a_token_that_are_not_taken_are_told(
    signed_in: tuple[str, Path],
) -> None:
    address, authority = signed_in
    code, said = await smoke(address, "--key", "k")
    assert code == 1
    assert "The certificate of localhost is not trusted: " in said
    assert "SSL_CERT_FILE" in said
    trusts = {"SSL_CERT_FILE": str(authority)}
    code, said = await smoke(address, "--key", "k", **trusts)
    assert (code, "asks callers to sign in" in said) == (1, True), said
    code, said = await smoke(address, "--key", "k", INTERKEEP_TOKEN="good\n", **trusts)
    assert code == 1
    assert "HTTP 403 with 27 bytes that are no error of Interkeep's" in said
    code, alone = await smoke(address, "--token", "good", **trusts)
    assert (code, "HTTP 403 with 27 bytes" in alone) == (1, True), "a token is enough to ask"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["https://app.example"], "give --key"),
        (["http://app.example", "--key", "k"], "over https alone"),
        (["app.example", "--key", "k"], "no http or https address"),
        (["https://app.example", "--key", "a key\nand more"], "the key has characters"),
    ],
)
async def test_wrong_arguments_are_told(arguments: list[str], reason: str) -> None:
    code, said = await smoke(*arguments)
    assert code == 2
    assert reason in said


@pytest.fixture
async def forgetful(host: HostProcess) -> AsyncIterator[str]:
    """A way to the host that answers every restore with a service that is Active at once."""

    async def passed_on(request: web.Request) -> web.Response:
        url = f"{host.base_url}{request.rel_url}"
        headers = {"x-functions-key": request.headers["x-functions-key"]}
        if "Content-Type" in request.headers:
            headers["Content-Type"] = request.headers["Content-Type"]
        async with session.request(
            request.method, url, data=await request.read(), headers=headers
        ) as answer:
            body = await answer.read()
            kept = {
                name: value.replace(host.base_url, base_url)
                for name, value in answer.headers.items()
                if name.lower() in ("operation-location", "x-ms-error-code")
            }
            body = body.replace(b'"state": "Suspended"', b'"state": "Active"')
            return web.Response(
                status=answer.status, body=body, headers=kept, content_type=answer.content_type
            )

    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", passed_on)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_ports(1)[0]
    base_url = f"http://127.0.0.1:{port}"
    await web.TCPSite(runner, "127.0.0.1", port).start()
    async with ClientSession() as session:
        yield base_url
    await runner.cleanup()


@pytest.mark.timeout(600)
async def test_a_check_that_does_not_hold_is_told_and_all_is_cleaned_up(
    forgetful: str, host: HostProcess, api: Api, deployed: Deployed
) -> None:
    code, said = await smoke(forgetful, "--key", host.keys.host)
    assert code == 1, said
    assert "This should hold, and does not: a restored service begins Suspended" in said
    assert "FAILING" not in said, "the app itself is well"
    assert said.splitlines()[-1].startswith("FAILED")
    assert "LEFT" not in said
    await require_nothing_left(api, deployed, service_in(said))


@pytest.mark.timeout(600)
async def test_an_integration_account_is_only_read(
    host: HostProcess, api: Api, deployed: Deployed, azure: Arm
) -> None:
    account = account_id(unique("smoke"))
    azure.load(_account(account))
    before = _shown(azure, account)
    azure.calm()
    code, said = await smoke(
        host.base_url,
        *("--key", host.keys.host),
        INTERKEEP_SMOKE_INTEGRATION_ACCOUNT=account,
    )
    assert code == 0, said
    titles = re.findall(r"^ ?\d+  (.*)$", said, re.M)
    assert titles[-len(READING_STEPS) :] == [step.title for step in READING_STEPS]
    asked = [seen for seen in azure.seen if account.lower() in seen.path.lower()]
    assert asked
    assert {seen.method for seen in asked} == {"GET"}
    assert _shown(azure, account) == before
    assert "2 artifacts of the backup are the same in the account" in said
    found = re.search(r"^Service (\S+) for ", said, re.M)
    assert found, said
    backups = (await api.get(f"services/{found[1]}/backups")).body["value"]
    assert [backup["status"] for backup in backups] == ["Deleted"]
    assert backups[0]["items"] > 3
    await require_nothing_left(api, deployed, found[1])
    await require_nothing_left(api, deployed, f"{found[1]}-two")
    await require_nothing_left(api, deployed, service_in(said))
    linked = (await api.get("integration-accounts?linked=true&top=1000")).body["value"]
    assert account not in [one["resourceId"] for one in linked]


def _account(resource_id: str) -> list[dict[str, Any]]:
    """An account with a partner, a schema and a control number."""
    number = {"ControlNumber": "17", "ControlNumberChangedTime": "2026-02-03T04:05:07.7654321Z"}
    return [
        {"id": resource_id, "location": "westeurope", "sku": {"name": "Basic"}, "properties": {}},
        {"id": f"{resource_id}/partners/Northwind", "properties": partner_document("Northwind")},
        {
            "id": f"{resource_id}/schemas/Order",
            "properties": {"schemaType": "Xml"},
            "content": "<order/>",
            "contentType": "application/xml",
        },
        {
            "id": f"{resource_id}/sessions/Northwind-Fabrikam-ICN",
            "properties": {"content": {**number, "MessageType": 0}},
        },
    ]


def _shown(azure: Arm, resource_id: str) -> list[tuple[object, ...]]:
    return [
        (kind, name, item.properties, item.changed)
        for kind, items in azure.account(resource_id).items.items()
        for name, item in items.items()
    ]
