"""Whether what went of a soak's backups had a right to go, by what was seen of them."""

import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from shared.installation.installation import Installation
from shared.model.backup import Backup, BackupStatus
from tests.soak.model import Model, Violated

_SLACK_SECONDS = 10
"""How much later than it happened something may be seen, on a machine that is busy."""

_GOING = (BackupStatus.DELETING, BackupStatus.DELETED)


@dataclass
class _Seen:
    """A backup that anybody could have restored."""

    backup: Backup
    last: float
    """When that was so, in the seconds of ``time.monotonic``."""

    @property
    def completed(self) -> datetime:
        """When it was made."""
        assert self.backup.completed_at is not None
        return self.backup.completed_at


class Rights:
    """Remembers which backups could be restored, and when."""

    def __init__(self, app: Installation, model: Model) -> None:
        self._app = app
        self._hands = model.hands
        self._seen: dict[str, _Seen] = {}
        self._judged: set[tuple[str, str | None]] = set()
        self.good = 0
        """How many could be restored at the last look."""

    async def look(
        self,
        there: set[str],
        turns: Counter[str],
        histories: dict[str, Backup],
        began: dict[str, float],
    ) -> None:
        """Compare what is there with what was.

        :param there: containers, listed before the histories were read.
        :param turns: of somebody's hands, by the time that they were listed.
        :param began: when operations were first seen under way.
        :raises Violated: naming what broke.
        """
        self._remember(there, histories)
        for name, seen in self._seen.items():
            now = histories[name]
            untouched = turns[name] == self._hands.turns[name]
            if untouched and not self._hands.is_touched(name):
                await self._require_kept(now, name in there)
            if now.status is BackupStatus.DELETED:
                await self._require_right(seen, now, name in there, histories, began)

    async def _require_kept(self, now: Backup, is_there: bool) -> None:
        """What could be restored can be, unless a purge took it or somebody's hand was on it."""
        name, status = now.container, now.status
        if status in _GOING or (status is BackupStatus.MISSING and name in self._hands.ever):
            return
        if not status.is_held():
            raise Violated(f"{name} could be restored, and is {status}")
        if not is_there:
            raise Violated(f"{name} is {status}, and its container is gone")

    async def _require_right(
        self,
        seen: _Seen,
        now: Backup,
        was_there: bool,
        histories: dict[str, Backup],
        began: dict[str, float],
    ) -> None:
        if (now.container, now.deleted_by) in self._judged:
            return
        self._judged.add((now.container, now.deleted_by))
        name, by = now.container, now.deleted_by
        found = await self._app.records.find(now.service, by) if by else None
        if found is None:
            raise Violated(f"{name} is Deleted, and no operation says so: {by}")
        start = began.get(found[0].operation.id, seen.last)
        if was_there and name not in self._hands.undeleted and await self._is_there(name):
            raise Violated(f"{name} is Deleted, and there")
        removed = self._hands.removed.get(name)
        if removed is not None and start > removed + _SLACK_SECONDS:
            raise Violated(f"{name} was removed by hand, and is Deleted by {by}, which came later")
        parameters = found[0].operation.parameters
        if parameters.get("force"):
            self._hands.done["deleted by force"] += 1
            return
        by_rule = "retention" in parameters and not self._hands.turns[name]
        since = min(start, seen.last) - _SLACK_SECONDS
        if not self._witnesses(seen, since, histories, newer=by_rule):
            which = "newest" if by_rule else "last"
            raise Violated(
                f"{name} was the {which} good one, and went: {now.deleted_because}\n"
                f"{found[0].operation}\n{self._told(histories, now.service_id, since)}"
            )
        kind = "by retention" if "retention" in parameters else "on demand"
        self._hands.done[f"deleted with a right, {kind}"] += 1

    async def _is_there(self, name: str) -> bool:
        return await self._app.accounts.require("offsite", "").get_container_client(name).exists()

    def _witnesses(
        self, gone: _Seen, since: float, histories: dict[str, Backup], *, newer: bool
    ) -> list[str]:
        """Good backups of the same service that could be restored while it was decided.

        One that no look ever saw, since it came and went between two, is one too.
        """
        return [
            name
            for name, backup in histories.items()
            if name != gone.backup.container
            and backup.service_id == gone.backup.service_id
            and backup.completed_at is not None
            and backup.digest is not None
            and (not newer or backup.completed_at >= gone.completed)
            and self._could_be_restored(backup, since)
        ]

    def _could_be_restored(self, backup: Backup, since: float) -> bool:
        seen = self._seen.get(backup.container)
        if seen is None:
            return not backup.registered and backup.verify_status != "Failed"
        return seen.last >= since

    def _told(self, histories: dict[str, Backup], service_id: str, since: float) -> str:
        """What was seen of the backups of a service, for whoever looks for the reason."""
        mine = [one for one in histories.values() if one.service_id == service_id]
        mine.sort(key=lambda one: one.started_at)
        last = {name: round(seen.last - since, 1) for name, seen in self._seen.items()}
        return "\n".join(
            f"{one.name} {one.status}, completed {one.completed_at}: could be restored "
            f"{last.get(one.container)} s after it was decided at the earliest, "
            f"{self._hands.turns[one.container]} turns, deleted by {one.deleted_by}"
            for one in mine
        )

    def _remember(self, there: set[str], histories: dict[str, Backup]) -> None:
        now = time.monotonic()
        self.good = 0
        for name in there & histories.keys():
            backup = histories[name]
            known = backup.completed_at is not None and not backup.registered
            if backup.is_good() and known and not self._hands.is_touched(name):
                self._seen[name] = _Seen(backup, now)
                self.good += 1
