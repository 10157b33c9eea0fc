"""The decision of one retention run, after examining every backup because of which others would be
deleted."""

import logging
from dataclasses import dataclass, field, replace
from datetime import timedelta

from shared.backups.catalog.away import Away
from shared.backups.catalog.presence import Look, noted
from shared.backups.catalog.removal import Removal
from shared.model.backup import Backup, Found
from shared.model.operation import Warning
from shared.model.problem import Problem
from shared.model.schedule import Plan
from shared.operations.task import Task
from shared.rules.retention import Candidate, Verdict, last_good_of, unseen, verdicts
from shared.storage.pace import Pace
from shared.storage.tables import RowChanged
from shared.storage.versioned import Versioned
from shared.streams.bounded import each_of

_AT_ONCE = 8
_LASTS = timedelta(hours=1)
"""How long a backup that one attempt found whole counts as whole for the next attempt."""

_MOST_WARNINGS = 50
"""A record has limited space: if an account is unavailable, all of its backups have the same
warning."""

log = logging.getLogger("interkeep.retention")


@dataclass(frozen=True)
class Decision:
    """Verdicts, and what they depend on."""

    verdicts: list[Verdict]
    last_good: Candidate | None
    """The newest good backup, found whole; None also if no deletion depends on it."""
    forbids: Problem | None
    """Why nothing may be deleted: the backup that may be the newest good one cannot be examined."""


@dataclass
class Counting:
    """One run. It remembers what it found, and tries an unavailable account only once."""

    removal: Removal
    task: Task
    service_id: str
    plan: Plan
    away: Away = field(default_factory=Away)
    _problems: dict[str, Problem] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)
    """Aliases of the accounts in which a backup of the service was found."""
    _gone: list[Versioned[Backup]] = field(default_factory=list)
    _pace: Pace = field(default_factory=lambda: Pace(_AT_ONCE))

    async def decide(self) -> Decision:
        """Decide, examine what the decision depends on, and decide again, until all of that is
        examined.

        If nothing would be deleted, nothing is examined.
        """
        service = self.task.operation.service
        candidates = await self.removal.candidates(service)
        while True:
            decision = self._decision(candidates)
            wanted = unseen(decision.verdicts, decision.last_good)
            if decision.forbids is not None or not wanted:
                break
            looked = await self._look_at(wanted)
            candidates = [looked.get(one.name, one) for one in candidates]
            # A backup that changed since it was listed, or is not in the history any more, is
            # skipped.
        for found in self._gone:
            await self.note_missing(found)
        return decision

    def _decision(self, candidates: list[Candidate]) -> Decision:
        now = self.removal.clock.now()
        last_good = last_good_of(candidates, self.service_id, now)
        name = None
        forbids = None
        if last_good is not None:
            name = last_good.name
            if last_good.found is Found.UNREADABLE and self.plan.keep_at_least_one:
                forbids = self._problems[last_good.name]
        decided = verdicts(
            candidates, self.plan, service_id=self.service_id, now=now, last_good=name
        )
        counted_on = last_good if self.plan.keep_at_least_one else None
        return Decision(decided, counted_on, forbids)

    async def _look_at(self, wanted: list[Candidate]) -> dict[str, Candidate]:
        self.task.report("looking at what is counted on", 0, len(wanted))
        looked: dict[str, Candidate] = {}

        async def one(candidate: Candidate) -> None:
            await self.task.checkpoint()
            looked[candidate.name] = await self._looked(candidate)
            self.task.report("looking at what is counted on", len(looked), len(wanted))

        await each_of(wanted, one, self._pace)
        return looked

    async def _looked(self, candidate: Candidate) -> Candidate:
        """A candidate with what was found; in its present state, if it was changed since."""
        found = await self.removal.history.get(self.task.operation.service, candidate.name)
        if found is None:
            return replace(candidate, found=Found.MISSING)
        backup = found.value
        now = Candidate.of(backup)
        if not now.good:
            return now
        look = await self._look(backup)
        if look.found in (Found.WHOLE, Found.ARCHIVED):
            self._seen.add(backup.storage_account)
        if look.problem is not None:
            self._problems[candidate.name] = look.problem
            log.warning("%s: %s: %s", candidate.name, look.found, look.problem)
        if look.found is Found.MISSING:
            self._gone.append(found)
        else:
            await self._note(found, look)
        return replace(now, found=look.found)

    async def _look(self, backup: Backup) -> Look:
        away = self.away.of(backup.storage_account)
        if away is not None:
            return Look(Found.UNREADABLE, away)
        if self._was_whole(backup):
            return Look(Found.WHOLE)
        look = await self.removal.presence.look(backup, self.task.checkpoint)
        if look.problem is not None:
            self.away.met(look.problem)
        return look

    def _was_whole(self, backup: Backup) -> bool:
        """Whether an earlier attempt of this run found it whole, within the last hour."""
        operation, seen = self.task.operation, backup.container_seen
        if operation.attempt <= 1 or operation.started_at is None or seen is None:
            return False
        recent = self.removal.clock.now() - seen.at <= _LASTS
        return seen.found is Found.WHOLE and seen.at >= operation.started_at and recent

    def require_answering(self, backup: Backup) -> None:
        """Refuse to try an account again that did not answer in this run.

        :raises Problem: StorageUnavailable.
        """
        away = self.away.of(backup.storage_account)
        if away is not None:
            raise away

    async def _note(self, found: Versioned[Backup], look: Look) -> None:
        """Store what was found in the history, also for the next attempt; if another writer changes
        the entry meanwhile, that takes precedence."""
        since = self.task.operation.started_at
        changed = noted(found.value, look, self.removal.clock.now(), since)
        if changed is None:
            return
        try:
            await self.removal.history.change(changed, found.etag)
        except RowChanged:
            return

    async def note_missing(self, found: Versioned[Backup]) -> bool:
        """Store that a backup is missing, unless its alias may name another account by now.

        If the history does not have the account's own name, another backup must have been found in
        it. Returns whether it was stored.
        """
        backup = found.value
        if self.removal.presence.elsewhere(backup) is not None:
            return False
        if backup.account_name is None and backup.storage_account not in self._seen:
            return False
        await self.removal.note_missing(found)
        return True

    def warnings(self, decision: Decision) -> list[Warning]:
        """A warning for each backup that is kept because it cannot be examined."""
        kept = [
            verdict.backup.name
            for verdict in decision.verdicts
            if verdict.backup.found is Found.UNREADABLE
        ]
        found = [
            Warning(
                code=self._problems[name].code,
                message="It is kept, and counts for nothing, until it can be looked at. "
                f"{self._problems[name].message}",
                target=name,
            )
            for name in kept[:_MOST_WARNINGS]
        ]
        if len(kept) > _MOST_WARNINGS:
            found.append(
                Warning(
                    code=found[-1].code,
                    message=f"{len(kept) - _MOST_WARNINGS} more cannot be looked at.",
                )
            )
        return found
