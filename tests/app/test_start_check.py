"""An app that starts and cannot run says why: its settings, or accounts that it cannot use."""

import asyncio
import json
import re
from base64 import b64encode
from pathlib import Path

from localhost.processes import free_ports
from tests.support.api import api_of
from tests.support.deployed import Deployed, Emulator

_MOST_TRIES = 300


async def test_settings_that_are_wrong_are_told_with_every_call(
    emulator: Emulator, tmp_path: Path
) -> None:
    host = Deployed.new(emulator, tmp_path).host(
        SEALING_KEY="short", LEASE_SECONDS="1", SERVICE_DOMAIN="Contoso", REQUIRE_ROLES="true"
    )
    host.start()
    try:
        async with api_of(host.base_url, host.keys.host) as api:
            answers = [await api.get(path) for path in ("health", "services")]
    finally:
        host.stop()
    said = host.log.read_text()
    for answer in answers:
        assert (answer.status, answer.code) == (503, "StorageUnavailable")
        assert "Its log says what to change" in answer.body["error"]["message"]
        told = said.split(f"request {answer.headers['x-ms-request-id']}: ")[1]
        lines = re.findall(r"^- (\w+): .", told, re.M)[:4]
        assert set(lines) == {"SEALING_KEY", "LEASE_SECONDS", "SERVICE_DOMAIN", "REQUIRE_ROLES"}


async def test_accounts_that_cannot_be_used_are_told_at_the_start(
    emulator: Emulator, tmp_path: Path
) -> None:
    deployed = Deployed.new(emulator, tmp_path)
    parts = dict(part.split("=", 1) for part in deployed.offsite.rstrip(";").split(";"))
    key = parts["AccountKey"]
    (nobody,) = free_ports(1)
    settings = {
        "STRANGER": deployed.offsite.replace(key, b64encode(b"another key" * 4).decode()),
        "MISSING": deployed.offsite.replace(parts["AccountName"], "nosuchaccount"),
        "SILENT": deployed.offsite.replace(parts["BlobEndpoint"], f"http://127.0.0.1:{nobody}/a"),
        "STORAGE_ACCOUNTS": json.dumps(
            {
                "good": {"connectionString": "OFFSITE_STORAGE"},
                "stranger": {"connectionString": "STRANGER"},
                "missing": {"connectionString": "MISSING"},
                "silent": {"connectionString": "SILENT"},
            }
        ),
    }
    host = deployed.host(**settings)
    host.start()
    try:
        for _ in range(_MOST_TRIES):
            said = host.log.read_text()
            if "StartCheck" in said:
                break
            await asyncio.sleep(0.1)
        await asyncio.sleep(2)  # the timer of every second runs again
    finally:
        host.stop()
    said = host.log.read_text()
    assert said.count("StartCheck") == 1
    assert "Unclosed" not in said, "a host that was stopped has no error to tell"
    lines = {
        line.removeprefix("- ").partition(": ")[0]: line
        for line in said.splitlines()
        if line.startswith("- ")
    }
    assert set(lines) == {f"storageAccount/{name}" for name in ("stranger", "missing", "silent")}
    assert "It refuses the app (403" in lines["storageAccount/stranger"]
    assert "See that the setting names an account that exists" in lines["storageAccount/missing"]
    assert "Nothing answers at its address" in lines["storageAccount/silent"]
    assert key not in said
