"""Azurite, the storage emulator, with accounts of our own."""

import base64
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from localhost.node import InstallFailed, alone, find_node, installed
from localhost.processes import Process, free_ports, is_free, spawn, wait_for_port

_READY_SECONDS = 30
_LOCK = Path(__file__).parent / "azurite"
_AT_START = _LOCK / "at-start.cjs"


class PortInUse(Exception):
    """A port that was asked for is taken; the message says which."""


@dataclass(frozen=True)
class Account:
    """A storage account of the emulator."""

    name: str
    key: str = field(repr=False)

    @staticmethod
    def new(name: str) -> "Account":
        """An account with a random key."""
        return Account(name, base64.b64encode(secrets.token_bytes(64)).decode())


@dataclass(frozen=True)
class Ports:
    """Where the emulator listens."""

    blob: int
    queue: int
    table: int

    @staticmethod
    def free() -> "Ports":
        """Ports that nothing listens on."""
        return Ports(*free_ports(3))


@dataclass(frozen=True)
class Certificate:
    """Files in PEM: a server's certificate, its key, and the authority that signed it."""

    certificate: Path
    key: Path
    authority: Path


class Azurite(Process):
    """One emulator process.

    :param accounts: the accounts that it knows; no others.
    :param data: where it keeps its data; None for in memory.
    :param install: the folder that its packages are in, or are installed into.
    :param tls: it listens over HTTPS with this, and takes tokens of identities beside its keys.
    """

    def __init__(
        self,
        accounts: list[Account],
        ports: Ports,
        *,
        install: Path,
        log: Path,
        data: Path | None = None,
        tls: Certificate | None = None,
    ) -> None:
        self.ports = ports
        self._accounts = accounts
        self._install = install
        self.log = log
        self._data = data
        self._tls = tls

    def start(self) -> None:
        """Start it and wait until it listens.

        :raises PortInUse: naming the port.
        :raises InstallFailed: where it cannot be installed, or does not start.
        """
        for what, port in vars(self.ports).items():
            if not is_free(port):
                raise PortInUse(f"port {port}, for {what}s of the storage emulator, is in use")
        with alone(self._install):
            node = find_node()
            modules = installed(node, _LOCK, self._install, "Azurite, the storage emulator")
        script = modules / "azurite" / "dist" / "src" / "azurite.js"
        place = ["--location", str(self._data)] if self._data else ["--inMemoryPersistence"]
        listen = [
            part
            for what, port in vars(self.ports).items()
            for part in (f"--{what}Host", "127.0.0.1", f"--{what}Port", str(port))
        ]
        quiet = ["--silent", "--disableTelemetry", "--skipApiVersionCheck"]
        environment = dict(os.environ)
        secure: list[str] = []
        if self._tls is not None:
            files = ["--cert", str(self._tls.certificate), "--key", str(self._tls.key)]
            secure = [*files, "--oauth", "basic"]
            # A copy that it is asked for reads from itself, over HTTPS too.
            environment["NODE_EXTRA_CA_CERTS"] = str(self._tls.authority)
        environment["AZURITE_ACCOUNTS"] = ";".join(
            f"{account.name}:{account.key}" for account in self._accounts
        )
        self._child = spawn(
            [
                *(str(node.binary), "--require", str(_AT_START), str(script)),
                *(*quiet, *place, *listen, *secure),
            ],
            environment=environment,
            log=self.log,
            folder=self._install,
        )
        for port in vars(self.ports).values():
            if not wait_for_port(port, self._child, _READY_SECONDS):
                self.stop()
                raise InstallFailed(f"the storage emulator did not start; see {self.log}")

    @property
    def _scheme(self) -> str:
        return "https" if self._tls else "http"

    def endpoints(self, account: Account) -> dict[str, str]:
        """The addresses of an account: of its ``blob``, ``queue`` and ``table`` service."""
        return {
            what: f"{self._scheme}://127.0.0.1:{port}/{account.name}"
            for what, port in vars(self.ports).items()
        }

    def connection_string(self, account: Account) -> str:
        """How an SDK client reaches an account."""
        places = self.endpoints(account).items()
        endpoints = "".join(f"{what.capitalize()}Endpoint={url};" for what, url in places)
        return (
            f"DefaultEndpointsProtocol={self._scheme};AccountName={account.name};"
            f"AccountKey={account.key};{endpoints}"
        )
