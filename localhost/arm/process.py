"""The stand-in with its sample account as a process of its own."""

import json
import sys
from pathlib import Path

from localhost.arm.sample import SUBSCRIPTION
from localhost.azurite import PortInUse
from localhost.node import InstallFailed
from localhost.processes import Process, is_free, spawn, wait_for_port

SECONDS = 20.0
"""After which the sample account issues the next numbers, where nobody says otherwise."""
_READY_SECONDS = 30


class ArmProcess(Process):
    """One process of the stand-in.

    :param port: of 127.0.0.1, where it listens.
    :param folder: the project's root.
    :param seconds: after which its account issues the next numbers.
    """

    def __init__(self, port: int, *, log: Path, folder: Path, seconds: float = SECONDS) -> None:
        self.port = port
        self.log = log
        self._folder = folder
        self._seconds = seconds

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        """The app's settings, so that it calls the stand-in, and may link what is in it."""
        scopes = [f"/subscriptions/{SUBSCRIPTION}"]
        return {"ARM_STAND_IN": self.url, "INTEGRATION_ACCOUNTS": json.dumps(scopes)}

    def start(self) -> None:
        """Start it and wait until it listens.

        :raises PortInUse: where something else listens on its port.
        :raises InstallFailed: where it does not start.
        """
        if not is_free(self.port):
            raise PortInUse(f"port {self.port}, for integration accounts, is in use")
        self._child = spawn(
            [
                *(sys.executable, "-m", "localhost.arm", "--port", str(self.port)),
                *("--seconds", str(self._seconds)),
            ],
            environment={"PYTHONPATH": str(self._folder)},
            log=self.log,
            folder=self._folder,
        )
        if not wait_for_port(self.port, self._child, _READY_SECONDS):
            self.stop()
            raise InstallFailed(
                f"the stand-in of integration accounts did not start; see {self.log}"
            )
