"""What azd deploys: the app and nothing beside it."""

import subprocess
import tomllib
from pathlib import Path

import pathspec
import pytest

ROOT = Path(__file__).resolve().parents[2]
IGNORED = pathspec.GitIgnoreSpec.from_lines((ROOT / ".funcignore").read_text().splitlines())


def test_the_package_is_the_app() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    deployed = {path for path in tracked if not IGNORED.match_file(path)}
    beside = {"function_app.py", "host.json", "requirements.txt"}
    assert beside <= deployed
    modules = {p.relative_to(ROOT).as_posix() for p in (ROOT / "shared").rglob("*.py")}
    assert modules <= deployed
    assert not [path for path in deployed - beside if not path.startswith("shared/")]


@pytest.mark.parametrize(
    "path",
    [
        ".azure/prod/.env",
        ".coverage",
        ".local/secrets.json",
        ".mypy_cache/3.11/a.json",
        ".venv/bin/python",
        "venv/lib/python3.13/site-packages/yaml/__init__.py",
        "env/bin/python",
        "interkeep_env/bin/python",
        "benchmarks/results/a.json",
        "local.settings.json",
        "shared/__pycache__/clock.cpython-313.pyc",
    ],
)
def test_what_lies_around_is_not_deployed(path: str) -> None:
    assert IGNORED.match_file(path)


def test_what_azd_restores_are_the_apps_own_requirements() -> None:
    """``pip install .`` finds several folders of modules here, and refuses to guess."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["tool"]["setuptools"]["packages"] == []
    assert project["project"]["dynamic"] == ["dependencies"]
    named = project["tool"]["setuptools"]["dynamic"]["dependencies"]["file"]
    assert named == ["requirements.txt"]
