"""``python -m infra.check``: silent over what is right, and it notices what is broken."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.check.__main__ import problems_of

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT / "shared"

Change = Callable[[str, str, str], list[str]]


@pytest.fixture
def changed(tmp_path: Path) -> Change:
    """Changes one text in a copy of infra/; what the check then says."""
    copy = tmp_path / "infra"
    shutil.copytree(ROOT / "infra", copy, ignore=shutil.ignore_patterns("__pycache__", "check"))

    def change(name: str, old: str, new: str) -> list[str]:
        path = copy / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        return problems_of(copy, SHARED)

    return change


def line_of(name: str, text: str) -> int:
    """The number of the line that holds a text."""
    lines = (ROOT / "infra" / name).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def checked(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "infra.check", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_bicep_files_are_right() -> None:
    done = checked()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("main.bicep", "param environmentName string", "param environmentName string ="),
        ("main.bicep", "targetScope = 'subscription'", "targetScope = 'subscription"),
        ("modules/storage.bicep", "kind: 'StorageV2'", "kind 'StorageV2'"),
        ("modules/vault.bicep", "enableSoftDelete: true", "enableSoftDelete:"),
        ("modules/network.bicep", "addressPrefixes: [addresses]", "addressPrefixes: [addresses"),
        ("modules/app.bicep", "union(hostStorage, stateStorage", "union(hostStorage stateStorage"),
        ("modules/alerts.bicep", "resource operators", "resourc operators"),
    ],
)
def test_a_syntax_error_is_told_with_its_place(
    changed: Change, name: str, old: str, new: str
) -> None:
    said = changed(name, old, new)
    assert said
    assert all(line.startswith(f"infra/{name}:") for line in said)
    places = [int(line.split(":")[1]) for line in said]
    # A string or bracket that stays open may be noticed where the next thing does not fit.
    assert min(abs(place - line_of(name, old)) for place in places) <= 3


def test_a_file_that_ends_too_early_is_told(changed: Change) -> None:
    text = (ROOT / "infra" / "modules" / "endpoint.bicep").read_text()
    said = changed("modules/endpoint.bicep", text, text.rstrip().removesuffix("}"))
    assert said
    assert said[0].startswith("infra/modules/endpoint.bicep:")


def test_the_command_fails_and_names_the_line(changed: Change, tmp_path: Path) -> None:
    changed("modules/identity.bicep", "name: name", "name name")
    done = checked(str(tmp_path / "infra"))
    assert done.returncode == 1
    line = line_of("modules/identity.bicep", "name: name")
    assert f"infra/modules/identity.bicep:{line}: syntax: " in done.stdout


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("modules/app.bicep", "serverFarmId: plan.id", "serverFarmId: plam.id", "declares plam"),
        ("modules/app.bicep", "var telemetry", "var telemetri", "nothing declares telemetry"),
        ("modules/identity.bicep", "tags: tags", "tags: {}", "nothing uses the parameter tags"),
        ("main.bicep", "    sku: stateSku\n", "", "needs the parameter sku"),
        ("main.bicep", "    sku: stateSku\n", "    sky: stateSku\n", "has no parameter sky"),
        ("main.bicep", "app.outputs.url", "app.outputs.uri", "module app has no output uri"),
        ("main.bicep", "modules/app.bicep", "modules/apps.bicep", "no module file modules/apps"),
        ("main.bicep", "param tags object", "param labels object", "has no parameter tags"),
    ],
)
def test_names_that_lead_nowhere_are_told(
    changed: Change, name: str, old: str, new: str, said: str
) -> None:
    assert any(said in problem for problem in changed(name, old, new))


@pytest.mark.parametrize(
    "setting",
    ["STORAGE_ACCOUNTS", "KEY_PROVIDER", "SCHEDULE_TIMER", "STATE_STORAGE__tableServiceUri"],
)
def test_a_setting_that_bicep_lacks_is_told(changed: Change, setting: str) -> None:
    said = changed("modules/app.bicep", f"  {setting}:", f"  X_{setting}:")
    assert said == [
        f"infra/modules/app.bicep: does not set {setting}, which the app reads",
        f"infra/modules/app.bicep: sets X_{setting}, "
        "which neither shared/settings nor the host reads",
    ]


def test_a_setting_that_is_set_in_some_cases_alone_counts(changed: Change) -> None:
    said = changed("modules/app.bicep", "{ RETRY_SECONDS: retrySeconds }", "{}")
    assert said == ["infra/modules/app.bicep: does not set RETRY_SECONDS, which the app reads"]


def test_a_setting_that_the_app_reads_outside_its_settings_module_counts(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.py").write_text("import os\nNEW = os.environ.get('A_NEW_SETTING')\n")
    said = problems_of(ROOT / "infra", tmp_path)
    assert said == [
        "infra/modules/app.bicep: does not set A_NEW_SETTING, which the app reads",
    ]
