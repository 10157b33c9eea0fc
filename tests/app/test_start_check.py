"""An app that starts and cannot use an account says so in its log, once, for all of them."""

import asyncio
import json
from base64 import b64encode
from pathlib import Path

from localhost.processes import free_ports
from tests.deployed import Deployed, Emulator

_MOST_TRIES = 300


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
