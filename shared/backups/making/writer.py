"""Writing one run of a backup: sections and secrets of one cut, then the content they name.

A section is committed while the next one is read, and what needs no order has none: where storage
is far away, one thing after another takes longer than all that is done with it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

from azure.storage.blob.aio import BlobClient

from shared.backups.archive.secrets_writer import SecretsWriter
from shared.backups.archive.section_writer import Commits, RunSections, SectionWriter
from shared.blobs.backup_container import BackupContainer
from shared.blobs.copying import Copier, copy_all
from shared.clock import Clock
from shared.model.descriptor import ITEM_UNREADABLE, Failure, SecretsPart, SectionPart
from shared.model.problem import Code, Problem
from shared.model.record import Record, WrittenRecord, canonical_line
from shared.model.sections import (
    ADDED_LATER,
    CONFIGURATION_SECTIONS,
    CONTENT,
    CONTROL_NUMBERS,
    MIC_VALUES,
    RECEIVED_NUMBERS,
    SERVICE,
    SESSIONS,
    Section,
)
from shared.model.wire import JsonObject, rfc3339
from shared.operations.task import Task
from shared.rules.naming import artifact_key
from shared.rules.noticing import Noticing
from shared.sealing.provider import KeyProvider
from shared.services.cut import ServiceCut
from shared.services.cut_records import CountedAgreement, SectionRecord, Unreadable

_LACKS = {
    Code.BLOB_ARCHIVED: "Archived",
    Code.BLOB_CORRUPT: "Corrupt",
    Code.BLOB_MISSING: "Missing",
}
"""Problems of content that is skipped, so that the backup becomes partial."""


_MOST_FAILURES = 1000
"""The descriptor names each failure, and is read into memory completely."""


@dataclass
class RunResult:
    """What one run has written, for the descriptor."""

    sections: list[SectionPart] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)
    """Sections that are not named, as there is nothing of them."""
    secrets: SecretsPart | None = None
    content: dict[str, int] = field(default_factory=dict)
    """sha256 → size of each object under content/."""
    settings: JsonObject = field(default_factory=dict)
    """The service's settings as they were written, secrets taken out."""
    runtime_read_from: str = ""
    runtime_read_to: str = ""
    failures: list[Failure] = field(default_factory=list)
    noticing: Noticing = field(default_factory=Noticing)

    def fail(self, section: str, name: str, code: str, message: str) -> None:
        """Record an item that is missing from the backup, or incomplete in it.

        :raises Problem: BackupIncomplete, if there are so many that the backup would be useless.
        """
        if len(self.failures) == _MOST_FAILURES:
            raise Problem(
                Code.BACKUP_INCOMPLETE,
                f"More than {_MOST_FAILURES} items cannot be read, the first of them "
                f"{self.failures[0].section}/{self.failures[0].name}: {self.failures[0].message} "
                "Mend the state account, then back up again.",
            )
        printable = "".join(c if c.isprintable() else "\ufffd" for c in message)
        self.failures.append(Failure(section=section, name=name, code=code, message=printable))

    @property
    def items(self) -> int:
        """The number of records in all sections."""
        return sum(section.items for section in self.sections)

    @property
    def bytes(self) -> int:
        """The bytes of all blobs of the run, including content."""
        secrets = self.secrets.bytes if self.secrets else 0
        sections = sum({section.blob: section.bytes for section in self.sections}.values())
        return sections + secrets + sum(self.content.values())


class RunWriter:
    """Writes one run into a backup's container.

    :param run: ``<attempt>-<try>``: a run never overwrites another one's blobs.
    :param lacking: what a pull did not get. The backup lacks the content of an artifact as long as
        the cut has it without content, and an item that could not be pulled in any case.
    """

    def __init__(
        self,
        container: BackupContainer,
        provider: KeyProvider,
        clock: Clock,
        task: Task,
        *,
        backup_id: str,
        run: str,
        lacking: Iterable[Failure] = (),
    ) -> None:
        self._container = container
        self._clock = clock
        self._task = task
        self._secrets = SecretsWriter(container, provider, backup_id=backup_id, run=run)
        self._result = RunResult()
        self._sections = RunSections(container, run)
        self._commits = Commits()
        self._runtime: asyncio.Task[None] | None = None
        self._agreements: set[str] = set()
        self._users: dict[str, list[tuple[str, str]]] = {}
        self._md5s: dict[str, str] = {}
        self._lacking: dict[tuple[str, str], Failure] = {}
        for one in lacking:
            if one.code == ITEM_UNREADABLE:
                self._result.fail(one.section, one.name, one.code, one.message)
            else:
                self._lacking[one.section, artifact_key(one.name)] = one

    async def write_configuration(self, cut: ServiceCut) -> None:
        """Write the settings and the artifacts of a cut, section by section.

        When this returns, all was read; ``committed`` waits until all is stored.
        """
        names = iter(CONFIGURATION_SECTIONS)
        writer = self._sections.new(next(names))
        done = 0
        async for page in cut.configuration():
            lines: list[bytes] = []
            for item in page:
                if isinstance(item, Unreadable):
                    self._result.fail(item.section, item.name, ITEM_UNREADABLE, item.reason)
                    continue
                while writer.name != item.section:
                    await writer.write(lines)
                    lines = []
                    await self._ended_section(writer)
                    writer = self._sections.new(next(names))
                lines.append(self._line(item.section, item.record))
                self._notice(item)
            await writer.write(lines)
            await self._secrets.flush()
            done += len(page)
            self._task.report("configuration", done)
            await self._task.checkpoint()
        await self._ended_section(writer)
        for name in names:
            await self._ended_section(self._sections.new(name))

    async def _ended_section(self, writer: SectionWriter) -> None:
        if not self._leaves_out(writer):
            await self._commits.begin(writer)

    def _leaves_out(self, writer: SectionWriter) -> bool:
        """Whether a section is not named: without records of it, a backup may be of the first
        version."""
        leaves_out = writer.is_empty and writer.name in ADDED_LATER
        if leaves_out:
            self._result.left_out.add(writer.name)
        return leaves_out

    async def committed(self) -> None:
        """Wait until the configuration is stored; its secrets are with those of the sessions."""
        self._result.sections[:0] = await self._commits.ended()

    async def give_up(self) -> None:
        """Begin nothing more, and wait until nothing is in progress; also after all was stored."""
        if self._runtime is not None:
            self._runtime.cancel()
            await asyncio.gather(self._runtime, return_exceptions=True)
        await self._commits.give_up()
        await self._sections.give_up()

    def _line(self, section: str, record: Record | WrittenRecord) -> bytes:
        if section == Section.AGREEMENTS:
            self._agreements.add(artifact_key(record.name))
        if record.content:
            self._result.content[record.content.sha256] = record.content.size
            self._users.setdefault(record.content.sha256, []).append((section, record.name))
            if record.content.md5:
                self._md5s[record.content.sha256] = record.content.md5
        elif self._lacking:
            lacking = self._lacking.get((section, artifact_key(record.name)))
            if lacking is not None:
                self._result.fail(section, record.name, lacking.code, lacking.message)
        if isinstance(record, WrittenRecord):
            return record.line()
        written = self._secrets.take_from(section, record)
        if section == SERVICE:
            self._result.settings = written.document
        return written.line()

    def begin_runtime(self, cut: ServiceCut) -> None:
        """Begin to write the run-time state as it is now; ``write_rest`` ends it."""
        self._runtime = asyncio.create_task(self.write_runtime(cut))

    def _notice(self, item: SectionRecord) -> None:
        if item.expires_at is not None:
            self._result.noticing.certificate(item.section, item.record.name, item.expires_at)

    def _notice_counters(self, one: CountedAgreement) -> None:
        self._result.noticing.counters(one.counters, one.numbering)

    async def write_rest(self, cut: ServiceCut, copier: Copier) -> None:
        """Copy the content that the cut names, while the run-time state is written.

        :raises ExceptionGroup: with all errors.
        """
        assert self._runtime is not None, "it was begun"
        async with asyncio.TaskGroup() as group:
            content = group.create_task(self._write_content(cut, copier))
            group.create_task(_ended(self._runtime))
        self._result.sections.append(content.result())

    async def write_runtime(self, cut: ServiceCut) -> None:
        """Write the run-time state as it is now, and all secrets.

        :raises ExceptionGroup: with all errors.
        """
        self._result.runtime_read_from = rfc3339(self._clock.now())
        numbers = cut.control_numbers(frozenset(self._agreements), self._notice_counters)
        async with asyncio.TaskGroup() as group:
            parts = [
                group.create_task(self._write(name, pages))
                for name, pages in (
                    (CONTROL_NUMBERS, numbers),
                    (RECEIVED_NUMBERS, cut.received_numbers()),
                    (MIC_VALUES, cut.mic_values()),
                )
            ]
            sessions = group.create_task(self._write_sessions(cut))
        self._result.sections += [part.result() for part in parts]
        self._result.sections += sessions.result()
        self._result.runtime_read_to = rfc3339(self._clock.now())

    async def _write(self, name: str, pages: AsyncIterator[list[bytes]]) -> SectionPart:
        writer = self._sections.new(name)
        done = 0
        async for page in pages:
            await writer.write(page)
            done += len(page)
            self._task.report(name, done)
            await self._task.checkpoint()
        return await writer.close()

    async def _write_sessions(self, cut: ServiceCut) -> list[SectionPart]:
        """Write the sessions, whose secrets come behind those of the configuration, and end the
        secrets; the section's entry, none if there are no sessions."""
        writer = self._sections.new(SESSIONS)
        done = 0
        async for page in cut.sessions():
            lines: list[bytes] = []
            for item in page:
                if isinstance(item, Unreadable):
                    self._result.fail(item.section, item.name, ITEM_UNREADABLE, item.reason)
                else:
                    lines.append(self._secrets.take_from(SESSIONS, item).line())
            await writer.write(lines)
            await self._secrets.flush()
            done += len(page)
            self._task.report(SESSIONS, done)
            await self._task.checkpoint()
        self._result.secrets = await self._secrets.close()
        return [] if self._leaves_out(writer) else [await writer.close()]

    async def _write_content(self, cut: ServiceCut, copier: Copier) -> SectionPart:
        """Copy the content that the cut names, and write the list of it."""
        objects = sorted(self._result.content)
        done = 0

        learned: dict[str, str] = {}

        def one_done(target: BlobClient, md5: str) -> None:
            nonlocal done
            done += 1
            sha256 = str(target.blob_name).rpartition("/")[2]
            if md5 and sha256 not in self._md5s:
                learned[sha256] = md5
            self._task.report("content", done, len(objects))

        async def wanted() -> AsyncIterator[tuple[BlobClient, BlobClient, str]]:
            for sha256 in objects:
                await self._task.checkpoint()
                target = self._container.blob(f"content/{sha256}")
                yield cut.content(sha256), target, self._md5s.get(sha256, "")

        def one_failed(target: BlobClient, problem: Problem) -> None:
            sha256 = target.blob_name.rpartition("/")[2]
            del self._result.content[sha256]
            for section, name in self._users[sha256]:
                self._result.fail(section, name, f"Content{_LACKS[problem.code]}", problem.message)
            one_done(target, "")

        await copy_all(copier, wanted(), one_done, one_failed)
        for sha256, md5 in learned.items():
            await cut.note_md5(sha256, md5, self._users[sha256])
        objects = sorted(self._result.content)
        writer = self._sections.new(CONTENT)
        page = 1000
        for start in range(0, len(objects), page):
            await writer.write(
                [
                    canonical_line({"sha256": sha256, "size": self._result.content[sha256]})
                    for sha256 in objects[start : start + page]
                ]
            )
        return await writer.close()

    @property
    def result(self) -> RunResult:
        """The result so far."""
        return self._result


async def _ended(task: asyncio.Task[None]) -> None:
    """Wait for a task that was begun before."""
    await task
