"""What the steps share: the service, what was put into it, what was issued, what was checked."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from localhost.demo.azure import Azure
from localhost.demo.client import Answer, Api
from localhost.demo.failure import DemoFailed
from localhost.demo.issued import Issued
from localhost.demo.machine import Machine
from localhost.demo.network.artifact import JsonObject
from localhost.demo.network.build import Network
from localhost.demo.offsite import Offsite
from localhost.demo.show import Show

_POLL_SECONDS = 0.15
"""Retry-After asks for more patience; a bar that moves asks for less."""
_LONGEST_SECONDS = 180
_SETTLING_SECONDS = 5
_SECOND_ACCOUNT = "offsite"
_FINAL = {"Succeeded", "PartiallySucceeded", "Failed", "Canceled"}


@dataclass(frozen=True)
class Names:
    """What the demo's service and backups are called."""

    service: str = "Tarnfell-B2B"
    first_backup: str = "tarnfell-before-the-loss"
    second_backup: str = "tarnfell-after-restore"
    linked: str = "contoso-ia"
    """The service that is linked to an integration account, and begins its backups' names."""

    @property
    def linked_copy(self) -> str:
        """The service that a backup of the linked one is restored as."""
        return f"{self.linked}-two"

    @classmethod
    def with_suffix(cls, suffix: str) -> "Names":
        """Names that a host with other services and earlier demos does not hold yet."""
        return cls(
            f"Tarnfell-{suffix}",
            f"tarnfell-before-loss-{suffix}",
            f"tarnfell-restored-{suffix}",
            f"account-{suffix}",
        )


@dataclass
class Story:
    """One run of the demo."""

    api: Api
    terminal: Show
    network: Network
    names: Names
    account: str
    """Alias of the registered account that backups go to."""
    readable: Offsite | None
    """The same account for a look into it; nothing where the demo may not read it."""
    owned: Machine | None
    """The host as its owner has it; nothing where the demo is a guest."""
    integration_account: str = ""
    """The ARM id of the integration account that is linked; empty for none."""
    azure: Azure | None = None
    """Integration accounts as their owner has them; nothing where the demo is a guest."""
    issued: Issued = field(default_factory=Issued)
    sent: Issued = field(default_factory=Issued)
    """The same of the numbers that integration accounts issued by themselves."""
    stopped: list[JsonObject] = field(default_factory=list)
    """The sources of bridges that the restore stopped: bridge, pointer, type, address."""
    checks: int = 0
    refused: int = 0

    @property
    def offsite(self) -> Offsite:
        """The account, for a step that needs to read it.

        :raises DemoFailed: the step does not say that it does.
        """
        if self.readable is None:
            raise DemoFailed("The backups' account cannot be read from here.")
        return self.readable

    @property
    def machine(self) -> Machine:
        """The host's clock and timers, for a step that needs them.

        :raises DemoFailed: the step does not say that it does.
        """
        if self.owned is None:
            raise DemoFailed("The clock of this host cannot be moved from here.")
        return self.owned

    @property
    def cloud(self) -> Azure:
        """Integration accounts, for a step that loses one.

        :raises DemoFailed: the demo has none of its own.
        """
        if self.azure is None:
            raise DemoFailed("There is no integration account that the demo may lose.")
        return self.azure

    def check(self, held: bool, text: str, otherwise: str = "") -> None:
        """Tick off what held.

        :raises DemoFailed: it did not hold.
        """
        if not held:
            raise DemoFailed(f"This should hold, and does not: {text}\n{otherwise}".rstrip())
        self.held(text)

    def held(self, text: str) -> None:
        """Tick off what was checked on the way here."""
        self.checks += 1
        self.terminal.passed(text)

    def show(self, answer: Answer) -> None:
        """The request line of an answer, its status and its time."""
        took = f"{answer.status}  {answer.seconds * 1000:.0f} ms"
        self.terminal.request(answer.method, answer.path, took)

    async def refusal(
        self, code: str, status: int, method: str, *parts: str, body: object = None
    ) -> None:
        """Ask for what must be refused, by this code.

        :raises DemoFailed: it is not refused, or otherwise.
        """
        answer = await self.api.call(method, *parts, body=body, expect=status)
        self.show(answer)
        if answer.code != code or answer.json["error"]["code"] != code:
            raise DemoFailed(f"{method} {answer.path}: expected {code}, got {answer.error}")
        self.checks += 1
        self.refused += 1
        self.terminal.refused(answer.error)

    async def until(self, true_of: Callable[[Any], bool], what: str, *parts: str) -> Answer:
        """GET until something is true of the answer: what follows from an operation may take a
        moment longer than its monitor.

        :raises DemoFailed: it does not become true.
        """
        deadline = time.monotonic() + _SETTLING_SECONDS
        while True:
            answer = await self.api.call("GET", *parts)
            if true_of(answer.json):
                return answer
            if time.monotonic() > deadline:
                raise DemoFailed(f"Not after {_SETTLING_SECONDS} s: {what}\n{answer.json}")
            await asyncio.sleep(_POLL_SECONDS)

    async def follow(
        self, started: Answer, what: str, longest: float = _LONGEST_SECONDS
    ) -> JsonObject:
        """Watch a long operation to its good end.

        :param longest: seconds that it may take.
        :raises DemoFailed: it ends otherwise, or not in time.
        """
        began = time.monotonic()
        while time.monotonic() - began < longest:
            answer = await self.api.monitor(started)
            if answer.status != 200:
                raise DemoFailed(f"GET {answer.path} answered {answer.status}: {answer.error}")
            monitor: JsonObject = answer.json
            if monitor["status"] in _FINAL:
                return self._ended(monitor, what, time.monotonic() - began)
            self.terminal.progress(*_progress(monitor, what))
            await asyncio.sleep(_POLL_SECONDS)
        self.terminal.clear_progress()
        raise DemoFailed(f"{what} did not end within {longest} s.")

    def _ended(self, monitor: JsonObject, what: str, seconds: float) -> JsonObject:
        if monitor["status"] != "Succeeded":
            self.terminal.clear_progress()
            error = monitor.get("error") or {}
            raise DemoFailed(
                f"{what} ended {monitor['status']}: {error.get('code')}: {error.get('message')}"
            )
        self.checks += 1
        self.terminal.finish_progress(f"{what} succeeded in {seconds:.1f} s")
        return monitor


def _progress(monitor: JsonObject, what: str) -> tuple[int, int, str]:
    progress: dict[str, Any] = monitor.get("progress") or {}
    done, total = int(progress.get("done") or 0), int(progress.get("total") or 0)
    stage = progress.get("stage") or monitor["status"]
    counted = f" {done}/{total}" if total else ""
    return done, total, f"{what}: {stage}{counted}"


@dataclass(frozen=True)
class Step:
    """One step of the story."""

    title: str
    why: str
    """What happens, and why that matters to whoever runs the integration."""
    tell: Callable[[Story], Awaitable[None]]
    needs_storage: bool = False
    """Whether it looks into the backups' account."""
    needs_machine: bool = False
    """Whether it moves the host's clock."""

    def is_possible(self, story: Story) -> bool:
        """Whether the demo may do what the step needs."""
        return (story.readable is not None or not self.needs_storage) and (
            story.owned is not None or not self.needs_machine
        )


async def second_account(api: Api, wanted: str | None = None) -> str:
    """The registered account that backups go to: the one meant for them, or the first.

    :param wanted: that one and no other.
    :raises DemoFailed: it is not registered.
    """
    listed = (await api.call("GET", "storage-accounts")).json["value"]
    aliases = [str(account["name"]) for account in listed]
    if wanted is not None and wanted not in aliases:
        raise DemoFailed(f"No account is registered as '{wanted}'. Choose: {', '.join(aliases)}.")
    return wanted or (_SECOND_ACCOUNT if _SECOND_ACCOUNT in aliases else aliases[0])


async def tell(story: Story, steps: tuple[Step, ...], after: int = 0) -> int:
    """Tell the steps in their order; the number of the last one.

    :param after: how many were told before.
    :raises DemoFailed: the first that does not bring what it promises.
    """
    possible = [step for step in steps if step.is_possible(story)]
    for number, step in enumerate(possible, start=after + 1):
        story.terminal.step(number, step.title, step.why)
        try:
            await step.tell(story)
        except DemoFailed as error:
            raise DemoFailed(f"Step {number}, {step.title}\n{error}") from error
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise DemoFailed(
                f"Step {number}, {step.title}\nAn answer is not shaped as the API promises: "
                f"{type(error).__name__}: {error}"
            ) from error
    return after + len(possible)
