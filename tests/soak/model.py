"""What must be true of the services of a soak, by all that was answered so far."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from shared.model.service import State

SECRET = "soak-secret"
"""Begins every secret that is put in: found anywhere outside a seal, it leaked."""


class Violated(AssertionError):
    """Something that must never break did."""


@dataclass
class Known:
    """One service name: what it holds, while nobody else holds its lock."""

    name: str
    state: State | None = None
    """None where there is no such service."""
    artifacts: dict[tuple[str, str], Any] = field(default_factory=dict)
    """Section and name to the ``serial`` of the document."""
    content: dict[str, bytes] = field(default_factory=dict)
    """Of schemas, by name."""
    units: int = 1
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Of whoever changes the configuration or the state: the model follows one after another."""

    def gone(self) -> None:
        """The service was deleted."""
        self.state = None
        self.artifacts.clear()
        self.content.clear()


@dataclass
class Hands:
    """What somebody at the portal did to the containers of backups, past the app."""

    removed: dict[str, float] = field(default_factory=dict)
    """Containers that were removed and are not back, and when (``time.monotonic``)."""
    undeleted: set[str] = field(default_factory=set)
    """Containers that were put back at least once."""
    archived: set[str] = field(default_factory=set)
    strangers: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """Containers that somebody else made, and their blobs."""
    turns: Counter[str] = field(default_factory=Counter)
    """By container: how often somebody began or ended something with it."""
    busy: Counter[str] = field(default_factory=Counter)
    """By container: how many are at it."""
    ever: set[str] = field(default_factory=set)
    """Containers that were away at some time: whoever read them then may have said so."""
    done: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def at(self, container: str) -> Iterator[None]:
        """What is seen of a container meanwhile tells nothing."""
        self.turns[container] += 1
        self.busy[container] += 1
        try:
            yield
        finally:
            self.busy[container] -= 1
            self.turns[container] += 1

    def is_touched(self, container: str) -> bool:
        """Whether it is not just as the app left it."""
        away = container in self.removed or container in self.archived
        return away or container in self.strangers or self.busy[container] > 0

    def remove(self, container: str) -> None:
        """It is removed from now on."""
        self.ever.add(container)
        self.removed[container] = time.monotonic()
        self.done["containers removed"] += 1

    def put_back(self, container: str) -> None:
        """It is there again, as it was."""
        self.removed.pop(container, None)
        self.ever.add(container)
        self.undeleted.add(container)
        self.done["containers undeleted"] += 1


@dataclass
class Model:
    """All services, numbers and backups."""

    services: dict[str, Known]
    issued: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    """By service name and agreement: no cycle ends within a soak, so each comes once."""
    backups: dict[str, str] = field(default_factory=dict)
    """Backups that are there as far as anybody was told, to their service name: those on demand
    that succeeded, and all that were put back."""
    pinned: set[str] = field(default_factory=set)
    """Backups that were pinned, and that nobody asked to unpin since."""
    hands: Hands = field(default_factory=Hands)
    outcomes: Counter[str] = field(default_factory=Counter)
    serial: int = 0

    def next_serial(self) -> int:
        """A number that no document had before."""
        self.serial += 1
        return self.serial

    def issue(self, service: str, agreement: str, numbers: list[int]) -> None:
        """Note numbers that were handed out.

        :raises Violated: where one was handed out before.
        """
        before = self.issued.setdefault((service, agreement), set())
        twice = before & set(numbers)
        if twice or len(set(numbers)) != len(numbers):
            raise Violated(f"{service}/{agreement}: issued twice: {sorted(twice) or numbers}")
        before.update(numbers)

    @property
    def numbers(self) -> int:
        """How many were issued."""
        return sum(len(numbers) for numbers in self.issued.values())
