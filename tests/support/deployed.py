"""The app and its storage as tests have them."""

import base64
import itertools
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from localhost.azurite import Account, Azurite
from localhost.processes import free_ports
from localhost.stack import HostProcess, app_settings
from shared.settings.environment import Settings, read_settings

ACCOUNTS = 400
"""How many accounts an emulator of a test run knows: each is handed out once."""


class Emulator:
    """Azurite for one test run. Every test module gets accounts that nobody else has.

    :param next_one: starts another one with fresh accounts, for when those of this one are used up.
    """

    def __init__(
        self,
        azurite: Azurite,
        accounts: list[Account],
        next_one: Callable[[], tuple[Azurite, list[Account]]] | None = None,
    ) -> None:
        self._running = [azurite]
        self._accounts = iter(accounts)
        self._next_one = next_one

    def account(self) -> str:
        """The connection string of an empty account."""
        account = next(self._accounts, None)
        if account is None:
            assert self._next_one is not None, f"more than {ACCOUNTS} accounts were asked for"
            azurite, accounts = self._next_one()
            self._running.append(azurite)
            self._accounts = iter(accounts)
            while len(self._running) > _KEPT:
                self._running.pop(1).stop()
            account = next(self._accounts)
        return self._running[-1].connection_string(account)

    def stop(self) -> None:
        """End it, and those that came before it."""
        for azurite in self._running:
            azurite.stop()


@dataclass(frozen=True)
class Deployed:
    """A state account, a second account, and the settings over them."""

    state: str
    offsite: str
    settings: dict[str, str]
    folder: Path

    @staticmethod
    def new(emulator: Emulator, folder: Path, **settings: str) -> "Deployed":
        """Empty accounts, a sealing key of its own, and a former one."""
        state, offsite = emulator.account(), emulator.account()
        key, former = (base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2))
        quick = {
            "SEALING_KEYS_FORMER": former,
            "RECOVERY_TIMER": "* * * * * *",
            "SWEEP_TIMER": "0 0 4 1 1 *",
            "RETRY_SECONDS": "1,1,1,1",
            "AzureFunctionsJobHost__extensions__queues__maxPollingInterval": "00:00:00.25",
        }
        return Deployed(
            state, offsite, {**app_settings(state, offsite, key), **quick, **settings}, folder
        )

    def host(self, **settings: str) -> HostProcess:
        """One more host process over it; not started."""
        number = next(_hosts)
        return HostProcess(
            {**self.settings, **settings},
            port=free_ports(1)[0],
            keys_file=self.folder / "keys.json",
            log=self.folder / f"host-{number}.log",
        )

    def read(self) -> Settings:
        """The settings as the app reads them, for tests in this process."""
        return read_settings({**self.settings, "STATE_STORAGE": self.state})


_KEPT = 3
"""How many emulators run. The first stays: the host that modules share has its accounts there to
the end of the run. Of the others the last two: what was begun on the one before goes on."""

_hosts = itertools.count(os.getpid())
