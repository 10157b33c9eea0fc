"""The stand-in for Azure Resource Manager, in a thread of the test's own process: what there is,
how it goes and what happens to requests is set from the test, at any time."""

import asyncio
import json
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from localhost.arm.server import StandIn
from localhost.arm.state import Account, State
from localhost.arm.switches import Fault, Seen, Switches
from localhost.processes import free_ports

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
"""That the resources of the corpus are in."""


def account_id(name: str, group: str = "contoso", subscription: str = SUBSCRIPTION) -> str:
    """The ARM id of an account."""
    return (
        f"/subscriptions/{subscription}/resourceGroups/{group}"
        f"/providers/Microsoft.Logic/integrationAccounts/{name}"
    )


def resources_of(corpus: Path, *files: str) -> list[dict[str, Any]]:
    """The resources of files of the corpus, as ``load`` takes them; of all where none is named.

    :param files: without their ending: ``azps-2017``, ``corpus``.
    """
    folder = corpus / "integration_account" / "arm"
    names = files or sorted(path.stem for path in folder.glob("*.json"))
    read = [json.loads((folder / f"{name}.json").read_text()) for name in names]
    return [resource for file in read for resource in file["resources"]]


class Arm:
    """A stand-in that listens while it is entered.

    :ivar url: where: the setting ``ARM_STAND_IN``.
    :ivar state: what there is. A test changes it between two requests, or in a fault's
        ``meanwhile``.
    :ivar switches: how it goes where the real service may go either way.
    """

    def __init__(self) -> None:
        self._stand_in = StandIn()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.url = ""

    @property
    def state(self) -> State:
        return self._stand_in.state

    @property
    def switches(self) -> Switches:
        return self._stand_in.switches

    @property
    def seen(self) -> Sequence[Seen]:
        """All requests so far, in their order: those for content too."""
        return self._stand_in.disturbances.seen

    def load(self, resources: Iterable[dict[str, Any]]) -> None:
        """Put resources there as they are, without a check: see ``State.load``."""
        self.state.load(resources)

    def account(self, resource_id: str) -> Account:
        """An account that is there, by its ARM id."""
        parts = resource_id.strip("/").split("/")
        return self.state.account(parts[1], parts[3], parts[7])

    def lose(self, resource_id: str) -> None:
        """Delete an account with all that it holds, as somebody else would."""
        parts = resource_id.strip("/").split("/")
        self.state.group(parts[1], parts[3]).accounts.pop(parts[7].lower())

    def session(self, resource_id: str, name: str, content: Any) -> None:
        """Write a session of an account, as a workflow that runs does."""
        self.state.set_session(self.account(resource_id), name, content)

    def fault(self, **what: Any) -> Fault:
        """Disturb requests from now on: the parameters are those of ``Fault``."""
        return self._stand_in.disturbances.add(Fault(**what))

    def throttle(self, times: int = 1, retry_after: int = 0, **which: Any) -> Fault:
        """Answer the next requests that there are too many; ``which`` as of a fault."""
        body = {"error": {"code": "TooManyRequests", "message": "There are too many requests."}}
        return self.fault(
            status=429,
            body=body,
            headers={"Retry-After": str(retry_after)},
            times=times,
            **which,
        )

    def calm(self) -> None:
        """No faults any more, and nothing seen so far."""
        self._stand_in.disturbances.clear()

    def expire_links(self) -> None:
        """No content link that was given out so far is valid any more."""
        self._stand_in.links.expire()

    def settings(self, *scopes: str) -> dict[str, str]:
        """The app's settings, so that it calls this stand-in; accounts of these ids or scopes
        may be linked, all of the subscription where none is named."""
        return {
            "ARM_STAND_IN": self.url,
            "INTEGRATION_ACCOUNTS": json.dumps(scopes or [f"/subscriptions/{SUBSCRIPTION}"]),
        }

    def __enter__(self) -> "Arm":
        port = free_ports(1)[0]
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._stand_in.start(port), self._loop).result(30)
        self.url = f"http://127.0.0.1:{port}"
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stand_in.stop(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()
