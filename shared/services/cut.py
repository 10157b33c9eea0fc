"""Reading a service for a backup: its cut."""

import asyncio
import contextlib
import logging
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace

from azure.core.exceptions import AzureError
from azure.storage.blob.aio import BlobClient, BlobServiceClient

from shared.blobs.content_store import ContentStore
from shared.model.artifact import Artifact
from shared.model.link import settings_with_account, settings_with_pushed
from shared.model.problem import Code, Problem
from shared.model.record import Record
from shared.model.sections import (
    CONTROL_NUMBERS,
    MIC_VALUES,
    NOT_BACKED_UP,
    RECEIVED_NUMBERS,
    SECTIONS,
    SERVICE,
    SESSIONS,
    Section,
)
from shared.model.service import Service
from shared.model.wire import JsonObject, rfc3339
from shared.numbers.streams import Known
from shared.rules.documents import replace_stand_ins
from shared.rules.naming import artifact_key
from shared.sealing.data_key import DataKey
from shared.sealing.key_ring import KeyRing
from shared.services.configuration_changes import half_pulled
from shared.services.counted import counted
from shared.services.cut_records import CountedAgreement, LeftOut, SectionRecord, Unreadable
from shared.services.expiries import expiry_of, ssl_expiry
from shared.services.sessions import opened_session
from shared.state.artifact_rows import read_artifact, section_of, written_record
from shared.state.batch_activity import BatchActivities, BatchActivity
from shared.state.configuration import HOLD_SECONDS, Configuration, Head, Phase
from shared.state.control_numbers import Ledger
from shared.state.mic_values import MicValues
from shared.state.order import record_key
from shared.state.received_numbers import ReceivedNumbers
from shared.state.services import Directory
from shared.state.sessions import Sessions, session_of
from shared.storage.tables import Row, RowChanged
from shared.streams.in_order import three_in_order, two_in_order
from shared.streams.read_ahead import first_of, read_ahead, with_first

_RECREATE = "Recreate them after a restore."

_DAMAGED = (Problem, ValueError, KeyError, zlib.error)
"""What a row raises whose values are not as they were written."""

log = logging.getLogger("interkeep.backup")


class ServiceStores:
    """The tables and blobs from which a service's cut is read."""

    def __init__(
        self,
        *,
        configuration: Configuration,
        ledger: Ledger,
        received: ReceivedNumbers,
        mics: MicValues,
        sessions: Sessions,
        batches: BatchActivities,
        content: ContentStore,
        content_account: BlobServiceClient,
        keys: KeyRing,
    ) -> None:
        self.configuration = configuration
        self.ledger = ledger
        self.received = received
        self.mics = mics
        self.sessions = sessions
        self.batches = batches
        self.content = content
        self.content_account = content_account
        self.keys = keys

    async def active_batches(self, service_id: str) -> list[BatchActivity]:
        """The batches of a service that have active messages."""
        names = self.configuration.names(service_id, Section.BATCHES)
        return await self.batches.active(service_id, names)


class ServiceSource:
    """One service, which can be read."""

    def __init__(self, stores: ServiceStores, service: Service, directory: Directory) -> None:
        self._stores = stores
        self._service = service
        self._directory = directory

    async def cut(self, operation_id: str, *, hold: bool) -> "ServiceCut":
        """Begin to read.

        :param hold: make writers wait; used after a change was met without that.

        :raises Problem: ServiceNotFound if the service was deleted meanwhile.
        """
        key, head, service = await three_in_order(
            self._stores.keys.data_key(self._service.id), self._head(), self._now()
        )
        if hold:
            head = await self._held(head, operation_id)
            service = await self._now()
        service = service or self._service
        return ServiceCut(self._stores, service, head, key, operation_id, hold, self._now)

    async def _now(self) -> Service | None:
        """The service as it is in the directory now: its units and its account are in the cut."""
        listed = await self._directory.get(self._service.name)
        return listed.service if listed and listed.service.id == self._service.id else None

    async def active_batches(self) -> list[BatchActivity]:
        """The batches with active messages, which are not backed up."""
        return await self._stores.active_batches(self._service.id)

    async def _held(self, head: Head, operation_id: str) -> Head:
        """Write a hold into the head, so that writers wait from now on; a write in progress comes
        first."""
        while True:
            held = replace(head, hold=operation_id)
            try:
                return await self._stores.configuration.write_head(self._service.id, held)
            except RowChanged:
                head = await self._head()

    async def _head(self) -> Head:
        head = await self._stores.configuration.head(self._service.id)
        if head is None or head.phase is not Phase.OPEN:
            raise Problem(
                Code.SERVICE_NOT_FOUND,
                f"Service '{self._service.name}' has no configuration to read: it is being deleted "
                "or restored.",
            )
        if head.stage:
            raise half_pulled(self._service.name)
        return head


class ServiceCut:
    """One state of a service's configuration while it is read, then its run-time state as it is."""

    def __init__(
        self,
        stores: ServiceStores,
        service: Service,
        head: Head,
        key: DataKey,
        operation_id: str,
        hold: bool,
        now: Callable[[], Awaitable[Service | None]],
    ) -> None:
        self.service = service
        self._now = now
        self.revision = head.revision
        self._stores = stores
        self._head = head
        self._key = key
        self._operation_id = operation_id
        self._begun: tuple[list[Record] | None, list[Row] | None] | None = None
        self._has_database = False
        """Whether the settings name a tracking database: known when they were read."""
        self._renewing = asyncio.create_task(self._renew()) if hold else None

    async def _renew(self) -> None:
        """Renew the hold while a large service is read."""
        while True:
            await asyncio.sleep(HOLD_SECONDS / 3)
            with contextlib.suppress(RowChanged):
                self._head = await self._stores.configuration.write_head(
                    self.service.id, self._head
                )

    async def begin(self) -> tuple[list[Record] | None, list[Row] | None]:
        """Read the settings and the first page of artifacts, before they are asked for."""
        self._rows = self._stores.configuration.rows(self.service.id)
        self._begun = await two_in_order(first_of(self._settings()), first_of(self._rows))
        return self._begun

    async def configuration(self) -> AsyncIterator[list[SectionRecord | Unreadable]]:
        """The settings, then all artifacts in the order of section and key, a page at a time."""
        settings, first = self._begun or await self.begin()
        self._begun = None
        if settings is not None:
            yield [SectionRecord(SERVICE, one, ssl_expiry(one.document)) for one in settings]
        async for page in read_ahead(with_first(first, self._rows)):
            yield [self._read(row) for row in page if section_of(row) not in NOT_BACKED_UP]

    def _read(self, row: Row) -> SectionRecord | Unreadable:
        """The record of a row. A damaged row must not prevent a backup of the others."""
        if section_of(row) not in SECTIONS:
            reason = "its section is of a newer Interkeep, which can back it up"
            return Unreadable(section_of(row), str(row.values.get("name", row.key)), reason)
        try:
            written = written_record(row)
            record = self._record(read_artifact(row)) if written is None else written
            return SectionRecord(section_of(row), record, expiry_of(row))
        except _DAMAGED as error:
            return _unreadable(section_of(row), row, error)

    async def _settings(self, after: str = "") -> AsyncIterator[list[Record]]:
        settings = await self._stores.configuration.settings(self.service.id)
        if settings is not None and not after:
            document = self._opened(SERVICE, SERVICE, settings.document)
            document["unitCount"] = self.service.unit_count
            document = settings_with_account(document, self.service.integration_account)
            document = settings_with_pushed(document, self.service.pushed_into or ())
            self._has_database = bool(document.get("trackingDatabase"))
            yield [Record(SERVICE, document, settings.changed_at)]

    async def _artifacts(self, section: Section, after: str) -> AsyncIterator[list[Record]]:
        async for page in self._stores.configuration.pages(self.service.id, section, after=after):
            yield [self._record(v.value) for v in page]

    def _record(self, artifact: Artifact) -> Record:
        document = self._opened(artifact.section, artifact.name, artifact.document)
        return Record(artifact.name, document, rfc3339(artifact.changed_at), artifact.content)

    def records(self, section: str, after: str = "") -> AsyncIterator[list[Record]]:
        """The records of one section in their order (order.py), secrets in the clear.

        Control numbers are those of the agreements that exist while they are read.

        :param after: name of the record after which the first page begins.
        """
        if section == SERVICE:
            return self._settings(after)
        if section == CONTROL_NUMBERS:
            return self._number_records(after)
        if section == RECEIVED_NUMBERS:
            return self._received(record_key(section, after) if after else "")
        if section == MIC_VALUES:
            return self._mics(record_key(section, after) if after else "")
        if section == SESSIONS:
            return self._sessions(record_key(section, after) if after else "")
        return self._artifacts(Section(section), after)

    def _opened(self, section: str, name: str, document: JsonObject) -> JsonObject:
        bound_to = artifact_key(name)
        return replace_stand_ins(
            document, lambda pointer, value: self._key.open(section, bound_to, pointer, value)
        )

    async def end(self) -> bool:
        """Release the hold, and return whether everything was read at one revision."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)
        # In this order: the service was so at a time at which the configuration stood still.
        service = await self._now()
        head = await self._stores.configuration.head(self.service.id)
        same = (
            head is not None
            and head.revision == self.revision
            and service is not None
            and service.unit_count == self.service.unit_count
        )
        # This also releases the hold of an earlier attempt whose worker died.
        if head is not None and head.hold and head.hold == self._operation_id:
            with contextlib.suppress(RowChanged):
                await self._stores.configuration.write_head(self.service.id, replace(head, hold=""))
        return same

    async def control_numbers(
        self,
        agreements: frozenset[str],
        counted: Callable[[CountedAgreement], None] = lambda _one: None,
    ) -> AsyncIterator[list[bytes]]:
        """Lines of the counters of the cut's agreements (by their keys).

        The counters of one agreement are consistent with each other.

        They are valid whichever service owns the row at the moment.

        :param counted: is called with each agreement that has counters.
        """
        async for page in read_ahead(self._numbers_of_agreements("")):
            lines: list[bytes] = []
            for one in page:
                if one.record is not None and artifact_key(one.name) in agreements:
                    counted(one)
                    lines.append(one.record.line())
            yield lines

    async def _number_records(self, after: str) -> AsyncIterator[list[Record]]:
        async for page in self._numbers_of_agreements(after):
            yield [one.record for one in page if one.record is not None]

    async def _numbers_of_agreements(self, after: str) -> AsyncIterator[list[CountedAgreement]]:
        """The counters of agreements in the order of their keys, including what was issued of their
        streams under any name.

        So an agreement without a row may have numbers that were issued under other names.
        """
        service = self.service
        numbers = self._stores.configuration.all_numbers(service.id, after)
        known, first = await two_in_order(
            Known.of_service(self._stores.ledger, service), first_of(numbers)
        )
        async for page in with_first(first, numbers):
            yield [counted(one, known.own(service.name, one.name), known) for one in page]

    async def received_numbers(self) -> AsyncIterator[list[bytes]]:
        """Lines of received control numbers."""
        async for page in read_ahead(self._stores.received.written(self.service.id)):
            yield [number.line() for number in page]

    async def _received(self, after: str) -> AsyncIterator[list[Record]]:
        async for page in self._stores.received.pages(self.service.id, after):
            yield [Record(n.record_name, n.to_json(), rfc3339(n.seen_at)) for n in page]

    async def mic_values(self) -> AsyncIterator[list[bytes]]:
        """Lines of MIC values of AS2 messages."""
        async for page in read_ahead(self._stores.mics.written(self.service.id)):
            yield [mic.line() for mic in page]

    async def _mics(self, after: str) -> AsyncIterator[list[Record]]:
        async for page in self._stores.mics.pages(self.service.id, after):
            yield [Record(m.record_name, m.to_json(), rfc3339(m.time)) for m in page]

    async def sessions(self) -> AsyncIterator[list[Record | Unreadable]]:
        """Sessions of the integration account, secrets in the clear."""
        async for page in read_ahead(self._stores.sessions.rows(self.service.id)):
            yield [self._session(row) for row in page]

    def _session(self, row: Row) -> Record | Unreadable:
        try:
            return opened_session(self._key, session_of(row)).record()
        except _DAMAGED as error:
            return _unreadable(SESSIONS, row, error)

    async def _sessions(self, after: str) -> AsyncIterator[list[Record]]:
        async for page in self._stores.sessions.pages(self.service.id, after):
            yield [opened_session(self._key, one).record() for one in page]

    def left_out(self, active: Sequence[BatchActivity]) -> list[LeftOut]:
        """What the backup does not hold; ask when the configuration was read.

        :param active: the batches with active messages.
        """
        waiting = sum(one.active_messages for one in active)
        return [
            LeftOut("activeBatches", waiting, "Messages in batches are lost: process them first."),
            *(
                LeftOut(_camel(section), self._head.counts.get(section, 0), _RECREATE)
                for section in sorted(NOT_BACKED_UP)
            ),
            LeftOut(
                "trackingDatabase",
                1 if self._has_database else 0,
                "A restore needs a database of the same name, or a new one.",
            ),
        ]

    def content(self, sha256: str) -> BlobClient:
        """The blob with the content of an artifact."""
        return self._stores.content.blob(self.service.id, sha256)

    async def note_md5(self, sha256: str, md5: str, users: Sequence[tuple[str, str]]) -> None:
        """Store the MD5 of content for which it was unknown, for the next copy.

        This is not a change of the configuration, and the backup is whole without it.

        :param users: section and name of the artifacts that they belong to.
        """
        for section, name in users:
            try:
                await self._stores.configuration.note_md5(
                    self.service.id, Section(section), name, sha256, md5
                )
            except AzureError as error:
                log.warning("%s: the MD5 of content is not kept: %s", name, error)

    @property
    def content_account(self) -> BlobServiceClient:
        """The account of the content."""
        return self._stores.content_account


def _unreadable(section: str, row: Row, error: Exception) -> Unreadable:
    reason = error.message if isinstance(error, Problem) else f"{type(error).__name__}"
    return Unreadable(section, str(row.values.get("name", row.key)), reason)


def _camel(section: str) -> str:
    """A section as members are called: ``hybridConnections``."""
    first, *others = section.split("-")
    return first + "".join(word.capitalize() for word in others)
