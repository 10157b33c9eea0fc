"""The work of a restore: from a container to a suspended service.

Every section is checked while it streams; the service becomes Suspended only when all of it was as
the descriptor says. Until then it is Restoring, and a restore that fails leaves it RestoreFailed.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

from azure.storage.blob.aio import BlobClient

from shared.backups.archive.opened import OpenBackup
from shared.backups.archive.reader import section_records
from shared.backups.archive.secrets_reader import SecretEntries, Secrets
from shared.backups.catalog.users import BackupUsers
from shared.blobs.accounts import Accounts
from shared.blobs.backup_container import BackupContainer, corrupt, missing
from shared.blobs.copying import Copier, copy_all
from shared.clock import Clock
from shared.model.operation import Operation, OperationStatus
from shared.model.problem import Code, Problem
from shared.model.record import Record
from shared.model.restore import RestoreBody, RestorePlan
from shared.model.sections import (
    CONTENT,
    CONTROL_NUMBERS,
    MIC_VALUES,
    RECEIVED_NUMBERS,
    SERVICE,
    SESSIONS,
    Section,
)
from shared.model.wire import JsonObject
from shared.operations.task import Outcome, Task, Work
from shared.restores.chosen import Chosen
from shared.restores.new_service import NewService, Pages
from shared.restores.runtime_records import RuntimeRecords
from shared.restores.survey import Survey, survey
from shared.rules.naming import artifact_key
from shared.rules.polled_sources import may_poll, with_sources_stopped
from shared.rules.restoring.plan import settings_of
from shared.rules.restoring.replacing import replaced
from shared.sealing.provider import KeyProvider
from shared.streams.bounded import cause
from shared.streams.in_order import three_in_order

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class RestoreStores:
    """What the work of a restore reads from, and how it creates its target."""

    accounts: Accounts
    provider: KeyProvider
    clock: Clock
    target: Callable[[Operation], NewService]
    users: BackupUsers
    chosen: Callable[[Operation], Awaitable[Chosen | None]]
    """Returns the stored request of the restore."""


class RestoreWork(Work):
    """The work of RestoreBizTalkService."""

    exclusive = True

    def __init__(self, stores: RestoreStores) -> None:
        self._stores = stores

    async def run(self, task: Task) -> Outcome:
        """Create the service from the backup, or continue what an earlier attempt began.

        :raises Problem: ServiceExists, BackupNotFound, DescriptorForged, BlobMissing,
            BlobCorrupt, KeyUnavailable, StorageAccountUnknown; InternalError if the stored request
            is lost.
        """
        # Without the request, everything would be restored as it was backed up.
        done, chosen, backup = await three_in_order(
            self.committed(task.operation),
            self._chosen(task.operation),
            self._opened(plan_of(task.operation)),
        )
        if done is not None:
            return done
        if isinstance(chosen, Exception):
            raise chosen
        if isinstance(backup, Exception):
            raise backup
        planned = plan_of(task.operation)
        if backup.descriptor.digest != planned.digest:
            raise Problem(
                Code.DESCRIPTOR_FORGED,
                f"The container '{planned.container}' holds another backup than the one that "
                "this restore was started with. Start it again.",
                target=planned.container,
            )
        async with backup.ahead() as near:
            place = planned.storage_account, planned.container
            await self._stores.users.enter_at(backup.descriptor, task.operation, place)
            await apply(
                task,
                near,
                await near.secrets(self._stores.provider),
                self._stores.target(task.operation),
                planned,
                Copier(backup.container.account, self._stores.clock, by_service=False),
                chosen,
            )
        return Outcome(result=_result(planned), warnings=planned.warnings)

    async def _opened(self, planned: RestorePlan) -> OpenBackup | Exception:
        """The backup, or why it cannot be opened: a restore that is done already needs none."""
        try:
            account = self._stores.accounts.require(
                planned.storage_account, "/backup/storageAccount"
            )
            container = BackupContainer(account, planned.container)
            return await OpenBackup.read(
                container, self._stores.provider, accept_renamed=planned.accept_renamed
            )
        except Exception as error:  # noqa: BLE001 - raised by whoever needs it
            return error

    async def _chosen(self, operation: Operation) -> Chosen | Exception | None:
        try:
            chosen = await self._stores.chosen(operation)
        except Exception as error:  # noqa: BLE001 - raised by whoever needs it
            return error
        if chosen is None and "request" in operation.parameters:
            return Problem(
                Code.INTERNAL_ERROR,
                "What this restore was asked for is gone: its row in the table Operations was "
                "removed. Nothing is restored without it. Start the restore again.",
            )
        return chosen

    async def committed(self, operation: Operation) -> Outcome | None:
        """The outcome if the service is visible: then it is complete, whatever stopped its worker
        afterwards."""
        if not await self._stores.target(operation).is_complete():
            return None
        planned = plan_of(operation)
        return Outcome(result=_result(planned), warnings=planned.warnings)

    async def settle(self, operation: Operation) -> None:
        """Mark the service of a failed restore RestoreFailed, and release the backup."""
        if operation.status is not OperationStatus.SUCCEEDED:
            await self._stores.target(operation).fail()
        planned = plan_of(operation)
        await self._stores.users.leave(planned.backed_up_name, planned.backup, operation)


async def apply(
    task: Task,
    backup: OpenBackup,
    secrets: Secrets,
    target: NewService,
    planned: RestorePlan,
    copier: Copier,
    chosen: Chosen | None = None,
) -> None:
    """Stream a backup into a target; every section is checked on the way.

    :param chosen: the request and the key of the service; None to restore everything unchanged.
    :raises Problem: BlobMissing, BlobCorrupt; what the target raises.
    """
    parts = Survey()
    body = chosen.body if chosen else None
    if body is not None and (body.include or body.exclude or body.replace):
        parts = await survey(backup, body)
    run = _Run(task, backup, secrets.entries(), target, parts, body)
    await run.settings(planned, chosen)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(run.configuration(planned, copier))
            group.create_task(run.messages())
    except BaseExceptionGroup as errors:
        raise cause(errors) from errors
    await run.require_content()
    await run.target.complete()


def _result(planned: RestorePlan) -> JsonObject:
    return {
        "service": planned.target.name,
        "state": "Suspended",
        "backup": planned.backup,
        "sections": dict(planned.sections),
        "beforeResuming": [*planned.before_resuming],
    }


def plan_of(operation: Operation) -> RestorePlan:
    """The plan that a restore was started with."""
    return RestorePlan.model_validate(operation.parameters["plan"])


async def _none() -> AsyncIterator[tuple[str, int]]:
    nothing: list[tuple[str, int]] = []
    for one in nothing:
        yield one


class _Run:
    """One attempt: streams each section of the backup into the target."""

    def __init__(
        self,
        task: Task,
        backup: OpenBackup,
        secrets: SecretEntries,
        target: NewService,
        parts: Survey,
        body: RestoreBody | None,
    ) -> None:
        self._task = task
        self._backup = backup
        self._secrets = secrets
        self.target = target
        self._parts = parts
        self._runtime = RuntimeRecords(backup, parts)
        self._body = body
        self._content: dict[str, int] = {}
        """sha256 → size in bytes of each restored object."""
        self._md5s: dict[str, str] = {}
        self._failed = {(f.section, f.name) for f in backup.descriptor.failures}

    async def _records(self, name: str) -> Pages:
        async for page in self._backup.records(name):
            yield [await self._secrets.put_back(name, record) for record in page]

    async def settings(self, planned: RestorePlan, chosen: Chosen | None) -> None:
        """Create the service with the settings of the backup and those of the request."""
        self._task.report("settings")
        found: list[Record] = [r async for page in self._records(SERVICE) for r in page]
        if len(found) != 1:
            raise corrupt(self._backup.section(SERVICE).blob, "it holds one record, the settings")
        wanted = chosen.service if chosen else {}
        settings = settings_of(planned.target, found[0].document, wanted)
        record = Record(SERVICE, settings, found[0].changed_at)
        await self.target.begin(planned, record, chosen.wrapped if chosen else None)

    async def configuration(self, planned: RestorePlan, copier: Copier) -> None:
        """Write content, artifacts and, when all of those are written, counters."""
        await self.content(copier)
        async with self.target.writing() as writer:
            for section in self._backup.artifact_sections():
                await self._counted(section, writer.write(section, self._with_content(section)))
        if self._backup.has(SESSIONS):
            # Their secrets come behind those of the artifacts.
            steps = self._runtime.sessions(self._records(SESSIONS), self.target.sessions)
            await self._counted(SESSIONS, steps)
        await self._secrets.require_end()
        await self.control_numbers(planned)

    async def content(self, copier: Copier) -> None:
        """Copy the content, before anything refers to it."""
        part = self._backup.section(CONTENT)
        done = 0

        def one_done(target: BlobClient, md5: str) -> None:
            nonlocal done
            done += 1
            self._md5s[str(target.blob_name).rpartition("/")[2]] = md5
            self._task.report("content", done, part.items)

        async def wanted() -> AsyncIterator[tuple[BlobClient, BlobClient, str]]:
            async for page in section_records(self._backup.container, part):
                await self._task.checkpoint()
                for line in page:
                    sha256, size = str(line.get("sha256")), line.get("size")
                    if not (_SHA256.fullmatch(sha256) and isinstance(size, int)):
                        raise corrupt(part.blob, "a line names no content")
                    if self._parts.content is not None and sha256 not in self._parts.content:
                        continue
                    self._content[sha256] = size
                    target = self.target.content(sha256)
                    yield self._backup.container.blob(f"content/{sha256}"), target, ""

        await copy_all(copier, wanted(), one_done)

    async def require_content(self) -> None:
        """Check that all content exists, before the service becomes visible.

        :raises Problem: BlobMissing, which is retried.
        """
        wanted = dict(self._content)
        async for sha256, size in self.target.content_sizes() if wanted else _none():
            if wanted.get(sha256) == size:
                del wanted[sha256]
        for sha256 in wanted:
            lacking = missing("artifacts", f"content/{sha256}")
            lacking.message = (
                f"The content {sha256} was copied, and is not there with its size: somebody "
                "changes the content store meanwhile. The restore is tried again."
            )
            lacking.again = True
            raise lacking

    async def _with_content(self, section: Section) -> Pages:
        """The artifacts of a section; one whose content could not be backed up is restored without
        it."""
        async for page in self._records(section):
            yield [
                self._as_far_as_held(section, self._as_asked(section, record))
                for record in page
                if self._parts.takes(section, record.name)
            ]

    def _as_asked(self, section: Section, record: Record) -> Record:
        """The record with the values that the request replaces, and with its polled sources
        stopped."""
        if self._body is None:
            return record
        key = artifact_key(record.name)
        mine = {
            index: one
            for index, one in enumerate(self._body.replace)
            if one.section is section and artifact_key(one.name) == key
        }
        document = record.document
        if mine:
            document, _, problems = replaced(section, document, mine)
            for problem in problems:
                raise problem
        if section is Section.BRIDGES and (record.written is None or may_poll(record.written)):
            document = with_sources_stopped(document)
        return record.with_document(document)

    def _as_far_as_held(self, section: Section, record: Record) -> Record:
        if record.content is None:
            return record
        if record.content.sha256 in self._content:
            known = record.content.model_copy(update={"md5": self._md5s.get(record.content.sha256)})
            return replace(record, content=known)
        if (section, record.name) not in self._failed:
            raise missing(self._backup.container.name, f"content/{record.content.sha256}")
        return replace(record, content=None)

    async def control_numbers(self, planned: RestorePlan) -> None:
        """Write counters. They remain if the restore fails, so their section is checked first."""
        pages = self._checked_numbers()
        await self._counted(CONTROL_NUMBERS, self.target.control_numbers(planned, pages))

    async def _checked_numbers(self) -> Pages:
        """The counters of the restored agreements, from a blob that was checked completely."""
        async for page in self._backup.checked_records(CONTROL_NUMBERS):
            await self._task.checkpoint()
            yield [record for record in page if self._parts.takes_agreement(record.name)]

    async def messages(self) -> None:
        """Write received numbers and MIC values, which are rows of only this service."""
        await self._counted(
            RECEIVED_NUMBERS, self._runtime.received_numbers(self.target.received_numbers)
        )
        await self._counted(MIC_VALUES, self._runtime.mic_values(self.target.mic_values))

    async def _counted(self, name: str, steps: AsyncGenerator[int, None]) -> None:
        done, total = 0, self._backup.section(name).items
        async with aclosing(steps):
            async for count in steps:
                done += count
                self._task.report(name, done, total)
                await self._task.checkpoint()
