"""A deployed app asks Azure, with its own identity: nothing of infra/ can make it ask another."""

from pathlib import Path

import pytest

from infra.check.settings import NEVER_DEPLOYED, given_settings, setting_problems
from infra.check.source import Source, text

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "infra" / "modules" / "app.bicep"
DEPLOYED = [
    *sorted((ROOT / "infra").rglob("*.bicep")),
    ROOT / "infra" / "main.parameters.json",
    ROOT / "azure.yaml",
    ROOT / "host.json",
]


@pytest.mark.parametrize("path", DEPLOYED, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_deployed_names_no_stand_in(path: Path) -> None:
    told = path.read_text().lower().replace("_", "")
    assert [name for name in NEVER_DEPLOYED if name.lower().replace("_", "") in told] == []


def test_a_template_that_sets_one_is_told(tmp_path: Path) -> None:
    changed = tmp_path / "app.bicep"
    line = "  ARM_CLOUD: environment().name\n"
    assert line in APP.read_text()
    changed.write_text(
        APP.read_text().replace(line, f"{line}  ARM_STAND_IN: 'http://127.0.0.1:7075'\n")
    )
    problems = setting_problems(Source(changed, tmp_path), ROOT / "shared")
    assert problems == ["app.bicep: sets ARM_STAND_IN, which is for a machine without Azure"]


def test_the_cloud_is_the_one_that_is_deployed_to() -> None:
    app = Source(APP, ROOT)
    assert {"INTEGRATION_ACCOUNTS", "ARM_CLOUD"} <= set(given_settings(app))
    values = {
        text(node.named_children[0]): text(node.named_children[1])
        for node in app.nodes("object_property")
    }
    assert values["ARM_CLOUD"] == "environment().name"
    assert values["INTEGRATION_ACCOUNTS"] == "string(integrationAccounts)"
