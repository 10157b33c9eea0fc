"""The work of a purge: deletes one backup on demand, or the backups that no retention rule
keeps."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from shared.backups.catalog.away import Away
from shared.backups.catalog.counted import Counting, Decision
from shared.backups.catalog.removal import Removal
from shared.model.backup import Backup, BackupStatus, Found
from shared.model.operation import Operation, OperationStatus, Warning
from shared.model.problem import Problem
from shared.model.wire import JsonObject
from shared.operations.task import Outcome, Task, Work
from shared.rules.clocks import clocks_differ
from shared.rules.problems import backup_not_found
from shared.rules.retention import Candidate, Verdict
from shared.state.schedules import Schedules
from shared.storage.tables import RowChanged
from shared.storage.versioned import Versioned, optimistic

_LeavesOne = Callable[[], Awaitable[bool]] | None

log = logging.getLogger("interkeep.retention")


class PurgeWork(Work):
    """The work of PurgeBackupBizTalkService.

    Its parameters name one ``backup``; without it, this is a retention run, which decides by the
    schedule.
    """

    exclusive = False

    def __init__(self, removal: Removal, schedules: Schedules) -> None:
        self._removal = removal
        self._schedules = schedules

    async def run(self, task: Task) -> Outcome:
        """Delete one backup, or what retention's verdicts say.

        :raises Problem: BackupNotFound, BackupPinned, BackupInUse, LastGoodBackup, for one backup.
        """
        name = task.operation.parameters.get("backup")
        if isinstance(name, str):
            return await self._one(task, name, Away())
        return await self._retention(task)

    async def committed(self, operation: Operation) -> Outcome | None:  # noqa: ARG002
        """None: there is no point of no return; every step can be repeated."""
        return None

    async def settle(self, operation: Operation) -> None:
        """Does nothing. A mark that is left over is taken over by the next purge, or removed by the
        next operation that reads the backup."""

    @optimistic
    async def _one(self, task: Task, name: str, away: Away) -> Outcome:
        found = await self._removal.history.get(task.operation.service, name)
        if found is None:
            raise backup_not_found(task.operation.service, name)
        return await self._delete_this(task, found, away)

    async def _delete_this(self, task: Task, found: Versioned[Backup], away: Away) -> Outcome:
        """Delete one backup on demand.

        :raises RowChanged: if another writer changed it since it was read.
        """
        operation, backup = task.operation, found.value
        nothing = Outcome(result={"deleted": []})
        if backup.status is BackupStatus.DELETED and not await self._is_back(backup):
            return nothing
        leaves_one = None
        if not operation.parameters.get("force"):
            leaves_one = partial(self._removal.leaves_another, backup, away, task.checkpoint)
        if backup.status is not BackupStatus.DELETING:
            found = await self._removal.deletable(found)
            backup = found.value
            if not await self._removal.sees(backup):
                await self._removal.note_missing(found)
                return nothing
            if leaves_one is not None:
                await self._removal.require_not_last(backup, away)
        marked = await self._removal.mark(found, operation, "on demand", leaves_one)
        deleted = await self._removal.remove(marked, operation)
        return Outcome(result={"deleted": [deleted]}) if deleted else nothing

    async def _is_back(self, backup: Backup) -> bool:
        """Whether a backup that was deleted exists again, because it was undeleted."""
        try:
            return await self._removal.sees(backup)
        except Problem:
            return False  # another backup has this name by now

    async def _retention(self, task: Task) -> Outcome:
        warning = await self._clocks_differ()
        if warning is not None:
            return Outcome(result={"deleted": []}, warnings=[warning])
        service = task.operation.service
        found = await self._schedules.get(service)
        plan = found.value.plan if found else None
        if found is None or plan is None or found.value.service_id != task.operation.service_id:
            return Outcome(result={"deleted": []})
        task.report("deciding")
        counting = Counting(self._removal, task, found.value.service_id, plan)
        decision = await counting.decide()
        warnings = counting.warnings(decision)
        if decision.forbids is not None:
            problem = decision.forbids
            forbidden = Warning(
                code=problem.code,
                message="Retention deleted nothing: a backup that may be the newest good one "
                f"cannot be looked at. {problem.message}",
                target=problem.target,
            )
            return Outcome(OperationStatus.PARTIALLY_SUCCEEDED, {"deleted": []}, [forbidden])
        leaves_one = None
        if plan.keep_at_least_one:
            leaves_one = partial(self._is_good, service, decision.last_good)
        return await self._delete(task, counting, decision, leaves_one, warnings)

    async def _is_good(self, service: str, last_good: Candidate | None) -> bool:
        """Whether the backup that was found whole in this run is unchanged, and not being read: a
        verify may find it damaged."""
        if last_good is None or last_good.found is not Found.WHOLE:
            return False
        found = await self._removal.history.get(service, last_good.name)
        if found is None or not found.value.is_good():
            return False
        return not await self._removal.is_read(found)

    async def _clocks_differ(self) -> Warning | None:
        storage = await self._removal.history.storage_time()
        differ = clocks_differ(storage, self._removal.clock.machine())
        if differ is None:
            return None
        message = f"Retention deleted nothing: {differ}"
        log.warning("%s", message)
        return Warning(code="ClocksDiffer", message=message)

    async def _delete(
        self,
        task: Task,
        counting: Counting,
        decision: Decision,
        leaves_one: _LeavesOne,
        warnings: list[Warning],
    ) -> Outcome:
        deleted: list[JsonObject] = []
        doomed = [verdict for verdict in decision.verdicts if verdict.delete]
        for number, verdict in enumerate(doomed):
            task.report("deleting", number, len(doomed))
            await task.checkpoint()
            try:
                gone = await self._delete_one(task.operation, counting, verdict, leaves_one)
            except Problem as problem:
                counting.away.met(problem)
                log.warning("%s is kept: %s", verdict.backup.name, problem)
                warnings.append(
                    Warning(code=problem.code, message=problem.message, target=verdict.backup.name)
                )
                continue
            if gone is not None:
                deleted.append({**gone, "reasons": list(verdict.reasons)})
        result: JsonObject = {"deleted": list(deleted), "considered": len(decision.verdicts)}
        status = OperationStatus.PARTIALLY_SUCCEEDED if warnings else OperationStatus.SUCCEEDED
        return Outcome(status, result, warnings)

    async def _delete_one(
        self, operation: Operation, counting: Counting, verdict: Verdict, leaves_one: _LeavesOne
    ) -> JsonObject | None:
        """Delete one backup, unless it has changed since the decision."""
        found = await self._removal.history.get(operation.service, verdict.backup.name)
        decided = replace(verdict.backup, found=None)
        if found is None or Candidate.of(found.value) != decided:
            return None
        counting.require_answering(found.value)
        is_marked = found.value.status is BackupStatus.DELETING
        if not is_marked and not await self._removal.sees(found.value):
            await counting.note_missing(found)
            return None
        try:
            reason = ", ".join(verdict.reasons)
            marked = await self._removal.mark(found, operation, reason, leaves_one)
        except RowChanged:
            return None  # it was pinned, or is being read: a later run decides again
        return await self._removal.remove(marked, operation)
