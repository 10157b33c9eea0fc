"""Retention runs: started by a timer each day and after each scheduled backup.

Whether there is anything to delete is decided from only the history. If so, an operation is
started, which decides again after reading descriptors.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from shared.backups.catalog.removal import Removal
from shared.backups.making.backups import SCHEDULE
from shared.clock import Clock
from shared.model.backup import Backup
from shared.model.operation import OperationName
from shared.model.schedule import Schedule
from shared.model.wire import JsonObject
from shared.operations.engine import Engine
from shared.operations.start import Start
from shared.rules.naming import scheduled_operation_id
from shared.rules.retention import Candidate, Retention, Verdict, newest_good, verdicts
from shared.state.history import History
from shared.state.schedules import Schedules


@dataclass(frozen=True)
class Explained:
    """A backup of the history with retention's verdict; None if it has no container."""

    backup: Backup
    verdict: Verdict | None

    def to_json(self) -> JsonObject:
        """As the list of backups shows it: without its sections, most of its size."""
        shown = self.backup.to_json()
        del shown["sections"]
        if self.verdict is not None:
            action = "delete" if self.verdict.delete else "keep"
            shown["retention"] = {"action": action, "reasons": list(self.verdict.reasons)}
        return shown


@dataclass(frozen=True)
class RetentionRuns:
    """Starts PurgeBackupBizTalkService if backups have expired."""

    engine: Engine
    removal: Removal
    schedules: Schedules
    clock: Clock

    async def start(self, service: str, service_id: str, *, reason: str) -> bool:
        """Start a purge if there is something to delete; return whether it was started.

        :param reason: what the run is for; a second call with the same reason is the same run.
        """
        found = await self.schedules.get(service)
        if found is None or found.value.service_id != service_id or found.value.plan is None:
            return False
        if not any(verdict.delete for verdict in await self.verdicts(found.value)):
            return False
        await self.engine.start(
            Start(
                OperationName.PURGE_BACKUP,
                service,
                SCHEDULE,
                SCHEDULE,
                {"retention": reason},
                scheduled_operation_id(service_id, "retention", reason),
                service_id,
            )
        )
        return True

    async def explained(
        self, service: str, after: str = "", *, size: int = 1000
    ) -> AsyncIterator[list[Explained]]:
        """The history of a service name, newest first, with retention's verdict on each backup.

        Verdicts depend on newer backups, so a page deep in the history reads everything before it.

        :param after: a place in the history; the first page begins after it.
        :param size: how many are wanted, so that not more are read than that; more, where those
            before the place are read on the way.
        """
        found = await self.schedules.get(service)
        if found is None or found.value.plan is None:
            async for page in self.removal.history.pages(service, after, size=size):
                yield [Explained(backup, None) for backup in page]
            return
        waiting: list[Backup] = []
        retention: Retention | None = None
        pages = self.removal.history.pages(service, size=1000 if after else size)
        async for page in pages:
            waiting += page
            if retention is None:
                retention = self._knowing(found.value, waiting)
            if retention is not None:
                yield _explained(retention, waiting, after)
                waiting = []
        yield _explained(self._retention(found.value, None), waiting, after)

    def _knowing(self, schedule: Schedule, backups: list[Backup]) -> Retention | None:
        """Retention, as soon as the newest good backup has been read."""
        candidates = map(Candidate.known, backups)
        good = next(newest_good(candidates, schedule.service_id, self.clock.now()), None)
        return self._retention(schedule, good.name) if good else None

    def _retention(self, schedule: Schedule, last_good: str | None) -> Retention:
        assert schedule.plan is not None
        return Retention(
            schedule.plan,
            service_id=schedule.service_id,
            now=self.clock.now(),
            last_good=last_good,
        )

    async def verdicts(self, schedule: Schedule) -> list[Verdict]:
        """What retention would do now by the history, which includes the findings of earlier
        runs."""
        assert schedule.plan is not None
        candidates = await self.removal.candidates(schedule.service, Candidate.known)
        now = self.clock.now()
        good = next(newest_good(candidates, schedule.service_id, now), None)
        return verdicts(
            candidates,
            schedule.plan,
            service_id=schedule.service_id,
            now=now,
            last_good=good.name if good else None,
        )


def _explained(retention: Retention, backups: list[Backup], after: str) -> list[Explained]:
    explained = [Explained(b, retention.verdict(Candidate.known(b))) for b in backups]
    return [one for one in explained if History.place(one.backup) > after]
