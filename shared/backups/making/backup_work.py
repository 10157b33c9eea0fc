"""The work of a backup: from the record of its operation to a container with a descriptor.

The descriptor is written last, once, and never replaced. A crash before that leaves a container
that is not a backup, from which the next attempt continues; a crash after it leaves a whole backup.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from shared.backups.archive.paths import descriptor_path
from shared.backups.archive.reader import descriptor_at
from shared.backups.making.describe import Run, describe, sealed
from shared.backups.making.descriptor_blob import (
    clear_other_runs,
    require_found,
    said_by_blob,
    sealed_metadata,
)
from shared.backups.making.ending import BackupEnding
from shared.backups.making.entering import Entering
from shared.backups.making.stores import BackupStores
from shared.backups.making.writer import RunResult, RunWriter
from shared.blobs.backup_container import BackupContainer, name_in_use
from shared.blobs.copying import Copier
from shared.model.backup import Backup, BackupStatus
from shared.model.descriptor import Descriptor, key_ids
from shared.model.operation import Operation, OperationStatus, Warning
from shared.model.problem import Code, Problem
from shared.model.pull import PullOutcome
from shared.model.service import Service
from shared.model.wire import JsonObject, rfc3339
from shared.operations.task import Outcome, Task, Work
from shared.rules.holding import require_backup
from shared.rules.states import ServiceOperation, require_allowed
from shared.services.cut import ServiceCut, ServiceSource
from shared.services.cut_records import LeftOut, batches_active, of_batches
from shared.state.batch_activity import BatchActivity
from shared.state.services import Listed
from shared.storage.versioned import Versioned
from shared.streams.in_order import three_in_order, two_in_order

_CUT_TRIES = 5
"""Tries to read a cut: the first without a hold, the others with one; a hold can expire during a
very slow read."""

_GONE = frozenset({BackupStatus.DELETING, BackupStatus.DELETED, BackupStatus.MISSING})

_NOT_ITS_OWN = frozenset(
    {
        Code.BACKUP_NAME_IN_USE,
        Code.BLOB_CORRUPT,
        Code.DESCRIPTOR_FORGED,
    }
)
"""Errors that mean that the existing descriptor was not written by an attempt of this operation,
but by someone else with write access to the account. The operation fails, and must not wait for
ever."""

_UNREADABLE = frozenset({Code.FORMAT_UNKNOWN, Code.BLOB_ARCHIVED})
"""Errors of reading a descriptor that may be this operation's: a worker of a newer version wrote
it, or it was archived since. The metadata of its blob say whose it is."""

_SHOWN_FAILURES = 100
"""Failures in the operation's result; the descriptor names all of them."""

log = logging.getLogger("interkeep.backup")


class CutChanged(Exception):
    """The configuration changed during every try; another attempt of the operation may succeed."""


class BackupWork(Work):
    """The work of BackupBizTalkService."""

    exclusive = True

    def __init__(self, stores: BackupStores) -> None:
        self._stores = stores
        self._entering = Entering(stores)
        self._ending = BackupEnding(stores)

    async def run(self, task: Task) -> Outcome:
        """Make the backup, or complete what an earlier attempt began.

        :raises Problem: ServiceNotFound, EditionHasNoBackup, OperationNotAllowed,
            BackupNameInUse, BackupNameUnavailable, StorageAccountUnknown, BlobMissing.
        """
        operation = task.operation
        found, listed = await two_in_order(
            self._entry(operation), self._stores.directory.get(operation.service)
        )
        done = await self._committed(operation, found)
        if done is not None:
            return done
        service = _require_service(operation, listed)
        source = self._stores.source(service)
        try:
            require_backup(service)
            require_allowed(service.name, service.state, ServiceOperation.BACKUP)
        except Problem:
            await self._entering.entered(operation, service, found)
            raise
        pulled = PullOutcome()
        if service.integration_account is not None:
            found = await self._entering.entered(operation, service, found)
            pulled = await self._pulled(task, service)
        entry, active, cut = await three_in_order(
            self._entering.entered(operation, service, found),
            source.active_batches(),
            source.cut(operation.id, hold=False),
        )
        backup = entry.value
        warning = of_batches(active)
        if warning is not None and operation.parameters.get("requireIdleBatches"):
            raise batches_active(warning)
        account = self._stores.accounts.require(backup.storage_account, "/storageAccount")
        container = BackupContainer(account, backup.container)
        ownership = await self._stores.ownership(operation)
        # Nothing is written before the container is this operation's.
        await two_in_order(container.create(ownership), cut.begin())
        written, others = await self._write(task, source, cut, backup, container, active, pulled)
        outcome = await self._outcome(container, backup, written, clear=others)
        result = {**outcome.result, **({"pull": pulled.result} if pulled.result else {})}
        settle = partial(self._ending.settle, entry=entry, listed=listed)
        return replace(outcome, result=result, settle=settle)

    async def _pulled(self, task: Task, service: Service) -> PullOutcome:
        """Bring a linked service to what its account holds, unless the caller wants what was pulled
        last; of that, and of one that was linked, complete what a pull may have left."""
        account = service.integration_account
        wanted = task.operation.parameters.get("pull", True) is not False
        if account is not None and account.linked and wanted:
            return await self._stores.pull(task, service)
        return await self._stores.as_pulled(service)

    async def _entry(self, operation: Operation) -> Versioned[Backup] | None:
        return await self._stores.history.get(operation.service, str(operation.parameters["name"]))

    async def committed(self, operation: Operation) -> Outcome | None:
        """The outcome if the descriptor exists: then the backup is complete, whatever stopped its
        worker afterwards.

        A backup that was deleted on request since has succeeded too.
        """
        return await self._committed(operation, await self._entry(operation))

    async def _committed(
        self, operation: Operation, found: Versioned[Backup] | None
    ) -> Outcome | None:
        if found is None or found.value.operation != operation.id:
            return None
        backup = found.value
        if backup.status in _GONE:
            return Outcome(result={"backup": backup.name, "deletedSince": True})
        try:
            account = self._stores.accounts.require(backup.storage_account, "/storageAccount")
        except Problem:
            return None
        container = BackupContainer(account, backup.container)
        if not await container.is_made_by(await self._stores.ownership(operation)):
            return None
        try:
            written = await self._written_before(container, backup)
        except Problem as problem:
            if problem.code in _NOT_ITS_OWN:
                return None
            if problem.code not in _UNREADABLE:
                raise
            return await self._as_its_blob_says(container, backup, problem)
        if not written:
            return None
        outcome = await self._outcome(container, backup, written, clear=True)
        return await self._with_pull(operation, outcome)

    async def _with_pull(self, operation: Operation, outcome: Outcome) -> Outcome:
        """An outcome with what the pull of an earlier attempt brought."""
        listed = await self._stores.directory.get(operation.service)
        if listed is None or listed.service.id != operation.service_id:
            return outcome
        if listed.service.integration_account is None:
            return outcome
        try:
            pulled = await self._stores.pulled_before(listed.service, operation.id)
        except Problem:  # its service is being deleted
            return outcome
        if pulled is None:
            return outcome
        return replace(outcome, result={**outcome.result, "pull": pulled.result})

    async def _as_its_blob_says(
        self, container: BackupContainer, backup: Backup, problem: Problem
    ) -> Outcome | None:
        """The outcome of a backup whose descriptor exists, but cannot be read by this app.

        :raises Problem: the same problem, if the blob does not say whose it is.
        """
        seen = await container.seen(descriptor_path(backup.name))
        metadata = seen.metadata if seen else {}
        said = await said_by_blob(metadata, backup.operation, self._stores.provider)
        if said is None:
            raise problem
        result: JsonObject = {
            "backup": backup.name,
            "storageAccount": backup.storage_account,
            "container": backup.container,
            "digest": said.digest,
        }
        note = Warning(
            code=problem.code,
            message=f"The backup is whole, as its descriptor's blob says; this app cannot read it. "
            f"{problem.message}",
            target=problem.target,
        )
        return Outcome(OperationStatus(said.outcome), result, [note])

    async def _outcome(
        self, container: BackupContainer, backup: Backup, written: Descriptor, *, clear: bool
    ) -> Outcome:
        """:param clear: whether there may be blobs of runs that were given up."""
        warnings = [Warning.model_validate(warning.to_json()) for warning in written.warnings]
        left = await clear_other_runs(container, written) if clear else 0
        if left:
            warnings.append(
                Warning(
                    code="BlobsLeft",
                    message=f"{left} blobs of runs that were given up could not be deleted: the "
                    "storage forbids it. The backup is whole without them.",
                    target=container.name,
                )
            )
        return Outcome(OperationStatus(written.backup.outcome), _result(backup, written), warnings)

    async def _written_before(
        self, container: BackupContainer, backup: Backup
    ) -> Descriptor | None:
        """The descriptor that an earlier attempt wrote, None if none did."""
        path = descriptor_path(backup.name)
        try:
            descriptor = await descriptor_at(container, path, self._stores.provider)
        except Problem as problem:
            if problem.code is Code.BLOB_MISSING:
                return None
            raise
        if descriptor.backup.operation_id != backup.operation:
            raise name_in_use(backup.name)
        return descriptor

    async def _write(
        self,
        task: Task,
        source: ServiceSource,
        cut: ServiceCut,
        backup: Backup,
        container: BackupContainer,
        active: Sequence[BatchActivity],
        pulled: PullOutcome,
    ) -> tuple[Descriptor, bool]:
        """Write the backup; its descriptor, and whether blobs of other runs may be left.

        :param cut: the first one, which was begun.
        :param pulled: how the pull before it ended.
        """
        warning = of_batches(active)
        for number in range(1, _CUT_TRIES + 1):
            if number > 1:
                cut = await source.cut(task.operation.id, hold=True)
            run = Run(f"{task.operation.attempt}-{number}", held=number > 1)
            writer = RunWriter(
                container,
                self._stores.provider,
                self._stores.clock,
                task,
                backup_id=backup.id,
                run=run.name,
                lacking=pulled.failures,
            )
            try:
                if await self._written(writer, cut):
                    warnings = [*([warning] if warning else []), *pulled.warnings]
                    left_out = cut.left_out(active)
                    return await self._describe(
                        container, backup, cut, writer.result, run, left_out, warnings
                    )
            finally:
                await writer.give_up()
        raise CutChanged(f"changed under {_CUT_TRIES} tries")

    async def _written(self, writer: RunWriter, cut: ServiceCut) -> bool:
        """Write all but the descriptor; False if the configuration changed meanwhile."""
        try:
            await writer.write_configuration(cut)
        except BaseException:
            await cut.end()
            raise
        # Read behind the configuration: what was issued until then is in it. It is read once more
        # where the configuration changed.
        writer.begin_runtime(cut)
        unchanged, _ = await two_in_order(cut.end(), writer.committed())
        if unchanged:
            signed = self._stores.accounts.signed
            await writer.write_rest(
                cut, Copier(cut.content_account, self._stores.clock, signed=signed)
            )
        return unchanged

    async def _describe(
        self,
        container: BackupContainer,
        backup: Backup,
        cut: ServiceCut,
        result: RunResult,
        run: Run,
        left_out: list[LeftOut],
        warnings: list[Warning],
    ) -> tuple[Descriptor, bool]:
        document = describe(
            backup,
            cut,
            result,
            left_out,
            warnings,
            run=run,
            completed_at=rfc3339(self._stores.clock.now()),
        )
        others = await require_found(container, result)
        descriptor, text = await sealed(document, self._stores.provider)
        path = descriptor_path(backup.name)
        metadata = await sealed_metadata(descriptor, self._stores.provider)
        if await container.put_once(path, text, "text/plain; charset=utf-8", metadata):
            return descriptor, others or not run.is_first
        other = await self._written_before(container, backup)
        assert other is not None, "a descriptor that exists can be read"
        return other, True

    async def settle(self, operation: Operation) -> None:
        """Updates the history and the service's last backup, and deletes the container of a
        failure; completes a pull that had begun to write."""
        await self._ending.settle(operation)
        if operation.status in (OperationStatus.FAILED, OperationStatus.CANCELED):
            await self._complete_pull(operation)

    async def _complete_pull(self, operation: Operation) -> None:
        """Without the account; nothing to do where none had begun, or the service is going."""
        listed = await self._stores.directory.get(operation.service)
        if listed is None or listed.service.id != operation.service_id:
            return
        if listed.service.integration_account is not None:
            with suppress(Problem):
                await self._stores.complete_pull(listed.service)


def _require_service(operation: Operation, listed: Listed | None) -> Service:
    if listed is None or listed.service.id != operation.service_id:
        raise Problem(
            Code.SERVICE_NOT_FOUND,
            f"Service '{operation.service}' was deleted before it was backed up.",
        )
    return listed.service


def _result(backup: Backup, written: Descriptor) -> JsonObject:
    return {
        "backup": backup.name,
        "storageAccount": backup.storage_account,
        "container": backup.container,
        "revision": written.consistency.revision,
        "items": written.items,
        "contentObjects": written.content.objects,
        "bytes": written.bytes,
        "digest": written.digest,
        "keyIds": [*key_ids(written)],
        "failedItems": len(written.failures),
        "failures": [failure.to_json() for failure in written.failures[:_SHOWN_FAILURES]],
        **({"noticed": written.noticed.to_json()} if written.noticed else {}),
        "sections": [
            {"name": part.name, "items": part.items, "linesSha256": part.lines_sha256}
            for part in written.sections
        ],
    }
