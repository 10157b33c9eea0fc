"""Reading all of a backup to find what is missing, truncated or changed, and references to
nothing."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable

from pydantic import ValidationError

from shared.backups.archive.opened import OpenBackup
from shared.backups.archive.reader import (
    may_hold_secrets,
    record_of,
    section_records,
)
from shared.backups.archive.secrets_reader import SecretEntries, Secrets
from shared.backups.catalog.presence import compare_all
from shared.blobs.backup_container import corrupt
from shared.model.descriptor import SectionPart
from shared.model.problem import Code, Problem
from shared.model.record import Record
from shared.model.runtime import CountersRecord, MicRecord, ReceivedRecord, RuntimeRecord
from shared.model.runtime_text import mic_of_line, number_of_line
from shared.model.sections import (
    CONTENT,
    CONTROL_NUMBERS,
    MIC_VALUES,
    RECEIVED_NUMBERS,
    SECTIONS,
    SERVICE,
    SESSIONS,
    Section,
)
from shared.model.session import SessionRecord
from shared.operations.task import Task
from shared.rules.naming import artifact_key, shown
from shared.rules.references import references
from shared.rules.written import may_have_member
from shared.storage.pace import Pace
from shared.streams.bounded import each_of
from shared.verification.findings import Findings

_TRIES = 3
_TRY_AGAIN_SECONDS = 0.5
"""Wait before a second read, which is tried before anything is called corrupt: a single answer may
be wrong (restic 5467)."""

_SIDE_BY_SIDE = 8

_Once = Callable[[SectionPart, SecretEntries], Awaitable[None]]
"""A function that reads a section once."""

Place = tuple[str, str]
"""Section of an artifact, and its name in the form in which names are compared."""


class Reading:
    """One pass over a backup's blobs.

    :param descriptor: its digest and seal were checked.
    """

    def __init__(self, task: Task, backup: OpenBackup, findings: Findings) -> None:
        self._task = task
        self._backup = backup
        self._findings = findings
        self._failed = {(f.section, artifact_key(f.name)) for f in backup.descriptor.failures}
        self._names: set[Place] = set()
        self._wanted: dict[Place, str] = {}
        self.records = 0
        self.objects = 0

    async def look(self) -> None:
        """Level ``descriptor``: check that everything that it names exists, with its size."""
        self.objects = await compare_all(self._backup, self._findings.add, self._task.checkpoint)

    async def read(self, secrets: Secrets) -> None:
        """Level ``data``: check every byte, record, secret and reference."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._read_objects())
            group.create_task(self._read_sections(secrets.entries()))

    async def _read_sections(self, entries: SecretEntries) -> None:
        for part in self._backup.descriptor.sections:
            if part.name == CONTENT:
                continue
            if part.name in _RUNTIME:
                await self._tried(part, entries, self._runtime_once)
            else:
                await self._tried(part, entries, self._section_once)
        if not self._findings.count:
            await self._at_end(entries)
        for place, user in self._wanted.items():
            if place not in self._names and place not in self._failed:
                self._findings.add(
                    Problem(
                        Code.DANGLING_REFERENCE,
                        f"{user} names '{shown(place[1])}' of the section {place[0]}, which is "
                        "not in the backup.",
                        target=user,
                    )
                )

    async def _read_objects(self) -> None:
        part = self._backup.descriptor.section(CONTENT)
        if part is None:
            return  # it is missing, which was reported already
        await each_of(self._objects(part), self._read_object, Pace(_SIDE_BY_SIDE))

    async def _objects(self, part: SectionPart) -> AsyncIterator[str]:
        """The hashes of all content; faults of their section are recorded."""
        try:
            async for page in section_records(self._backup.container, part):
                await self._task.checkpoint()
                for line in page:
                    yield str(line.get("sha256"))
        except Problem as problem:
            self._findings.add(problem)

    async def _read_object(self, sha256: str) -> None:
        path = f"content/{sha256}"
        for attempt in range(1, _TRIES + 1):
            digest = hashlib.sha256()
            try:
                async for chunk in self._backup.container.chunks(path):
                    await asyncio.to_thread(digest.update, chunk)
            except Problem as problem:
                self._findings.add(problem)
                return
            if digest.hexdigest() == sha256:
                return
            await asyncio.sleep(_TRY_AGAIN_SECONDS * (attempt < _TRIES))
        self._findings.add(corrupt(path, "its bytes do not have the hash that is its name"))

    async def _at_end(self, secrets: SecretEntries) -> None:
        try:
            await secrets.require_end()
        except Problem as problem:
            self._findings.add(problem)

    async def _tried(self, part: SectionPart, secrets: SecretEntries, once: _Once) -> None:
        begin = secrets.place
        for attempt in range(1, _TRIES + 1):
            try:
                await once(part, secrets)
            except Problem as problem:
                if problem.code is Code.BLOB_CORRUPT and attempt < _TRIES:
                    self._backup.again(part.blob)
                    self._backup.again(self._backup.descriptor.secrets.blob)
                    secrets.go_to(begin)
                    await asyncio.sleep(_TRY_AGAIN_SECONDS)
                    continue
                self._findings.add(problem)
            return

    async def _section_once(self, part: SectionPart, secrets: SecretEntries) -> None:
        count = 0
        async for page in self._backup.records(part.name):
            await self._task.checkpoint()
            for record in page:
                await secrets.of(part.name, record)
                self._record(part, record)
            count += len(page)
            self._task.report(f"reading {part.name}", count, part.items)
        self.records += count

    async def _runtime_once(self, part: SectionPart, secrets: SecretEntries) -> None:
        model, read = _RUNTIME[part.name]
        count = 0
        async for page in self._backup.lines(part.name):
            await self._task.checkpoint()
            for line in page:
                if may_hold_secrets(line) or not _is_read(read, line):
                    # Faults in it are reported for its parts.
                    found = await secrets.put_back(part.name, record_of(part.blob, line))
                    _require_document(model, part, found)
            count += len(page)
            self._task.report(f"reading {part.name}", count, part.items)
        self.records += count

    def _record(self, part: SectionPart, record: Record) -> None:
        if part.name != SERVICE:
            section = Section(part.name)
            self._names.add((section, artifact_key(record.name)))
            named = SECTIONS[section].names
            if record.written is not None and not may_have_member(record.written, named):
                return
            for reference in references(section, record.document):
                if SECTIONS[reference.section].backed_up:
                    place = (reference.section, artifact_key(reference.name))
                    self._wanted.setdefault(place, f"{section}/{record.name}")


def _require_document(model: type[RuntimeRecord], part: SectionPart, record: Record) -> None:
    """Check the document of a record.

    :raises Problem: BlobCorrupt if the document is not valid for its section.
    """
    try:
        model.model_validate(
            {"name": record.name, "document": record.document, "changedAt": record.changed_at}
        )
    except ValidationError as error:
        raise corrupt(part.blob, f"'{shown(record.name)}' is malformed") from error


def _is_read(read: Callable[[bytes], object], line: bytes) -> bool:
    try:
        read(line)
    except ValidationError:
        return False
    return True


_RUNTIME: dict[str, tuple[type[RuntimeRecord], Callable[[bytes], object]]] = {
    CONTROL_NUMBERS: (CountersRecord, CountersRecord.model_validate_json),
    RECEIVED_NUMBERS: (ReceivedRecord, number_of_line),
    MIC_VALUES: (MicRecord, mic_of_line),
    SESSIONS: (SessionRecord, SessionRecord.model_validate_json),
}
"""For each section of run-time state: the model of a line, and what reads a line."""
