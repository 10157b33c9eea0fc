"""The work of a verify: VerifyBackupBizTalkService, at one of three levels."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from shared.alerts.alerts import Alerts
from shared.alerts.happenings import verify_failed
from shared.backups.archive.opened import OpenBackup
from shared.backups.catalog.presence import Look, Presence, noted
from shared.backups.catalog.users import BackupUsers, without_user
from shared.blobs.copying import Copier
from shared.clock import Clock
from shared.model.backup import Backup, BackupStatus, Found, VerifyLevel
from shared.model.operation import Operation, OperationError, OperationStatus
from shared.model.problem import Code, Problem
from shared.model.wire import JsonObject
from shared.operations.task import Outcome, Task, Work
from shared.rules.problems import backup_not_found
from shared.state.history import History
from shared.storage.tables import RowChanged
from shared.storage.versioned import Versioned
from shared.streams.in_order import two_in_order
from shared.verification.findings import FAULTS, Findings
from shared.verification.reading import Reading
from shared.verification.scratch import Scratch

_FOUND: dict[str, Found] = {
    Code.BACKUP_NOT_FOUND: Found.DAMAGED,
    Code.BLOB_MISSING: Found.DAMAGED,
    Code.BLOB_CORRUPT: Found.DAMAGED,
    Code.DESCRIPTOR_FORGED: Found.DAMAGED,
    Code.FORMAT_UNKNOWN: Found.UNREADABLE,
}
"""What a fault says about the container; faults of single records say nothing about it."""


@dataclass(frozen=True)
class VerifyWork(Work):
    """The work of VerifyBackupBizTalkService.

    If the backup is damaged, it ends Failed, with the first fault as its error and all of them in
    its result.
    """

    history: History
    users: BackupUsers
    presence: Presence
    scratch: Scratch
    alerts: Alerts
    clock: Clock
    after: Callable[[Operation], Awaitable[None]]
    """Starts what follows the verdict: retention, which depends on it."""

    exclusive = False

    async def run(self, task: Task) -> Outcome:
        """Verify the backup at the level that was asked for.

        :raises Problem: BackupNotFound, BackupInUse, KeyUnavailable.
        """
        operation = task.operation
        found = await self.history.get(operation.service, _backup(operation))
        if found is None:
            raise backup_not_found(operation.service, _backup(operation))
        # What is read before the backup is protected counts only if it could be protected.
        entry, opened = await two_in_order(
            self.users.enter(found, operation), self._opened(found.value)
        )
        if entry is None:
            raise backup_not_found(operation.service, _backup(operation))
        settle = partial(self._settle, entry=entry)
        level = VerifyLevel(str(operation.parameters["level"]))
        findings = Findings()
        result: JsonObject = {"level": str(level)}
        if isinstance(opened, Problem):
            findings.add(opened)
        else:
            alias = entry.value.storage_account
            result |= await self._verified(task, opened, alias, level, findings)
        result["problems"] = findings.count
        if not findings.count:
            return Outcome(result=result, settle=settle)
        result["faults"] = list(findings.to_json())
        more = f" {findings.count - 1} more faults are in the result." if findings.count > 1 else ""
        first = findings.named[0]
        error = OperationError(
            code=first.code, message=f"{first.message}{more}", target=first.target
        )
        return Outcome(OperationStatus.FAILED, result, error=error, settle=settle)

    async def _opened(self, backup: Backup) -> OpenBackup | Problem:
        try:
            return await self.presence.open(backup)
        except Problem as problem:
            return problem

    async def _verified(
        self,
        task: Task,
        backup: OpenBackup,
        alias: str,
        level: VerifyLevel,
        findings: Findings,
    ) -> JsonObject:
        async with AsyncExitStack() as stack:
            if level is not VerifyLevel.DESCRIPTOR:
                backup = await stack.enter_async_context(backup.ahead())
            reading = Reading(task, backup, findings)
            await reading.look()
            checked: JsonObject = {"contentObjects": reading.objects}
            if level is VerifyLevel.DESCRIPTOR:
                return checked
            try:
                secrets = await backup.secrets(self.presence.provider)
            except Problem as problem:
                findings.add(problem)
                return checked
            await reading.read(secrets)
            checked["records"] = reading.records
            if level is VerifyLevel.RESTORE and not findings.count:
                account = self.presence.accounts.require(alias, "")
                copier = Copier(account, self.clock, by_service=False)
                await self.scratch.compare(task, backup, secrets, copier, findings)
            return checked

    async def committed(self, operation: Operation) -> Outcome | None:  # noqa: ARG002
        """None: there is no point of no return; every step can be repeated."""
        return None

    async def settle(self, operation: Operation) -> None:
        """Store the verdict with the backup, and delete the scratch service."""
        await self._settle(operation)

    async def _settle(self, operation: Operation, entry: Versioned[Backup] | None = None) -> None:
        """:param entry: of the backup, as this operation wrote it; None to read it."""
        if operation.parameters.get("level") == VerifyLevel.RESTORE:
            await self.scratch.clear(operation)
        if operation.status is OperationStatus.CANCELED:
            await self.users.leave(operation.service, _backup(operation), operation)
        else:
            await self._write_verdict(operation, entry)
        await self.after(operation)

    async def _write_verdict(self, operation: Operation, found: Versioned[Backup] | None) -> None:
        """Store the verdict, and that the backup is not used by this operation any more."""
        told = False
        while True:
            found = found or await self.history.get(operation.service, _backup(operation))
            if found is None:
                return
            if found.value.verify_operation == operation.id:
                await self.users.leave(operation.service, _backup(operation), operation)
                return
            failed = operation.status is not OperationStatus.SUCCEEDED
            if failed and not told:
                told = True
                alert = verify_failed(operation, _backup(operation), self.clock.now())
                await self.alerts.tell(alert)
            update: dict[str, object] = {}
            found_bad = operation.error is not None and operation.error.code in FAULTS
            if found_bad or (not failed and _clears(operation, found.value)):
                count = (operation.result or {}).get("problems")
                update = {
                    "verify_operation": operation.id,
                    "verified_at": operation.completed_at,
                    "verify_level": _level(operation, found.value, found_bad=found_bad),
                    "verify_status": "Failed" if failed else "Succeeded",
                    "verify_problems": count if isinstance(count, int) else 1,
                }
            changed = found.value.model_copy(update=update)
            if not failed or found_bad:
                changed = await self._seen(changed, operation)
            changed = without_user(changed, operation)
            if changed == found.value:
                return
            try:
                await self.history.change(changed, found.etag)
            except RowChanged:
                found = None
                continue
            return

    async def _seen(self, backup: Backup, operation: Operation) -> Backup:
        """The entry with what the verify found in the container."""
        if operation.status is OperationStatus.SUCCEEDED:
            name = self.presence.account_name(backup.storage_account)
            if backup.status is BackupStatus.MISSING:
                if await self.presence.is_gone(backup):
                    return backup  # it was deleted after it was read
                backup = backup.held_again(backup.held_status())
            return noted(backup, Look(Found.WHOLE, None, name), self.clock.now()) or backup
        assert operation.error is not None
        found = _FOUND.get(operation.error.code)
        if _found_none(operation) and await self.presence.is_gone(backup):
            found = Found.MISSING
            if backup.status.is_held():
                backup = backup.model_copy(update={"status": BackupStatus.MISSING})
        if found is None:
            return backup
        return noted(backup, Look(found), self.clock.now()) or backup


def _clears(operation: Operation, backup: Backup) -> bool:
    """Whether a success may replace the present verdict on a backup.

    A verdict with faults is replaced only by a verify of at least the same level that began after
    it.
    """
    if backup.verify_status != "Failed" or backup.verified_at is None:
        return True
    level = VerifyLevel(str(operation.parameters["level"]))
    covers = level.covers(VerifyLevel(backup.verify_level or VerifyLevel.DESCRIPTOR))
    return covers and operation.created_at >= backup.verified_at


def _level(operation: Operation, backup: Backup, *, found_bad: bool) -> str:
    """The level to store with a verdict: after two that found faults, that of the more thorough
    one.

    A verify that finds no backup counts as the lowest level: any later verify may replace it.
    """
    level = VerifyLevel(str(operation.parameters["level"]))
    if found_bad and _found_none(operation):
        level = VerifyLevel.DESCRIPTOR
    if found_bad and backup.verify_status == "Failed" and backup.verify_level:
        before = VerifyLevel(backup.verify_level)
        return before if before.covers(level) else level
    return level


def _found_none(operation: Operation) -> bool:
    """Whether there was no backup in the container, or no container."""
    # A code that was read from a record is plain text.
    return operation.error is not None and operation.error.code == Code.BACKUP_NOT_FOUND


def _backup(operation: Operation) -> str:
    return str(operation.parameters["backup"])
