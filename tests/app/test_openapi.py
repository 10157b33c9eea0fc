"""The OpenAPI document is valid, and nothing that fits it, or nearly, breaks the app."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from localhost.stack import HostProcess
from tests.support.api import Api

TRIGGERS = Path(__file__).resolve().parents[2] / "shared" / "triggers"

ALONE = True
"""Requests of any kind change whatever there is."""

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance"
)
EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "3")
"""Of each route and each kind of data; the seed changes with each run and is printed."""

PHASES = "fuzzing" if EXAMPLES == "3" else "examples,coverage,fuzzing"
"""FUZZ_EXAMPLES=50 runs the boundary cases of every member too, which takes minutes."""


async def test_the_document_is_valid(api: Api) -> None:
    found = await api.get("openapi.json", key="")
    assert found.status == 200
    validate(found.body)


async def test_the_headers_that_a_route_reads_are_in_it(api: Api) -> None:
    """A route reads Operation-Id where its function does, or what is shared by transitions."""
    reads = re.compile(r"call\.operation_id|_asked\(call\)|_move(_with_workflows)?\(call")
    paths = (await api.get("openapi.json", key="")).body["paths"]
    found = {one["operationId"]: one for path in paths.values() for one in path.values()}
    functions = [
        node
        for path in TRIGGERS.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.AsyncFunctionDef) and node.name in found
    ]
    assert len(functions) == len(found)
    for function in functions:
        shown = {one["name"] for one in found[function.name]["parameters"] if one["in"] == "header"}
        asked = reads.search(ast.unparse(function)) is not None
        assert ("Operation-Id" in shown) == asked, function.name
        assert ("Content-MD5" in shown) == (function.name == "put_content"), function.name


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


def test_a_start_does_not_pay_for_the_document() -> None:
    loads = "import sys, function_app; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", loads],
        capture_output=True,
        text=True,
        check=True,
        cwd=TRIGGERS.parents[1],
    )
    loaded = done.stdout.split()
    assert "shared.web.http.route" in loaded
    assert [name for name in loaded if name.startswith("shared.web.api.")] == []
