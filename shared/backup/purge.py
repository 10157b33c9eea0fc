"""The work of a purge: deletes one backup on demand, or what retention has no rule to keep."""

import logging
from collections.abc import Awaitable, Callable
from functools import partial

from shared.backup.removal import Removal, require_deletable
from shared.model.backup import BackupStatus
from shared.model.operation import Operation, OperationStatus, Warning
from shared.model.problem import Code, Problem
from shared.model.wire import JsonObject
from shared.operations.work import Outcome, Task
from shared.rules.clocks import clocks_differ
from shared.rules.naming import shown
from shared.rules.retention import Candidate, Verdict, verdicts
from shared.state.gateway import RowChanged
from shared.state.schedules import Schedules

_LeavesOne = Callable[[], Awaitable[bool]] | None

log = logging.getLogger("interkeep.retention")


class PurgeWork:
    """See Work: PurgeBackupBizTalkService.

    Its parameters name one ``backup``, or it is retention's and decides by the schedule.
    """

    exclusive = False

    def __init__(self, removal: Removal, schedules: Schedules) -> None:
        self._removal = removal
        self._schedules = schedules

    async def run(self, task: Task) -> Outcome:
        """See Work.

        :raises Problem: BackupNotFound, BackupPinned, BackupInUse, LastGoodBackup, for one backup.
        """
        name = task.operation.parameters.get("backup")
        if isinstance(name, str):
            return await self._one(task.operation, name)
        return await self._retention(task)

    async def committed(self, operation: Operation) -> Outcome | None:  # noqa: ARG002
        """See Work: there is no such point; every step is repeated."""
        return None

    async def settle(self, operation: Operation) -> None:
        """See Work: nothing follows; a mark that is left is taken up by the next purge."""

    async def _one(self, operation: Operation, name: str) -> Outcome:
        while True:
            found = await self._removal.history.get(operation.service, name)
            if found is None:
                raise Problem(Code.BACKUP_NOT_FOUND, f"There is no backup '{shown(name)}'.")
            backup = found.value
            if backup.status is BackupStatus.DELETED:
                return Outcome(result={"deleted": []})
            if backup.status is not BackupStatus.DELETING:
                require_deletable(backup)
                await self._removal.require_ours(backup)
                if not operation.parameters.get("force"):
                    await self._removal.require_not_last(backup)
            leaves_one = None
            if not operation.parameters.get("force"):
                leaves_one = partial(self._removal.leaves_another, backup)
            try:
                marked = await self._removal.mark(found, operation, "on demand", leaves_one)
            except RowChanged:
                continue
            return Outcome(result={"deleted": [await self._removal.remove(marked)]})

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
        candidates = await self._removal.candidates(service)
        try:
            last_good = await self._removal.standing.newest(
                service, found.value.service_id, candidates
            )
        except Problem as problem:
            return Outcome(
                OperationStatus.PARTIALLY_SUCCEEDED,
                {"deleted": []},
                [
                    Warning(
                        code=problem.code,
                        message="Retention deleted nothing: a backup that may be the newest good "
                        f"one cannot be looked at. {problem.message}",
                        target=problem.target,
                    )
                ],
            )
        decided = verdicts(
            candidates,
            plan,
            service_id=found.value.service_id,
            now=self._removal.clock.now(),
            last_good=last_good,
        )
        doomed = [verdict for verdict in decided if verdict.delete]
        leaves_one = None
        if plan.keep_at_least_one and last_good is not None:
            leaves_one = partial(self._is_good, service, last_good)
        return await self._delete(task, doomed, len(decided), leaves_one)

    async def _is_good(self, service: str, name: str) -> bool:
        found = await self._removal.history.get(service, name)
        return found is not None and found.value.is_good()

    async def _clocks_differ(self) -> Warning | None:
        storage = await self._removal.history.storage_time()
        differ = clocks_differ(storage, self._removal.clock.machine())
        if differ is None:
            return None
        message = f"Retention deleted nothing: {differ}"
        log.warning("%s", message)
        return Warning(code="ClocksDiffer", message=message)

    async def _delete(
        self, task: Task, doomed: list[Verdict], considered: int, leaves_one: _LeavesOne
    ) -> Outcome:
        deleted: list[JsonObject] = []
        warnings: list[Warning] = []
        for number, verdict in enumerate(doomed):
            task.report("deleting", number, len(doomed))
            await task.checkpoint()
            try:
                gone = await self._delete_one(task.operation, verdict, leaves_one)
            except Problem as problem:
                log.warning("%s is kept: %s", verdict.backup.name, problem)
                warnings.append(
                    Warning(code=problem.code, message=problem.message, target=verdict.backup.name)
                )
                continue
            if gone is not None:
                deleted.append({**gone, "reasons": list(verdict.reasons)})
        result: JsonObject = {"deleted": list(deleted), "considered": considered}
        status = OperationStatus.PARTIALLY_SUCCEEDED if warnings else OperationStatus.SUCCEEDED
        return Outcome(status, result, warnings)

    async def _delete_one(
        self, operation: Operation, verdict: Verdict, leaves_one: _LeavesOne
    ) -> JsonObject | None:
        """Delete one backup, unless it has become another than it was when it was decided."""
        found = await self._removal.history.get(operation.service, verdict.backup.name)
        if found is None or Candidate.of(found.value) != verdict.backup:
            return None
        if found.value.status is not BackupStatus.DELETING:
            await self._removal.require_ours(found.value)
        try:
            reason = ", ".join(verdict.reasons)
            marked = await self._removal.mark(found, operation, reason, leaves_one)
        except RowChanged:
            return None  # somebody pinned it, or began to use it: another day decides again
        return await self._removal.remove(marked)
