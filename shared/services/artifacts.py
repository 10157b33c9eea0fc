"""Artifacts: put, read, delete, each change one transaction with the head."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from shared.clock import Clock
from shared.model.artifact import Artifact, ContentReference, ImportItem
from shared.model.certificate import CertificateFacts
from shared.model.condition import Condition, unconditional
from shared.model.problem import problems_within
from shared.model.sections import Section
from shared.model.service import Service
from shared.model.wire import JsonObject
from shared.numbers.claims import release
from shared.operations.immediate import BeforeWrite, unlogged
from shared.rules.holding import require_room
from shared.rules.naming import is_same_name, require_apart, require_artifact_name
from shared.rules.problems import artifact_not_found
from shared.rules.states import require_changeable
from shared.rules.trading import parties_key_of_any, stream_of
from shared.sealing.data_key import DataKey
from shared.sealing.key_ring import KeyRing
from shared.services.certificates import pfx_facts
from shared.services.checks import Checks, CounterChange
from shared.services.configuration_changes import ConfigurationChanges, require_open
from shared.services.documents import open_document, sealed_at_rest, sealed_document
from shared.state.artifact_rows import reference_columns
from shared.state.batch_activity import BatchActivities
from shared.state.columns import require_storable
from shared.state.configuration import Configuration, Head
from shared.state.control_numbers import Ledger
from shared.state.edits import Edit, Put, Remove, require_together
from shared.state.services import Directory, Listed
from shared.storage.versioned import Versioned
from shared.streams.in_order import two_in_order


@dataclass(frozen=True)
class WriteResult:
    """An artifact that was put."""

    artifact: Artifact
    etag: str
    created: bool


@dataclass(frozen=True)
class Wanted:
    """An artifact to write."""

    item: ImportItem
    place: str = ""
    """Where it is in the body of the request, a JSON pointer."""


_ReadFacts = dict[str, tuple[JsonObject, CertificateFacts | None]]
"""By name, the facts of certificates that were opened for a write, in case the write is
repeated."""


class Artifacts:
    """Management operations on the artifacts of a service."""

    def __init__(
        self,
        *,
        configuration: Configuration,
        changes: ConfigurationChanges,
        directory: Directory,
        ledger: Ledger,
        activities: BatchActivities,
        keys: KeyRing,
        clock: Clock,
    ) -> None:
        self._configuration = configuration
        self._ledger = ledger
        self._activities = activities
        self._keys = keys
        self._clock = clock
        self._changes = changes
        self._checks = Checks(configuration, directory, ledger, clock)

    async def get(self, service: Service, section: Section, name: str) -> Versioned[Artifact]:
        """One artifact.

        :raises Problem: ArtifactNotFound.
        """
        found = await self._configuration.artifact(service.id, section, name)
        if found is None or not is_same_name(found.value.name, name):
            raise artifact_not_found(service.name, section, name)
        return found

    def pages(
        self, service: Service, section: Section, after: str, size: int, *, prefix: str = ""
    ) -> AsyncIterator[list[Versioned[Artifact]]]:
        """The artifacts of a section in the order of their keys.

        :param prefix: what their names begin with, without regard to case.
        """
        return self._configuration.pages(service.id, section, after=after, prefix=prefix, size=size)

    async def put(
        self,
        service: Service,
        section: Section,
        name: str,
        document: JsonObject,
        condition: Condition,
        *,
        allow_reuse: bool = False,
        before_write: BeforeWrite = unlogged,
    ) -> WriteResult:
        """Write one artifact; its content, if it has any, is kept.

        :param allow_reuse: begin a new cycle if an agreement's counter is above its new bounds.
        :raises Problem: InvalidName, OperationNotAllowed, ManagedByAccount, ReservedMember,
            MaskWithoutValue, ConditionNotMet, QuotaExceeded, ConfigurationHeld, DocumentTooLarge,
            ControlNumberIssued, DanglingReference, InvalidRequest.
        """
        require_artifact_name(name)
        item = ImportItem(section=section, name=name, document=document)
        written = await self.write(
            service,
            [Wanted(item)],
            condition,
            allow_reuse=allow_reuse,
            before_write=before_write,
        )
        return written[0]

    async def require_content_place(
        self, service: Service, section: Section, name: str, condition: Condition
    ) -> None:
        """Refuse content before its bytes are stored, if ``put_content`` would refuse it.

        :raises Problem: as ``put_content``.
        """
        require_changeable(service)
        require_open(service, await self._configuration.head(service.id))
        stored = await self.get(service, section, name)
        condition(stored.value.content.version if stored.value.content else None)

    async def put_content(
        self,
        service: Service,
        section: Section,
        name: str,
        content: ContentReference,
        condition: Condition = unconditional,
        before_write: BeforeWrite = unlogged,
    ) -> tuple[WriteResult, bool]:
        """Set the content of an artifact; return whether it had none before.

        :param condition: on the content, not on the artifact.
        :raises Problem: ArtifactNotFound, OperationNotAllowed, ManagedByAccount,
            ConditionNotMet, ConfigurationHeld.
        """

        key = await self._keys.data_key(service.id)

        async def edit(listed: Listed, _: Head) -> tuple[list[Edit], tuple[Artifact, bool]]:
            require_changeable(listed.service)
            stored = await self.get(service, section, name)
            condition(stored.value.content.version if stored.value.content else None)
            document = sealed_at_rest(key, section, stored.value.name, stored.value.document)
            artifact = stored.value.model_copy(
                update={
                    "content": content,
                    "document": document,
                    "changed_at": self._clock.now(),
                }
            )
            return [Put(artifact, new=False)], (artifact, stored.value.content is None)

        (artifact, first), etags = await self._changes.make(service, edit, before_write)
        return WriteResult(artifact, etags[0], False), first

    async def write(
        self,
        service: Service,
        wanted: Sequence[Wanted],
        condition: Condition = unconditional,
        *,
        allow_reuse: bool = False,
        before_write: BeforeWrite = unlogged,
    ) -> list[WriteResult]:
        """Write artifacts that fit into one transaction, all or none.

        :param condition: on the version of each.
        :raises Problem: as ``put``; its pointers begin with the ``place`` of the artifact.
        :raises TooLargeTogether: if they do not fit.
        """
        require_changeable(service)
        key = await self._keys.data_key(service.id)
        read = _ReadFacts()

        async def edit(
            listed: Listed, head: Head
        ) -> tuple[list[Edit], tuple[list[Put], list[CounterChange]]]:
            require_changeable(listed.service)
            (puts, before), facts = await two_in_order(
                self._checked(key, listed.service, head, wanted, condition, read),
                self._checks.ledger_facts(service, [one.item for one in wanted]),
            )
            places = [one.place for one in wanted]
            changes = await self._checks.require_counters_fit(
                service, puts, before, places, facts, allow_reuse=allow_reuse
            )
            return list(puts), (puts, changes)

        (puts, changes), etags = await self._changes.make(service, edit, before_write)
        await self._checks.settle_counters(service, changes)
        return [
            WriteResult(put.artifact, etag, put.new) for put, etag in zip(puts, etags, strict=True)
        ]

    async def rehearse(
        self, service: Service, wanted: Sequence[Wanted], ahead: Sequence[Put]
    ) -> list[Put]:
        """Check artifacts as ``write`` does, and write nothing; return what it would write.

        :param ahead: what would be written before them: it counts as stored.
        :raises Problem: as ``write``.
        :raises TooLargeTogether: as ``write``.
        """
        require_changeable(service)
        key = await self._keys.data_key(service.id)
        head = require_open(service, await self._configuration.head(service.id))
        (puts, before), facts = await two_in_order(
            self._checked(key, service, head, wanted, unconditional, _ReadFacts(), ahead),
            self._checks.ledger_facts(service, [one.item for one in wanted]),
        )
        await self._checks.require_counters_fit(
            service,
            puts,
            before,
            [one.place for one in wanted],
            facts,
            allow_reuse=False,
            only_plan=True,
        )
        return puts

    async def _checked(
        self,
        key: DataKey,
        service: Service,
        head: Head,
        wanted: Sequence[Wanted],
        condition: Condition,
        read: _ReadFacts,
        ahead: Sequence[Put] = (),
    ) -> tuple[list[Put], list[Artifact | None]]:
        """What is to be written, checked against what is stored, and what it replaces."""
        stored = await asyncio.gather(
            *(
                self._configuration.artifact(service.id, one.item.section, one.item.name)
                for one in wanted
            )
        )
        puts: list[Put] = []
        for one, found in zip(wanted, stored, strict=True):
            condition(found.etag if found else None)
            with problems_within(one.place):
                puts.append(await self._prepared(key, one.item, found, read))
        require_together(puts)
        self._require_room(service, head, [*ahead, *puts])
        before = [found.value if found else None for found in stored]
        places = [one.place for one in wanted]
        await self._checks.require_consistent(
            service, puts, before, places, [put.artifact for put in ahead]
        )
        return puts, before

    async def _prepared(
        self,
        key: DataKey,
        item: ImportItem,
        found: Versioned[Artifact] | None,
        read: _ReadFacts,
    ) -> Put:
        stored = found.value if found else None
        if stored is not None:
            require_apart(item.name, stored.name)
        document = sealed_document(
            key, item.section, item.name, item.document, stored.document if stored else None
        )
        artifact = Artifact(
            section=item.section,
            name=stored.name if stored else item.name,
            document=document,
            content=stored.content if stored else None,
            certificate=await self._facts(key, item, document, read),
            changed_at=self._clock.now(),
        )
        require_storable(artifact.document)
        reference_columns(artifact.section, artifact.document)
        return Put(artifact, new=stored is None)

    async def _facts(
        self, key: DataKey, item: ImportItem, sealed: JsonObject, read: _ReadFacts
    ) -> CertificateFacts | None:
        if item.section is not Section.CERTIFICATES:
            return None
        opened = open_document(key, item.section, item.name, sealed)
        before = read.get(item.name)
        if before is None or before[0] != opened:
            facts = await pfx_facts(item.document, opened, self._clock.now())
            before = read[item.name] = (opened, facts)
        return before[1]

    def _require_room(self, service: Service, head: Head, puts: Sequence[Put]) -> None:
        for section in {put.artifact.section for put in puts if put.new}:
            added = sum(1 for put in puts if put.new and put.artifact.section is section)
            used = head.counts.get(section, 0) + added
            require_room(service, section, used)

    async def delete(
        self,
        service: Service,
        section: Section,
        name: str,
        condition: Condition,
        before_write: BeforeWrite = unlogged,
    ) -> None:
        """Delete an artifact. An agreement's numbers are kept in the ledger, without an owner.

        What an agreement received is kept too, received numbers until they expire: if an agreement
        with the same name is created again, it continues with the same trading partner.

        :raises Problem: ArtifactNotFound, OperationNotAllowed, ManagedByAccount,
            ConditionNotMet, ArtifactInUse, ConfigurationHeld.
        """

        async def edit(listed: Listed, _: Head) -> tuple[list[Edit], JsonObject]:
            require_changeable(listed.service)
            stored = await self.get(service, section, name)
            condition(stored.etag)
            await self._checks.require_unused(service, section, name)
            return [Remove(section, name)], stored.value.document

        document, _ = await self._changes.make(service, edit, before_write)
        if section is Section.AGREEMENTS:
            stream = stream_of(parties_key_of_any(document))
            await release(self._ledger, service=service.name, agreement=name, stream=stream)
        if section is Section.BATCHES:
            await self._activities.drop(service.id, name)
