"""The OpenAPI document is valid, and nothing that fits it, or nearly, breaks the app."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from localhost.stack import HostProcess
from tests.api import Api

ALONE = True
"""Requests of any kind change whatever there is."""

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance"
EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "3")
"""Of each route and each kind of data; the seed changes with each run and is printed."""

PHASES = "fuzzing" if EXAMPLES == "3" else "examples,coverage,fuzzing"
"""FUZZ_EXAMPLES=50 runs the boundary cases of every member too, which takes minutes."""


async def test_the_document_is_valid(api: Api) -> None:
    found = await api.get("openapi.json", key="")
    assert found.status == 200
    validate(found.body)


@pytest.mark.timeout(600)
async def test_no_request_breaks_the_app(api: Api, host: HostProcess, tmp_path: Path) -> None:
    await api.service("contoso-b2b")
    await api.agreement("contoso-b2b", "A")
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{host.base_url}/api/openapi.json",
        "--url",
        f"{host.base_url}/api",
        "--header",
        f"x-functions-key: {host.keys.host}",
        "--checks",
        CHECKS,
        "--max-examples",
        EXAMPLES,
        "--phases",
        PHASES,
        "--no-color",
        "--suppress-health-check",
        "all",
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=550, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
