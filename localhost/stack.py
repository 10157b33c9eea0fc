"""The app and the storage that it needs, on this machine: Azurite and host processes."""

import base64
import fcntl
import json
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from localhost.arm.process import SECONDS, ArmProcess
from localhost.azurite import Account, Azurite, PortInUse, Ports
from localhost.host import FAILED
from localhost.keys import Keys, kept_keys
from localhost.processes import Process, free_ports, is_free, spawn, wait_for_port

ROOT = Path(__file__).resolve().parents[1]
"""The project's root: the app's folder."""

PACKAGES = ROOT / ".local" / "azurite-packages"
"""Where Azurite is installed, once for all that run it."""

_READY_SECONDS = 60
_LOG_END = 4000
_PASSED_ON = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TZ",
    "VIRTUAL_ENV",
    "LOCALHOST_LOG_LEVEL",
    "COVERAGE_PROCESS_CONFIG",
)


class HostFailed(Exception):
    """A host process did not come up; the message has what it printed."""


@dataclass(frozen=True)
class Secrets:
    """What is made once for a stack and kept: accounts and the sealing key."""

    state: Account
    offsite: Account
    sealing_key: str

    @staticmethod
    def kept(path: Path) -> "Secrets":
        """Those of a file; made and written where there is none, for its owner's eyes alone."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            made = {
                "state": vars(Account.new("interkeepstate")),
                "offsite": vars(Account.new("interkeepoffsite")),
                "sealingKey": base64.b64encode(secrets.token_bytes(32)).decode(),
            }
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                json.dump(made, file, indent=2)
        kept = json.loads(path.read_text())
        return Secrets(Account(**kept["state"]), Account(**kept["offsite"]), kept["sealingKey"])


def app_settings(state: str, offsite: str, sealing_key: str) -> dict[str, str]:
    """The app's settings over two accounts, given by their connection strings."""
    return {
        "AzureWebJobsStorage": state,
        "OFFSITE_STORAGE": offsite,
        "STORAGE_ACCOUNTS": json.dumps(
            {
                "default": {"connectionString": "AzureWebJobsStorage"},
                "offsite": {"connectionString": "OFFSITE_STORAGE"},
            }
        ),
        "SEALING_KEY": sealing_key,
    }


class HostProcess(Process):
    """One host process of an app.

    :param settings: the app's settings; of this process's own environment little is passed on.
    :param options: more options of ``python -m localhost.host``.
    """

    def __init__(
        self,
        settings: Mapping[str, str],
        *,
        port: int,
        keys_file: Path,
        log: Path,
        app_dir: Path = ROOT,
        options: Sequence[str] = (),
    ) -> None:
        self.port = port
        self.log = log
        self.keys: Keys = kept_keys(keys_file)
        self._settings = dict(settings)
        self._command = [
            sys.executable,
            "-m",
            "localhost.host",
            "--port",
            str(port),
            "--app-dir",
            str(app_dir),
            "--keys-file",
            str(keys_file),
            *options,
        ]

    @property
    def base_url(self) -> str:
        """Where it listens; functions are under ``/api``."""
        return f"http://127.0.0.1:{self.port}"

    def require_port(self) -> None:
        """:raises PortInUse: where something listens on its port."""
        if not is_free(self.port):
            raise PortInUse(f"port {self.port}, for the app, is in use")

    def start(self) -> None:
        """Start it and wait until it answers.

        :raises PortInUse: where something listens on its port.
        :raises HostFailed: with what it said, or the end of its log.
        """
        self.require_port()
        passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        environment = {
            **passed_on,
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": os.environ.get("PYTHONDONTWRITEBYTECODE", ""),
            **self._settings,
        }
        before = self.log.stat().st_size if self.log.exists() else 0
        self._child = spawn(self._command, environment=environment, log=self.log, folder=ROOT)
        if not wait_for_port(self.port, self._child, _READY_SECONDS):
            self.stop()
            raise HostFailed(self._said(before))

    def _said(self, before: int) -> str:
        said = self.log.read_bytes()[before:].decode(errors="replace")
        reasons = [line for line in said.splitlines() if line.startswith(FAILED)]
        return f"{reasons[-1]}\nIts log: {self.log}" if reasons else said[-_LOG_END:]

    def kill(self) -> None:
        """End it at once, wherever it is."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None


class Stack:
    """Azurite and one or more host processes of the app, over one data folder.

    :param data: keeps keys, accounts, logs and the emulator's data.
    :param ports: of the emulator; free ones where None.
    :param host_ports: one a host process; one free one where None.
    :param arm_port: of the stand-in of integration accounts; without it there is none, and the
        app calls none.
    :param arm_seconds: after which its sample account issues the next numbers.
    """

    def __init__(
        self,
        data: Path,
        *,
        ports: Ports | None = None,
        host_ports: Sequence[int] | None = None,
        in_memory: bool = False,
        settings: Mapping[str, str] | None = None,
        arm_port: int | None = None,
        arm_seconds: float = SECONDS,
    ) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self._data = data
        self._locked: IO[str] | None = None
        kept = Secrets.kept(data / "secrets.json")
        self.azurite = Azurite(
            [kept.state, kept.offsite],
            ports or Ports.free(),
            install=PACKAGES,
            log=data / "azurite.log",
            data=None if in_memory else data / "azurite",
        )
        self.state = self.azurite.connection_string(kept.state)
        self.offsite = self.azurite.connection_string(kept.offsite)
        self.arm = (
            ArmProcess(arm_port, log=data / "arm.log", folder=ROOT, seconds=arm_seconds)
            if arm_port
            else None
        )
        all_settings = {
            **app_settings(self.state, self.offsite, kept.sealing_key),
            **(self.arm.settings if self.arm else {}),
            **(settings or {}),
        }
        self.hosts = [
            HostProcess(
                all_settings, port=port, keys_file=data / "keys.json", log=data / f"host-{n}.log"
            )
            for n, port in enumerate(host_ports or free_ports(1), 1)
        ]

    @property
    def base_url(self) -> str:
        """Where the first host listens."""
        return self.hosts[0].base_url

    @property
    def function_key(self) -> str:
        """Opens every function."""
        return self.hosts[0].keys.host

    @property
    def master_key(self) -> str:
        """Opens the admin addresses too."""
        return self.hosts[0].keys.master

    def start(self) -> None:
        """Start everything, and wait until it answers.

        :raises PortInUse: naming the port.
        :raises InstallFailed: where the emulator cannot be installed, or does not start.
        :raises HostFailed: where a host does not, or another process runs on the same data.
        """
        try:
            for host in self.hosts:
                host.require_port()
            self._lock()
            self.azurite.start()
            if self.arm is not None:
                self.arm.start()
            for host in self.hosts:
                host.start()
        except BaseException:
            self.stop()
            raise

    def broken(self) -> str | None:
        """What has ended by itself, and where to look; None while all of it runs."""
        if not self.azurite.runs:
            return f"The storage emulator ended by itself; see {self.azurite.log}"
        if self.arm is not None and not self.arm.runs:
            return f"The stand-in of integration accounts ended by itself; see {self.arm.log}"
        ended = next((host for host in self.hosts if not host.runs), None)
        return f"The host ended by itself; see {ended.log}" if ended else None

    def stop(self) -> None:
        """End everything."""
        for host in self.hosts:
            host.stop()
        if self.arm is not None:
            self.arm.stop()
        self.azurite.stop()
        if self._locked is not None:
            self._locked.close()
            self._locked = None

    def _lock(self) -> None:
        """Two emulators over one folder would write over each other's data."""
        self._locked = (self._data / "lock").open("w")
        try:
            fcntl.flock(self._locked, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise HostFailed(
                f"another process runs on the data in {self._data}.\n"
                "Stop it, or give this one its own: "
                "make run RUN='--data .local/second --port 7072 --storage-port 10010'"
            ) from error

    def __enter__(self) -> "Stack":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
