"""The target of a restore: a new service in Interkeep's tables."""

from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
    Sequence,
)
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import TypeVar

from azure.storage.blob.aio import BlobClient

from shared.clock import Clock
from shared.model.artifact import Artifact
from shared.model.certificate import CertificateFacts
from shared.model.link import recorded_facts, recorded_pushed
from shared.model.problem import Code, Problem
from shared.model.record import Record
from shared.model.restore import RestorePlan
from shared.model.runtime_text import WrittenMic, WrittenNumber
from shared.model.seals import WrappedKey
from shared.model.sections import Section
from shared.model.service import RestoredFrom, Service, State
from shared.model.session import Session
from shared.model.wire import JsonObject
from shared.restores.restored_ledger import RestoredLedger
from shared.restores.restored_sessions import RestoredSessions
from shared.restores.resumed import WrittenBefore
from shared.rules.acceptable import require_acceptable
from shared.rules.naming import artifact_key
from shared.rules.written import may_have_member
from shared.sealing.data_key import DataKey
from shared.services.certificates import restored_pfx_facts
from shared.services.cut import ServiceStores
from shared.services.documents import (
    SERVICE,
    open_document,
    sealed_again,
    sealed_at_rest,
    sealed_document,
)
from shared.services.service_name import being_deleted, exists
from shared.state.configuration import Head, Phase
from shared.state.edits import Put, transactions
from shared.state.mic_values import mic_key
from shared.state.received_numbers import number_key
from shared.state.row_keys import encoded
from shared.state.services import Directory, Listed
from shared.storage.pace import Pace
from shared.storage.tables import TRANSACTION_ROWS, RowExists
from shared.storage.versioned import Versioned, optimistically
from shared.streams.bounded import each_of
from shared.streams.in_order import two_in_order
from shared.streams.merged import joined
from shared.streams.one_behind import OneBehind, one_behind

Item = TypeVar("Item")

_BATCHES_AT_ONCE = 4
"""Batches that are written concurrently, for rows without an order: a partition takes 2,000 rows a
second, a batch has 100."""


class RestoreConflict(Exception):
    """There is a row that this restore did not write."""


Pages = AsyncIterator[list[Record]]


class NewService:
    """A new service, as a restore writes it: begun, filled, and completed. Every step is
    idempotent.

    :param service_id: the id of the service that is created; it is also in the operation's record.
    """

    def __init__(
        self,
        stores: ServiceStores,
        directory: Directory,
        clock: Clock,
        *,
        name: str,
        service_id: str,
        operation_id: str,
    ) -> None:
        self._stores = stores
        self._directory = directory
        self._clock = clock
        self._name = name
        self._id = service_id
        self._operation_id = operation_id
        self._resumed = False
        self._head: Head | None = None
        """The head of its configuration as this attempt wrote it last."""
        self._key: DataKey | None = None
        self._pace = Pace(_BATCHES_AT_ONCE)
        self._received: WrittenBefore[WrittenNumber] | None = None
        self._mics: WrittenBefore[WrittenMic] | None = None
        self._sessions: RestoredSessions | None = None

    async def begin(
        self, plan: RestorePlan, settings: Record, key: WrappedKey | None = None
    ) -> None:
        """Create the service in the state Restoring, with its settings.

        :param settings: secrets in the clear.
        :param key: its data key; None for a new one.
        :raises Problem: ServiceExists if the name was taken meanwhile.
        """
        is_new = await self._enter(plan, settings.document)
        # A service that was not there has no configuration yet: its id is used once.
        if is_new or await self._stores.configuration.head(self._id) is None:
            await self._stores.content.prepare()
            if key is None:
                _, key = await self._stores.keys.new_key(self._id)
            self._key = DataKey(self._id, await self._stores.keys.provider.unwrap(key))
            sealed = sealed_document(self._key, SERVICE, SERVICE, settings.document, None)
            with suppress(RowExists):
                self._head = await self._stores.configuration.begin(
                    self._id,
                    phase=Phase.RESTORING,
                    key=key,
                    settings=sealed,
                    changed_at=settings.changed_at,
                )
                return
        self._resumed = True
        self._key = await self._stores.keys.data_key(self._id)

    async def _enter(self, plan: RestorePlan, settings: JsonObject) -> bool:
        """Add the service, with the integration accounts that its settings name; return whether it
        was added now."""
        now = self._clock.now()
        service = Service(
            name=plan.target.name,
            id=self._id,
            edition=plan.target.edition,
            unit_count=plan.target.unit_count,
            state=State.RESTORING,
            created_at=now,
            changed_at=now,
            operations=[self._operation_id],
            restored_from=RestoredFrom(service=plan.backed_up_name, backup=plan.backup),
            integration_account=recorded_facts(settings),
            pushed_into=recorded_pushed(settings),
        )
        try:
            await self._directory.add(service)
        except RowExists as error:
            listed = await self._directory.get(self._name)
            if listed is None or listed.service.id != self._id:
                state = listed.service.state if listed else State.DELETING
                raise taken(self._name, state) from error
            if listed.service.state is not State.RESTORING:
                raise Problem(
                    Code.OPERATION_NOT_ALLOWED,
                    f"Service '{self._name}' is {listed.service.state}, not Restoring.",
                ) from error
            return False
        return True

    def content(self, sha256: str) -> BlobClient:
        """The blob for the content of an artifact."""
        return self._stores.content.blob(self._id, sha256)

    def content_sizes(self) -> AsyncIterator[tuple[str, int]]:
        """The content that exists now: hashes and sizes in bytes."""
        return self._stores.content.sizes(self._id)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator["ArtifactWriter"]:
        """A writer of artifacts for the body; all are written when the body is left."""
        async with one_behind(self._latest_head) as sending:
            writer = ArtifactWriter(self._taken, self._insert, sending)
            yield writer
            await writer.end()

    async def _taken(self, section: Section, pages: Pages) -> AsyncIterator[tuple[list[Put], int]]:
        """What is to be inserted of a section, and of how many records, a page at a time.

        An existing row is compared, never replaced.
        """
        there = self._stores.configuration.pages(self._id, section)
        pairs = joined(pages, there, lambda r: _key(r.name), lambda v: _key(v.value.name))
        async for page in pairs if self._resumed else _alone(pages):
            missing = []
            for record, found in page:
                if found is None:
                    missing.append(self._put(section, record, await _facts(section, record)))
                elif not self._is_same(record, found.value):
                    raise RestoreConflict(f"{section}/{record.name} is not as in the backup")
            yield missing, len(page)

    async def _insert(self, group: Sequence[Put], head: Head) -> Head:
        change = self._stores.configuration.change
        self._head = (await change(self._id, head, group, insert_only=True))[0]
        return self._head

    async def _latest_head(self) -> Head:
        if self._head is not None:
            return self._head
        head = await self._stores.configuration.head(self._id)
        if head is None or head.phase is not Phase.RESTORING:
            raise RestoreConflict("the configuration is not being restored any more")
        return head

    def _put(self, section: Section, record: Record, certificate: CertificateFacts | None) -> Put:
        assert self._key is not None
        restored = sealed_again(self._key, section, record) if record.written else None
        if restored is None:
            # Not checked like a caller's: in an old backup, a value that is now a secret may be the
            # mask itself.
            require_acceptable(record.document)
            document = sealed_at_rest(self._key, section, record.name, record.document)
        else:
            document = restored.written.document
        artifact = Artifact.model_validate(
            {
                "section": section,
                "name": record.name,
                "document": document,
                "content": record.content,
                "certificate": certificate,
                "changed_at": record.changed_at,
            }
        )
        return Put(artifact, new=True, restored=restored)

    def _is_same(self, record: Record, artifact: Artifact) -> bool:
        assert self._key is not None
        opened = open_document(self._key, artifact.section, artifact.name, artifact.document)
        return (artifact.name, opened, artifact.content) == (
            record.name,
            record.document,
            record.content,
        )

    def control_numbers(self, plan: RestorePlan, pages: Pages) -> AsyncGenerator[int, None]:
        """Set the counters by the plan's policy; yields how many more are set."""
        stores = self._stores
        ledger = RestoredLedger(
            stores.ledger, stores.configuration, self._clock, self._name, self._id
        )
        return ledger.write(plan, pages)

    async def received_numbers(self, numbers: list[WrittenNumber]) -> None:
        """Write received numbers."""
        if self._received is None:
            pages = self._stores.received.written(self._id) if self._resumed else None
            self._received = WrittenBefore(
                pages, lambda n: number_key(n.agreement, n.kind, n.value)
            )
        lacking = await self._received.lacking(numbers)
        put_all = partial(self._stores.received.put_all, self._id)
        await each_of(_batches(lacking), put_all, self._pace)

    async def mic_values(self, mics: list[WrittenMic]) -> None:
        """Write MIC values."""
        if self._mics is None:
            pages = self._stores.mics.written(self._id) if self._resumed else None
            self._mics = WrittenBefore(pages, lambda m: mic_key(m.agreement, m.message_id))
        lacking = await self._mics.lacking(mics)
        put_all = partial(self._stores.mics.put_all, self._id)
        await each_of(_batches(lacking), put_all, self._pace)

    async def sessions(self, sessions: list[Session]) -> None:
        """Write sessions.

        :param sessions: secrets in the clear.
        """
        assert self._key is not None
        if self._sessions is None:
            self._sessions = RestoredSessions(
                self._stores.sessions, self._id, self._key, resumed=self._resumed
            )
        await self._sessions.write(sessions, self._pace)

    async def complete(self) -> None:
        """Open the configuration and make the service visible, Suspended.

        The head is opened first, so that a late batch of another worker fails.
        """
        _, listed = await two_in_order(self._open(), self._directory.get(self._name))
        await self._shown(State.SUSPENDED, listed)

    async def _open(self) -> None:
        """Open the configuration to callers."""
        head = self._head or await self._stores.configuration.head(self._id)
        if head is None:
            raise RestoreConflict("the configuration is gone")
        if head.phase is Phase.RESTORING:
            opened = replace(head, phase=Phase.OPEN)
            await self._stores.configuration.write_head(self._id, opened)

    async def is_complete(self) -> bool:
        """Whether the service of this operation is visible: an earlier attempt has completed it."""
        listed = await self._directory.get(self._name)
        return (
            listed is not None
            and listed.service.id == self._id
            and listed.service.state not in (State.RESTORING, State.RESTORE_FAILED)
        )

    async def fail(self) -> None:
        """Set the service to RestoreFailed, if it was created."""
        await self._shown(State.RESTORE_FAILED)

    async def _shown(self, state: State, listed: Listed | None = None) -> None:
        """Set the state of the service that is being restored.

        :param listed: the service, if it was read just before.
        """
        await optimistically(
            partial(self._directory.get, self._name), partial(self._show, state), listed
        )

    async def _show(self, state: State, listed: Listed) -> None:
        if listed.service.id != self._id:
            return
        if listed.service.state is not State.RESTORING:
            return
        update = {"state": state, "changed_at": self._clock.now()}
        await self._directory.change(listed.service.model_copy(update=update), listed.etag)


class ArtifactWriter:
    """Writes artifacts of one section after another, in transactions that are as full as they can
    be."""

    def __init__(
        self,
        taken: Callable[[Section, Pages], AsyncIterator[tuple[list[Put], int]]],
        insert: Callable[[Sequence[Put], Head], Awaitable[Head]],
        sending: OneBehind[Head],
    ) -> None:
        self._taken = taken
        self._insert = insert
        self._sending = sending
        self._waiting: list[Put] = []
        """Less than one transaction."""

    async def write(self, section: Section, pages: Pages) -> AsyncGenerator[int, None]:
        """Write the artifacts of a section; yields how many more were taken."""
        async for missing, count in self._taken(section, pages):
            groups = list(transactions([*self._waiting, *missing]))
            self._waiting = groups.pop() if groups else []
            for group in groups:
                await self._send(group)
            yield count

    async def end(self) -> None:
        """Send what waits."""
        if self._waiting:
            await self._send(self._waiting)

    async def _send(self, group: Sequence[Put]) -> None:
        await self._sending.after(partial(self._insert, group))


def taken(name: str, state: State) -> Problem:
    """The problem that a name belongs to a service in that state."""
    if state is State.DELETING:
        return being_deleted(name, "/service/name")
    problem = exists(
        name,
        ", and a restore never writes over one. Delete it first, or restore under another name",
    )
    problem.target = "/service/name"
    return problem


async def _facts(section: Section, record: Record) -> CertificateFacts | None:
    written = record.written
    has_pfx = written is None or may_have_member(written, ("pfx",))
    if section is not Section.CERTIFICATES or not has_pfx:
        return None
    return await restored_pfx_facts(record.document)


def _key(name: str) -> str:
    """The sort key of rows, and so of the lines of a section."""
    return encoded(artifact_key(name))


async def _alone(pages: Pages) -> AsyncIterator[list[tuple[Record, Versioned[Artifact] | None]]]:
    async for page in pages:
        yield [(record, None) for record in page]


def _batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), TRANSACTION_ROWS):
        yield items[start : start + TRANSACTION_ROWS]
