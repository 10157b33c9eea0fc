"""Backups, restores and schedules of a soak."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.model.service import State
from shared.rules.states import ServiceOperation
from tests.soak.actions import PAIR, Actions
from tests.soak.model import Known, Violated
from tests.support.api import Reply

_LEVELS = ("descriptor", "data", "data", "restore")
_FORCED = 0.15
"""How many deletions need leave no other good backup."""

_CHANGES_WITH_TIME = {"control-numbers"}
"""Sections that a restore continues rather than repeats."""

_NO_BACKUP_MEANWHILE = ("OperationNotAllowed", "ServiceNotFound", "EditionHasNoBackup")
_NO_SCHEDULE = ("OperationNotAllowed", "ServiceNotFound", "ScheduleNotFound", "ConditionNotMet")
"""The last where a timer moves the schedule on at the same moment."""

_IN_THE_WAY = ("OperationInProgress", "BackupInUse", "BackupNotFound")
_NOT_READ = ("BlobMissing", "BlobArchived", "DescriptorForged")
"""What reading meets while somebody at the portal is at the container; the last where somebody else
has one of its name by now."""


_ATTEMPTS = 5


def given_up(monitor: Any) -> bool:
    """Whether an operation ended because its host was killed, or storage refused, so often."""
    code = monitor["error"]["code"]
    return code == "InternalError" or (
        code == "StorageUnavailable" and monitor["attempt"] >= _ATTEMPTS
    )


class BackupActions(Actions):
    """More actions, on backups."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.following: set[asyncio.Task[None]] = set()
        self._pinning = asyncio.Lock()

    async def back_up(self, known: Known) -> None:
        """Start a backup, whatever goes on, and look at what comes of it."""
        name = f"soak-{self.chance.getrandbits(48):012x}"
        accepted = await self._start_backup(known, name)
        if accepted is not None:
            self.follow(self._follow(known.name, name, accepted))
            await asyncio.sleep(0)

    def follow(self, what: Coroutine[Any, Any, None]) -> None:
        """Go on with something beside the actions."""
        self.following.add(asyncio.create_task(what))

    async def _start_backup(self, known: Known, name: str) -> Reply | None:
        reply = await self.client.surely(
            "POST",
            f"services/{known.name}/backups",
            {"name": name, "storageAccount": "offsite"},
            headers=self.client.operation_id(),
            refused=(*_NO_BACKUP_MEANWHILE, *_IN_THE_WAY),
        )
        return reply if reply.status == 202 else None

    async def _follow(self, service: str, name: str, accepted: Reply) -> None:
        monitor = await self.client.ended(accepted)
        status = monitor["status"]
        if status == "Succeeded":
            self.model.backups[name] = service
            await self._require_pair(service, name)
        elif status == "Failed":
            if monitor["error"]["code"] not in _NO_BACKUP_MEANWHILE and not given_up(monitor):
                raise Violated(f"backup {name} of {service} failed: {monitor['error']}")
        elif status != "Canceled":
            raise Violated(f"backup {name} of {service} ended {monitor}")

    async def _require_pair(self, service: str, name: str) -> None:
        found = await self._contents(service, name, "bridges")
        serials = {item["document"]["serial"] for item in found if item["name"] in PAIR}
        if len(serials) > 1:
            raise Violated(f"backup {name} of {service} tore a transaction: {found}")

    async def _contents(self, service: str, name: str, section: str) -> list[Any]:
        """The records of a section; none where somebody deletes the backup just now."""
        path = f"services/{service}/backups/{name}/contents?section={section}"
        reply = await self.client.surely("GET", path, refused=(*_IN_THE_WAY, *_NOT_READ))
        return list(reply.body["value"]) if reply.status == 200 else []

    async def verify(self, known: Known) -> None:
        """Verify a backup: what is whole is found whole."""
        chosen = self._any_backup(known)
        if chosen is not None:
            await self.verified(known.name, chosen, self.chance.choice(_LEVELS))

    async def verified(self, service: str, chosen: str, level: str) -> str:
        """Verify a backup; empty where it was found whole, else why nobody knows."""
        turns = self.model.hands.turns[chosen]
        reply = await self.client.surely(
            "POST",
            f"services/{service}/backups/{chosen}/verify",
            {"level": level},
            headers=self.client.operation_id(),
            refused=(*_IN_THE_WAY, *_NOT_READ, "OperationNotAllowed"),
        )
        if reply.status != 202:
            return str(reply.code)
        monitor = await self.client.ended(reply)
        if monitor["status"] != "Failed":
            return "" if monitor["status"] == "Succeeded" else str(monitor["status"])
        code = str(monitor["error"]["code"])
        # BackupInUse, BackupNotFound: deleted between its start and its first step.
        expected = given_up(monitor) or code in ("BackupInUse", "BackupNotFound")
        moved = turns != self.model.hands.turns[chosen] or self.model.hands.is_touched(chosen)
        if not expected and not (moved and code in _NOT_READ):
            raise Violated(f"verify of {chosen}: {monitor}")
        return code

    def _any_backup(self, known: Known) -> str | None:
        mine = sorted(name for name, service in self.model.backups.items() if service == known.name)
        return self.chance.choice(mine) if mine else None

    async def cancel(self, known: Known) -> None:
        """Ask whatever runs to stop."""
        listed = await self.client.surely("GET", f"services/{known.name}/operations?top=3")
        for operation in listed.body["value"]:
            if operation["status"] in ("NotStarted", "Running"):
                path = f"services/{known.name}/operations/{operation['id']}/cancel"
                refused = ("OperationNotAllowed", "OperationNotFound")
                await self.client.surely("POST", path, refused=refused)
                return

    async def delete_backup(self, known: Known) -> None:
        """Delete a backup, if it is not the last good one, pinned or in use."""
        chosen = self._any_backup(known)
        if chosen is None:
            return
        was_pinned = chosen in self.model.pinned
        force = "?force=true" if self.chance.random() < _FORCED else ""
        reply = await self.client.surely(
            "DELETE",
            f"services/{known.name}/backups/{chosen}{force}",
            headers=self.client.operation_id(),
            refused=(*_IN_THE_WAY, "BackupPinned", "LastGoodBackup"),
        )
        if reply.status != 202:
            return
        monitor = await self.client.ended(reply)
        if monitor["status"] == "Succeeded":
            if was_pinned and chosen in self.model.pinned:
                raise Violated(f"{chosen} was deleted, and is pinned")
            self.model.backups.pop(chosen, None)
        elif not given_up(monitor) and monitor["error"]["code"] not in (
            *_IN_THE_WAY,
            "BackupPinned",
            "LastGoodBackup",
        ):
            raise Violated(f"the deletion of {chosen}: {monitor}")

    async def pin(self, known: Known) -> None:
        """Pin a backup, or unpin it."""
        chosen = self._any_backup(known)
        if chosen is None:
            return
        await self.pinned(known.name, chosen, self.chance.random() < 0.5)

    async def pinned(self, service: str, chosen: str, pinned: bool) -> bool:
        """Pin a backup, or unpin it; whether that was done."""
        # One at a time: of two, nobody knows which came last.
        async with self._pinning:
            self.model.pinned.discard(chosen)
            reply = await self.client.surely(
                "PATCH",
                f"services/{service}/backups/{chosen}",
                {"pinned": pinned},
                refused=(*_IN_THE_WAY, *_NOT_READ),
            )
            if pinned and reply.status == 200:
                self.model.pinned.add(chosen)
        return reply.status == 200

    async def schedule(self, known: Known) -> None:
        """Save a daily schedule, or end it."""
        if self.chance.random() < 0.15:
            await self.end_schedule(known)
            return
        start = datetime.now(UTC) + timedelta(seconds=self.client.hosts.offset + 3600)
        body = {
            "status": "Automatic",
            "storageAccount": "offsite",
            "startAt": start.replace(microsecond=0).isoformat(),
            "frequencyDays": 1,
            "retentionDays": 2,
        }
        path = f"services/{known.name}/backup-schedule"
        await self.client.surely("PUT", path, body, refused=_NO_SCHEDULE)

    async def end_schedule(self, known: Known) -> None:
        """End the schedule, where there is one and the service's state allows it."""
        path = f"services/{known.name}/backup-schedule"
        await self.client.surely("DELETE", path, refused=_NO_SCHEDULE)

    async def restore(self, known: Known) -> None:
        """Restore a backup under a name that is free, look at it, and resume it."""
        backups = sorted(self.model.backups)
        if backups:
            backup = self.chance.choice(backups)
            await self.restored(known, backup, self.model.backups[backup])

    async def restored(self, known: Known, backup: str, origin: str) -> bool:
        """Restore a backup of a service under a name; whether that was done."""
        async with known.lock:
            if known.state is not None:
                return False
            reply = await self.client.surely(
                "POST",
                "restores",
                {
                    "backup": {"storageAccount": "offsite", "container": backup},
                    "service": {"name": known.name},
                },
                headers=self.client.operation_id(),
                refused=(*_IN_THE_WAY, *_NOT_READ, "ServiceExists"),
            )
            if reply.status != 202:
                return False
            monitor = await self.client.ended(reply)
            if monitor["status"] != "Succeeded":
                await self._failed_restore(known, monitor)
                return False
            known.state, known.units = State.SUSPENDED, 1
            await self._require_as_backed_up(known, origin, backup)
            await self.transition(known, ServiceOperation.RESUME)
            return True

    async def _failed_restore(self, known: Known, monitor: Any) -> None:
        codes = (*_IN_THE_WAY, *_NOT_READ)
        if monitor["error"]["code"] not in codes and not given_up(monitor):
            raise Violated(f"the restore of {known.name}: {monitor}")
        state = await self.settled(known)
        if state not in (None, State.RESTORE_FAILED):
            raise Violated(f"{known.name} is {state} after a restore that failed")
        if state is not None:
            await self.remove(known)

    async def _require_as_backed_up(self, known: Known, origin: str, backup: str) -> None:
        if await self.settled(known) is not State.SUSPENDED:
            raise Violated(f"{known.name} is not suspended after its restore")
        for agreement in ("A1", "A2", "A3"):
            if await self._allocate(known, agreement, 1):
                raise Violated(f"{known.name} issued before it was resumed")
        known.artifacts = await self.artifacts(known)
        for section in ("partners", "agreements", "bridges"):
            backed_up = await self._contents(origin, backup, section)
            wanted = {item["name"]: item["document"]["serial"] for item in backed_up}
            mine = {n: serial for (s, n), serial in known.artifacts.items() if s == section}
            if backed_up and wanted != mine:
                raise Violated(f"{known.name} restored {section} {mine}, not {wanted}")
        known.content = {}
        await self._require_the_same_lines(known, origin, backup)

    async def _require_the_same_lines(self, known: Known, origin: str, backup: str) -> None:
        """Backup, restore, backup again: the same records, by hash of their lines."""
        again = f"again-{self.chance.getrandbits(48):012x}"
        accepted = await self._start_backup(known, again)
        if accepted is None:
            return
        monitor = await self.client.ended(accepted)
        if monitor["status"] != "Succeeded":
            return  # canceled by another client
        self.model.backups[again] = known.name
        first = await self._lines(origin, backup)
        second = await self._lines(known.name, again)
        if first and second and first != second and origin == known.name:
            raise Violated(f"{backup} restored and backed up as {again}: {first}, {second}")

    async def _lines(self, service: str, backup: str) -> dict[str, str]:
        path = f"services/{service}/backups/{backup}/contents"
        reply = await self.client.surely("GET", path, refused=(*_IN_THE_WAY, *_NOT_READ))
        if reply.status != 200:
            return {}
        hashes = {part["name"]: part["linesSha256"] for part in reply.body["value"]}
        return {name: value for name, value in hashes.items() if name not in _CHANGES_WITH_TIME}
