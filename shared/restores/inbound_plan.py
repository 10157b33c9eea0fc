"""The part of a plan about received messages: which of them the backup knows, and which came after
it.

Received control numbers and MIC values guard against duplicates. A restored service knows those of
the backup; a message that came after it will be accepted a second time. How many those are is known
from the tables of the service that was backed up, as long as it exists.
"""

import asyncio
import json
import re
from collections import Counter as Tally
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from shared.backups.archive.opened import OpenBackup
from shared.blobs.backup_container import corrupt
from shared.model.descriptor import Descriptor
from shared.model.restore import InboundExposure, InboundPlan
from shared.model.runtime import MicValue, ReceivedNumber
from shared.model.sections import MIC_VALUES, RECEIVED_NUMBERS
from shared.model.service import Service, State
from shared.model.wire import rfc3339
from shared.restores.agreements import Agreement
from shared.rules.naming import artifact_key
from shared.state.mic_values import MicValues
from shared.state.received_numbers import ReceivedNumbers

_TOLD = 1000
"""The most agreements that an answer lists one by one."""

_MOST_BYTES = 256 * 1024 * 1024
"""Largest section that is read for a plan, in bytes of lines: about a million lines."""

_MOST_ROWS = 20_000
"""Most rows of a living service's table that are counted; for larger ones it is unknown what came
after the backup."""

_AGREEMENT = re.compile(rb'"document":\{"agreement":("(?:[^"\\]|\\.)*")')
"""The agreement's name in a line; members are sorted, so that it is the document's first."""

_Counted = Mapping[str, int]
"""Key of an agreement → count."""


@dataclass(frozen=True)
class InboundStores:
    """The tables of a living service with what it received."""

    received: ReceivedNumbers
    mics: MicValues


@dataclass(frozen=True, slots=True)
class _Receiver:
    name: str
    checks: tuple[str, ...]
    is_as2: bool


@dataclass
class Receiving:
    """The agreements of a backup with their duplicate checks, collected as they are read."""

    takes: Callable[[str], bool]
    """Whether an agreement is restored."""
    found: dict[str, _Receiver] = field(default_factory=dict)

    async def noted(self, pages: AsyncIterator[list[Agreement]]) -> AsyncIterator[list[Agreement]]:
        """The same agreements; the restored ones are collected on the way."""
        async for page in pages:
            for one in filter(lambda one: self.takes(one.name), page):
                receiver = _Receiver(one.name, one.checks, one.is_as2)
                self.found[artifact_key(one.name)] = receiver
            yield page


@dataclass(frozen=True)
class _Seen:
    """Counts of what was received, by agreement; None for what was not counted."""

    received: _Counted | None = None
    mics: _Counted | None = None
    received_since: _Counted | None = None
    mics_since: _Counted | None = None

    def of(self, key: str) -> dict[str, int | None]:
        """The counts of one agreement."""
        return {name: None if c is None else c.get(key, 0) for name, c in self._all()}

    def totals(self, takes: Callable[[str], bool]) -> dict[str, int | None]:
        """The sums over the restored agreements."""
        return {
            name: None if c is None else sum(n for key, n in c.items() if takes(key))
            for name, c in self._all()
        }

    def _all(self) -> list[tuple[str, _Counted | None]]:
        return [
            ("received_numbers", self.received),
            ("mic_values", self.mics),
            ("received_since", self.received_since),
            ("mics_since", self.mics_since),
        ]


async def inbound_plan(
    backup: OpenBackup,
    agreements: Receiving,
    stores: InboundStores,
    living: Service | None,
) -> InboundPlan:
    """What was received before the backup, and what is known to have been received since, for each
    agreement.

    :param agreements: those of the backup, all of them read already.
    :param living: the service with the backed-up name, if there is one.
    :raises Problem: BlobMissing, BlobCorrupt.
    """
    since = backup.descriptor.consistency.runtime_read_from
    received, mics, later_received, later_mics = await asyncio.gather(
        _in_section(backup, RECEIVED_NUMBERS),
        _in_section(backup, MIC_VALUES),
        *_since(stores, since, _receiver(backup.descriptor, living)),
    )
    seen = _Seen(received, mics, later_received, later_mics)
    told = [
        InboundExposure.model_validate(
            {"agreement": receiver.name, "checks": [*receiver.checks], **counts}
        )
        for key, receiver in agreements.found.items()
        if (counts := seen.of(key)) and (receiver.checks or receiver.is_as2 or any(counts.values()))
    ]
    counted = later_received is not None or later_mics is not None
    found = {
        "since": since,
        "known_by": living.name if living and counted else None,
        "agreements": told[:_TOLD],
        "more": max(0, len(told) - _TOLD),
        **seen.totals(agreements.takes),
    }
    return InboundPlan.model_validate(found)


def _receiver(descriptor: Descriptor, living: Service | None) -> Service | None:
    """The service that was backed up, if it is still the same one, so that its tables have all that
    it received."""
    if living is None or living.id != descriptor.service.id or living.state is State.DELETING:
        return None
    return living


async def _in_section(backup: OpenBackup, name: str) -> _Counted | None:
    """The number of records that each agreement has in a section; None if the section is too
    large."""
    part = backup.section(name)
    if part.items == 0:
        return {}
    if part.lines_bytes > _MOST_BYTES:
        return None
    counts: Tally[bytes] = Tally()
    async for page in backup.lines(name):
        found = [_AGREEMENT.search(line) for line in page]
        counts.update(match[1] for match in found if match is not None)
    if counts.total() != part.items:
        raise corrupt(part.blob, "a line names no agreement")
    return _by_key((json.loads(name), count) for name, count in counts.items())


def _since(
    stores: InboundStores, since: str, service: Service | None
) -> tuple[Awaitable[_Counted | None], Awaitable[_Counted | None]]:
    """What each agreement received after a time; None if it is not counted."""
    if service is None:
        return _nobody(), _nobody()
    return (
        _after(since, _times_of_numbers(stores.received.pages(service.id))),
        _after(since, _times_of_mics(stores.mics.pages(service.id))),
    )


async def _nobody() -> _Counted | None:
    return None


async def _after(since: str, pages: AsyncIterator[list[tuple[str, str]]]) -> _Counted | None:
    rows, found = 0, Tally[str]()
    async for page in pages:
        rows += len(page)
        if rows > _MOST_ROWS:
            return None
        found.update(agreement for agreement, came_at in page if came_at > since)
    return _by_key(found.items())


async def _times_of_numbers(
    pages: AsyncIterator[list[ReceivedNumber]],
) -> AsyncIterator[list[tuple[str, str]]]:
    async for page in pages:
        yield [(number.agreement, rfc3339(number.seen_at)) for number in page]


async def _times_of_mics(
    pages: AsyncIterator[list[MicValue]],
) -> AsyncIterator[list[tuple[str, str]]]:
    async for page in pages:
        yield [(mic.agreement, rfc3339(mic.time)) for mic in page]


def _by_key(counts: Iterable[tuple[str, int]]) -> _Counted:
    """The counts by key, since callers write an agreement's name in any case."""
    found: Tally[str] = Tally()
    for name, count in counts:
        found[artifact_key(name)] += count
    return found
