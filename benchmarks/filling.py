"""Services that are there before anything is measured: written in batches, past every check."""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from benchmarks.documents import Documents
from benchmarks.sizes import AGREEMENTS, ARTIFACTS, MICS, OBJECTS, part
from benchmarks.stage import App, Stage
from shared.model.artifact import Artifact, ContentReference
from shared.model.numbers import Counter, Kind
from shared.model.runtime import MicAlgorithm, MicValue
from shared.model.sections import Section
from shared.model.service import Edition, Service, ServiceSettings
from shared.model.session import Session
from shared.model.wire import rfc3339
from shared.rules.editions import quotas
from shared.services.documents import sealed_document
from shared.services.services import Asked
from shared.services.sessions import sealed_session
from shared.state.control_numbers import BATCH_ROWS, LedgerRow
from shared.state.edits import Put, transactions
from shared.storage.tables import TRANSACTION_ROWS

Item = TypeVar("Item")

SERVICE = "Bench-B2B"
OBJECT_BYTES = 200_000
ASKED = Asked("bench")
_UNITS = 8
_MOST_AGREEMENTS = quotas(Edition.PREMIUM, _UNITS)[Section.AGREEMENTS]
_AT_ONCE = 4

_SHARES = {
    Section.AGREEMENTS: (AGREEMENTS, 0),
    Section.ASSEMBLIES: (200, 200),
    Section.BATCHES: (500, 0),
    Section.BRIDGES: (500, 0),
    Section.PARTNERS: (2_500, 0),
    Section.PIPELINES: (500, 0),
    Section.SCHEMAS: (2_000, 500),
    Section.TEMPLATES: (300, 0),
    Section.TRANSFORMS: (1_000, 300),
}
"""Of each section: artifacts, and those of them that have content."""

assert sum(artifacts for artifacts, _ in _SHARES.values()) == ARTIFACTS
assert sum(objects for _, objects in _SHARES.values()) == OBJECTS


@dataclass(frozen=True)
class Filled:
    """A service with everything in it."""

    app: App
    service: Service
    artifacts: int
    agreements: int
    objects: int
    mics: int
    sessions: int = 0

    @property
    def described(self) -> str:
        """What it holds, for the table."""
        if self.sessions:
            return f"{self.sessions:,} sessions"
        return (
            f"{self.artifacts:,} artifacts, {self.objects:,} objects, "
            f"{self.agreements * len(Kind):,} counters, {self.mics:,} MIC rows"
        )


class Services:
    """Filled services, each made once a run."""

    def __init__(self, stage: Stage, mics: float = 1.0) -> None:
        self._stage = stage
        self._mics = mics
        self._made: dict[float, Filled] = {}

    async def of(self, scale: float) -> Filled:
        """The service of a scale; 1 is the whole workload."""
        if scale not in self._made:
            self._made[scale] = await _filled(self._stage.app(), scale, self._mics)
        return self._made[scale]

    async def with_sessions(self, count: int) -> Filled:
        """A service of an integration account that has hardly more than sessions."""
        filled = await _filled(self._stage.app(), 0, 0)
        await _write_sessions(filled.app, filled.service, count)
        return replace(filled, sessions=count)


async def new_service(app: App, name: str) -> Service:
    """An empty service of the edition that holds the most."""
    wanted = ServiceSettings.model_validate({"edition": Edition.PREMIUM, "unitCount": _UNITS})
    return (await app.parts.services.create(name, wanted, ASKED)).service


async def _filled(app: App, scale: float, mic_part: float) -> Filled:
    service = await new_service(app, SERVICE)
    counts = _counts(scale)
    artifacts = sum(count for count, _ in counts.values())
    objects = sum(with_content for _, with_content in counts.values())
    agreements, mics = counts[Section.AGREEMENTS][0], part(MICS, scale * mic_part)
    await _write_configuration(app, service, counts, await _put_objects(app, service, objects))
    await _write_counters(app, service, agreements)
    await _write_mics(app, service, mics)
    return Filled(app, service, artifacts, agreements, objects, mics)


def _counts(scale: float) -> dict[Section, tuple[int, int]]:
    """Artifacts of each section, and how many of them have content.

    Agreements beyond what a service may hold are partners instead.
    """
    found = {
        section: (part(share, scale), part(with_content, scale) if with_content else 0)
        for section, (share, with_content) in _SHARES.items()
    }
    agreements, partners = found[Section.AGREEMENTS][0], found[Section.PARTNERS][0]
    over = max(0, agreements - _MOST_AGREEMENTS)
    found[Section.AGREEMENTS] = agreements - over, 0
    found[Section.PARTNERS] = partners + over, 0
    return found


async def _put_objects(app: App, service: Service, count: int) -> list[ContentReference]:
    chance = random.Random(8)
    put = app.parts.content.put
    found: list[ContentReference] = []

    async def one(data: bytes) -> None:
        found.append(await put(service.id, data, "application/octet-stream", None))

    await _side_by_side((chance.randbytes(OBJECT_BYTES) for _ in range(count)), one)
    return found


async def _write_configuration(
    app: App,
    service: Service,
    counts: Mapping[Section, tuple[int, int]],
    objects: Sequence[ContentReference],
) -> None:
    configuration = app.parts.configuration
    key = await app.parts.keys.data_key(service.id)
    documents, content, now = Documents(), iter(objects), app.parts.clock.now()

    def puts() -> Iterator[Put]:
        for section, (count, given) in counts.items():
            for number in range(count):
                name = f"{section}-{number:06}"
                document = documents.next(section, name)
                artifact = Artifact(
                    section=section,
                    name=name,
                    document=sealed_document(key, section, name, document, None),
                    content=next(content) if number < given else None,
                    changed_at=now,
                )
                yield Put(artifact, new=True)

    head = await configuration.head(service.id)
    assert head is not None
    for group in transactions(puts()):
        head, _ = await configuration.change(service.id, head, group)


async def _write_counters(app: App, service: Service, agreements: int) -> None:
    changed_at = rfc3339(app.parts.clock.now())
    rows = (
        LedgerRow(
            f"{Section.AGREEMENTS}-{number:06}",
            service.id,
            {kind: Counter(next=number + 2, last=number + 1) for kind in Kind},
            changed_at,
        )
        for number in range(agreements)
    )
    for batch in batches(rows, BATCH_ROWS):
        await app.parts.ledger.write_all(service.name, batch)


async def _write_mics(app: App, service: Service, count: int) -> None:
    now = app.parts.clock.now()
    values = (
        MicValue(
            agreement=f"{Section.AGREEMENTS}-{number % 100:06}",
            message_id=f"<{number:08}@as2.example.com>",
            mic=f"{number:08}" * 5,
            algorithm=MicAlgorithm.SHA2_256,
            as2_from="Northwind",
            as2_to="Fabrikam",
            time=now,
        )
        for number in range(count)
    )

    async def one(batch: Sequence[MicValue]) -> None:
        await app.parts.mics.put_all(service.id, batch)

    await _side_by_side(batches(values, TRANSACTION_ROWS), one)


async def _write_sessions(app: App, service: Service, count: int) -> None:
    key = await app.parts.keys.data_key(service.id)
    sessions = (
        Session(
            name=f"X12-ICN-{Section.AGREEMENTS}-{number % 100:06}-{number:09}",
            content={"ControlNumber": f"{number:09}", "MessageType": "X12"},
            changed_time="2026-11-27T18:49:40.2157679Z",
            etag=f'"0858{number:016}"',
            properties={"createdTime": "2026-11-27T18:49:39.3355348Z"},
        )
        for number in range(count)
    )

    async def one(batch: Sequence[Session]) -> None:
        sealed = [sealed_session(key, session) for session in batch]
        await app.parts.sessions.put_all(service.id, sealed)

    await _side_by_side(batches(sessions, TRANSACTION_ROWS), one)


async def _side_by_side(items: Iterable[Item], each: Callable[[Item], Awaitable[None]]) -> None:
    left = iter(items)

    async def worker() -> None:
        for item in left:
            await each(item)

    await asyncio.gather(*(worker() for _ in range(_AT_ONCE)))


def batches(items: Iterable[Item], size: int) -> Iterator[Sequence[Item]]:
    """Items in groups of at most ``size``."""
    left = iter(items)
    while group := list(itertools.islice(left, size)):
        yield group
