"""What must be true of the services of a soak, by all that was answered so far."""

import asyncio
from collections import Counter
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
class Model:
    """All services, numbers and backups."""

    services: dict[str, Known]
    issued: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    """By service name and agreement: no cycle ends within a soak, so each comes once."""
    backups: dict[str, str] = field(default_factory=dict)
    """Backups on demand that succeeded, to their service name."""
    pinned: set[str] = field(default_factory=set)
    """Backups that were pinned, and that nobody asked to unpin since."""
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
