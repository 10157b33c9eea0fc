"""The emulator of one run, and apps over accounts of it that nobody used before."""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType

from benchmarks.counting import CountingTransport
from benchmarks.raw import RawStorage
from localhost.azurite import Account, Azurite, Ports
from localhost.stack import PACKAGES, app_settings
from shared.installation.installation import Installation
from shared.settings.environment import read_settings

_STATES = 80
_OFFSITES = 24


@dataclass(frozen=True)
class App:
    """The app's parts in this process, with what counts their storage calls."""

    parts: Installation
    transport: CountingTransport | None
    """None where nothing is counted."""
    state: str
    """Connection string of its state account."""
    environment: dict[str, str]
    """The settings, for the same app in another process."""


class Stage:
    """One emulator in memory. Accounts are handed out once.

    :param folder: for the emulator's log, and what hosts keep.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._states = [Account.new(f"state{number}") for number in range(_STATES)]
        self._offsites = [Account.new(f"offsite{number}") for number in range(_OFFSITES)]
        self._left = iter(self._states)
        self._aliases = iter(range(_OFFSITES))
        self._azurite = Azurite(
            [*self._states, *self._offsites],
            Ports.free(),
            install=PACKAGES,
            log=folder / "azurite.log",
        )
        self._sealing_key = base64.b64encode(secrets.token_bytes(32)).decode()
        self._apps: list[App] = []
        self._raw: list[CountingTransport] = []

    async def __aenter__(self) -> "Stage":
        self._azurite.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for app in self._apps:
            await app.parts.close()
        for transport in self._raw:
            await transport.close()
        self._azurite.stop()

    def account(self) -> str:
        """The connection string of an empty account."""
        return self._azurite.connection_string(next(self._left))

    def alias(self) -> str:
        """A registered account that is empty, as every app knows it."""
        return f"offsite{next(self._aliases)}"

    def connection(self, alias: str) -> str:
        """The connection string of a registered account."""
        number = int(alias.removeprefix("offsite"))
        return self._azurite.connection_string(self._offsites[number])

    def raw(self, connection: str) -> RawStorage:
        """An account without Interkeep."""
        transport = CountingTransport()
        self._raw.append(transport)
        return RawStorage(connection, transport)

    def app(
        self, state: str | None = None, *, settings: Mapping[str, str] = MappingProxyType({})
    ) -> App:
        """The app over a state account, an empty one where none is given.

        All know the same registered accounts and have the same sealing key.

        :param settings: further ones.
        """
        state = state or self.account()
        names = [account.name for account in self._offsites]
        environment = {
            **app_settings(state, self.connection(names[0]), self._sealing_key),
            **{f"{name.upper()}_STORAGE": self.connection(name) for name in names},
            "STORAGE_ACCOUNTS": json.dumps(
                {name: {"connectionString": f"{name.upper()}_STORAGE"} for name in names}
            ),
            **settings,
        }
        transport = CountingTransport()
        read = read_settings({**environment, "STATE_STORAGE": state})
        app = App(Installation(read, transport=transport), transport, state, environment)
        self._apps.append(app)
        return app
