"""The GitHub workflow calls what everybody calls, with few rights."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def workflow() -> Any:
    return yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())


def test_it_calls_the_make_targets_of_ci_on_every_python(workflow: Any) -> None:
    job = workflow["jobs"]["test"]
    called = re.findall(r"^make (\w+)", (ROOT / ".ci" / "run").read_text(), re.M)
    runs = [step["run"].split()[1] for step in job["steps"] if "run" in step]
    assert runs == called
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]


def test_it_may_read_and_nothing_else(workflow: Any) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert "permissions" not in job
        for step in job["steps"]:
            assert re.fullmatch(r"actions/[a-z-]+@v\d+", step.get("uses", "actions/none@v0"))
