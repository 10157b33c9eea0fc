"""Artifacts: put, import, read, delete, each change one transaction with the head."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar
from weakref import WeakValueDictionary

from shared.clock import Clock
from shared.management.counters import change_counters
from shared.management.documents import sealed_document
from shared.model.artifact import Artifact, ContentReference, ImportItem, Section
from shared.model.numbers import Counters
from shared.model.problem import Code, Problem
from shared.model.service import Service
from shared.model.wire import JsonObject
from shared.rules.editions import require_quota
from shared.rules.naming import artifact_key, require_artifact_name, shown
from shared.rules.numbers import numbering, rebound
from shared.rules.states import require_manageable
from shared.runtime.claims import release
from shared.sealing.data_key import DataKey
from shared.sealing.key_ring import KeyRing
from shared.state.configuration import (
    Configuration,
    Edit,
    Head,
    Phase,
    Put,
    Remove,
    Versioned,
    transactions,
)
from shared.state.control_numbers import Ledger
from shared.state.gateway import RowChanged

_TRIES = 30
"""Writers of one service queue at its head; with this many tries 30 of them get through at once."""

Condition = Callable[[str | None], None]
"""Looks at the ETag of what is stored, None for nothing; raises ConditionNotMet."""


Result = TypeVar("Result")
EditOf = Callable[[Head], Awaitable[tuple[Sequence[Edit], Result]]]
"""Reads what it needs under a head and says what to write, and what comes of it."""


@dataclass(frozen=True)
class Written:
    """An artifact that was put."""

    artifact: Artifact
    etag: str
    created: bool


@dataclass(eq=False)
class _Turn:
    """The writers of one service in this process; forgotten when none is left."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    head: Head | None = None
    """As the last of them wrote it."""


class Artifacts:
    """Management operations on the artifacts of a service."""

    def __init__(
        self, *, configuration: Configuration, ledger: Ledger, keys: KeyRing, clock: Clock
    ) -> None:
        self._configuration = configuration
        self._ledger = ledger
        self._keys = keys
        self._clock = clock
        self._turns: WeakValueDictionary[str, _Turn] = WeakValueDictionary()

    async def get(self, service: Service, section: Section, name: str) -> Versioned[Artifact]:
        """One artifact.

        :raises Problem: ArtifactNotFound.
        """
        found = await self._configuration.artifact(service.id, section, name)
        if found is None:
            raise _not_found(service, section, name)
        return found

    def pages(
        self, service: Service, section: Section, after: str, size: int
    ) -> AsyncIterator[list[Versioned[Artifact]]]:
        """The artifacts of a section in the order of their keys."""
        return self._configuration.pages(service.id, section, after=after, size=size)

    async def put(
        self,
        service: Service,
        section: Section,
        name: str,
        document: JsonObject,
        condition: Condition,
        *,
        allow_reuse: bool = False,
    ) -> Written:
        """Write one artifact; its content, if it has one, stays.

        :param allow_reuse: where an agreement's counter lies above its new bounds, begin a new
            cycle of it.

        :raises Problem: InvalidName, OperationNotAllowed, ReservedMember, MaskWithoutValue,
            ConditionNotMet, QuotaExceeded, ConfigurationHeld, DocumentTooLarge,
            ControlNumberIssued.
        """
        require_artifact_name(name)
        item = ImportItem(section=section, name=name, document=document)
        written = await self._write(
            service, [item], lambda _item, etag: condition(etag), allow_reuse=allow_reuse
        )
        return written[0]

    async def put_content(
        self, service: Service, section: Section, name: str, content: ContentReference
    ) -> tuple[Written, bool]:
        """Give an artifact its bytes; whether it had none before.

        :raises Problem: ArtifactNotFound, OperationNotAllowed, ConfigurationHeld.
        """
        require_manageable(service.name, service.state)

        async def edit(head: Head) -> tuple[list[Edit], tuple[Artifact, bool]]:
            stored = await self.get(service, section, name)
            artifact = stored.value.model_copy(
                update={"content": content, "changed_at": self._clock.now()}
            )
            numbers = numbering(artifact.document) if section is Section.AGREEMENTS else None
            return [Put(artifact, False, numbers)], (artifact, stored.value.content is None)

        (artifact, first), etags = await self._change(service, edit)
        return Written(artifact, etags[0], False), first

    async def import_all(
        self, service: Service, items: Sequence[ImportItem]
    ) -> list[Written | Problem]:
        """Write many artifacts: all or none where they fit one transaction, else a report each.

        :raises Problem: as ``put``, where all fit one transaction; InvalidName,
            InvalidRequest for a name that comes twice.
        """
        seen: set[tuple[str, str]] = set()
        for index, item in enumerate(items):
            require_artifact_name(item.name, f"/artifacts/{index}/name")
            key = (item.section, artifact_key(item.name))
            if key in seen:
                raise Problem(
                    Code.INVALID_REQUEST,
                    f"'{shown(item.name)}' comes twice in the section {item.section}.",
                    target=f"/artifacts/{index}/name",
                )
            seen.add(key)
        batches = list(_batches(items, self._clock))
        if len(batches) == 1:
            return list(await self._write(service, items, _any))
        return [done for batch in batches for done in await self._write_each(service, batch)]

    async def _write_each(
        self, service: Service, items: Sequence[ImportItem]
    ) -> list[Written | Problem]:
        """A batch; where it is refused as a whole, its halves, down to the ones at fault."""
        try:
            return list(await self._write(service, items, _any))
        except Problem as problem:
            if len(items) == 1:
                return [problem]
        middle = len(items) // 2
        return [
            *await self._write_each(service, items[:middle]),
            *await self._write_each(service, items[middle:]),
        ]

    async def _write(
        self,
        service: Service,
        items: Sequence[ImportItem],
        condition: Callable[[ImportItem, str | None], None],
        *,
        allow_reuse: bool = False,
    ) -> list[Written]:
        require_manageable(service.name, service.state)
        key = await self._keys.data_key(service.id)
        for item in items:
            if item.section is Section.AGREEMENTS:
                numbering(item.document)  # refused before anything is claimed

        async def edit(head: Head) -> tuple[list[Edit], list[Put]]:
            stored = await asyncio.gather(
                *(self._configuration.artifact(service.id, i.section, i.name) for i in items)
            )
            puts: list[Put] = []
            for item, found in zip(items, stored, strict=True):
                condition(item, found.etag if found else None)
                puts.append(self._prepared(key, item, found))
            self._require_room(service, head, puts)
            before = [found.value if found else None for found in stored]
            await self._ready_ledger(service, puts, before, allow_reuse=allow_reuse)
            return list(puts), puts

        puts, etags = await self._change(service, edit)
        return [Written(put.artifact, etag, put.new) for put, etag in zip(puts, etags, strict=True)]

    async def _ready_ledger(
        self,
        service: Service,
        puts: Sequence[Put],
        before: Sequence[Artifact | None],
        *,
        allow_reuse: bool,
    ) -> None:
        """Claim the agreements' rows, and see that their counters fit the new bounds.

        All are looked at before the first is written.
        """
        changes: list[tuple[str, Callable[[Counters], Counters]]] = []
        for put, stored in zip(puts, before, strict=True):
            if put.numbering is None:
                continue
            change: Callable[[Counters], Counters] = partial(
                rebound,
                before=numbering(stored.document) if stored else {},
                after=put.numbering,
                allow_reuse=allow_reuse,
            )
            row = await self._ledger.get(service.name, put.artifact.name)
            change(row.counters if row else {})
            changes.append((put.artifact.name, change))
        for agreement, changed in changes:
            await change_counters(self._ledger, self._clock, service, agreement, changed)

    def _prepared(self, key: DataKey, item: ImportItem, found: Versioned[Artifact] | None) -> Put:
        stored = found.value if found else None
        artifact = Artifact(
            section=item.section,
            name=stored.name if stored else item.name,
            document=sealed_document(
                key, item.section, item.name, item.document, stored.document if stored else None
            ),
            content=stored.content if stored else None,
            changed_at=self._clock.now(),
        )
        numbers = numbering(item.document) if item.section is Section.AGREEMENTS else None
        return Put(artifact, stored is None, numbers)

    def _require_room(self, service: Service, head: Head, puts: Sequence[Put]) -> None:
        for section in {put.artifact.section for put in puts if put.new}:
            added = sum(1 for put in puts if put.new and put.artifact.section is section)
            used = head.counts.get(section, 0) + added
            require_quota(service.name, section, used, service.edition, service.unit_count)

    async def delete(
        self, service: Service, section: Section, name: str, condition: Condition
    ) -> None:
        """Take an artifact out. An agreement's numbers stay in the ledger, owned by nobody.

        :raises Problem: ArtifactNotFound, OperationNotAllowed, ConditionNotMet,
            ConfigurationHeld.
        """
        require_manageable(service.name, service.state)

        async def edit(head: Head) -> tuple[list[Edit], None]:
            stored = await self.get(service, section, name)
            condition(stored.etag)
            return [Remove(section, name)], None

        await self._change(service, edit)
        if section is Section.AGREEMENTS:
            await release(self._ledger, service=service.name, agreement=name)

    async def _change(self, service: Service, edit: EditOf[Result]) -> tuple[Result, list[str]]:
        """Read under a head, write on the condition that the head is still the same; else again.

        Writers of this process take turns, and the next begins with the head that the last one
        wrote: should another process have written since, the condition fails and it is read.
        """
        turn = self._turns.setdefault(service.id, _Turn())
        async with turn.lock:
            head, turn.head = turn.head, None
            for attempt in range(_TRIES):
                head = head or await self._configuration.head(service.id)
                open_head = require_open(service, head)
                edits, result = await edit(open_head)
                try:
                    head, etags = await self._configuration.change(service.id, open_head, edits)
                except RowChanged:
                    head = None
                    await asyncio.sleep(random.uniform(0, 0.02 * (attempt + 1)))
                    continue
                turn.head = head
                return result, etags
        raise Problem(
            Code.CONFIGURATION_HELD,
            f"The configuration of '{service.name}' is written by many callers at once. Try "
            "again; put many artifacts with one import.",
            retry_after_seconds=2,
        )


def require_open(service: Service, head: Head | None) -> Head:
    """Refuse a change where the configuration does not take any right now.

    :raises Problem: OperationNotAllowed for a service that is being deleted or restored,
        ConfigurationHeld while a backup reads it.
    """
    if head is None or head.phase is not Phase.OPEN:
        raise Problem(
            Code.OPERATION_NOT_ALLOWED,
            f"Service '{service.name}' is being deleted or restored; it takes no changes.",
        )
    if head.held_for_seconds > 0:
        raise Problem(
            Code.CONFIGURATION_HELD,
            f"A backup is reading the configuration of '{service.name}'; changes wait for it, a "
            "minute at most.",
            retry_after_seconds=max(1, min(5, int(head.held_for_seconds))),
        )
    return head


def _batches(items: Sequence[ImportItem], clock: Clock) -> Iterator[Sequence[ImportItem]]:
    """Items in groups that each fit one transaction, in their order."""
    now = clock.now()
    puts = (
        Put(Artifact(section=i.section, name=i.name, document=i.document, changed_at=now), True)
        for i in items
    )
    start = 0
    for group in transactions(puts):
        yield items[start : start + len(group)]
        start += len(group)


def _any(_item: ImportItem, _etag: str | None) -> None:
    return


def _not_found(service: Service, section: Section, name: str) -> Problem:
    return Problem(
        Code.ARTIFACT_NOT_FOUND,
        f"Service '{service.name}' has no '{shown(name)}' in the section {section}.",
        target="name",
    )
