"""The GitHub workflow calls what everybody calls, with few rights."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / ".github" / "workflows" / "ci.yml"
CI = (ROOT / ".ci" / "run").read_text()


@pytest.fixture
def workflow() -> Any:
    return yaml.safe_load(FILE.read_text())


def test_it_calls_the_make_targets_of_ci_on_every_python(workflow: Any) -> None:
    job = workflow["jobs"]["test"]
    called = re.findall(r"^make (\w+)$", CI, re.M)
    runs = [step["run"].split()[1] for step in job["steps"] if "run" in step]
    assert runs == called
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]


def test_what_meets_the_platform_is_tested_on_the_python_that_is_deployed() -> None:
    bicep = (ROOT / "infra" / "modules" / "app.bicep").read_text()
    (deployed,) = re.findall(r"name: 'python'\s+version: '([\d.]+)'", bicep)
    again = CI.split("\nmake test\n")[1]
    assert f"PYENV_VERSION={deployed} python{deployed} " in again
    (parts,) = re.findall(r'TESTS="([^"]+)"', again)
    assert {"tests/localhost", "tests/sealing", "tests/app"} <= set(parts.split())
    assert all((ROOT / part).is_dir() for part in parts.split())


def test_it_may_read_and_nothing_else(workflow: Any) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert "permissions" not in job
        kept = [step["with"]["persist-credentials"] for step in job["steps"] if is_checkout(step)]
        assert kept == [False], "no token stays where the code of a pull request runs"


def is_checkout(step: dict[str, Any]) -> bool:
    return str(step.get("uses", "")).startswith("actions/checkout@")


def test_what_it_uses_is_named_by_commit() -> None:
    """A tag can be moved to other code; the comment says which version the commit is."""
    used = re.findall(r"uses: (.*)", FILE.read_text())
    assert used
    for action in used:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action
