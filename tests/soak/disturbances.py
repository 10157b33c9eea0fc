"""What happens to the storage of a soak, past the app: each an action like the others."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.model.backup import Backup, BackupStatus
from tests.soak.backups import BackupActions
from tests.soak.model import Known, Violated
from tests.soak.portal import NOTHING, Portal
from tests.soak.storage import Storage
from tests.support.proxy import Scripted

_REFUSALS = (
    (409, "ContainerImmutabilityPolicyOrLegalHold"),
    (412, "LeaseIdMissing"),
    (403, "AuthorizationPermissionMismatch"),
)
_LEVELS = ("descriptor", "data", "restore")
_BACKS = ("verify", "verify", "pin", "register", "restore", "wait")
"""How an undeleted backup is brought back: the last waits for the inventory, or for nobody."""

_UNDER_WAY_SECONDS = 0.3
_DAYS = timedelta(days=2)
_SWEEPS = 20
"""So many days and sweeps after it was last seen, a history says that a container is gone; storage
that throttles spoils some of them."""

_MAY_GO = (BackupStatus.DELETING, BackupStatus.DELETED)
_OF_A_MARK = {
    "users",
    "pinned",
    "verified_at",
    "verify_level",
    "verify_status",
    "verify_operation",
    "verify_problems",
    "container_seen",
    "account_name",
    "deletion_refused",
    "registered",
}
"""What somebody else, or the refusal itself, may write into an entry that is what it was."""


class Disturbances(BackupActions):
    """More actions, on the storage."""

    def __init__(self, *given: Any, storage: Storage, portal: Portal) -> None:
        super().__init__(*given)
        self.storage = storage
        self.portal = portal
        self.hands = self.model.hands
        self.calm = asyncio.Event()
        """Nothing is disturbed any more."""
        self._throttling = asyncio.Lock()

    async def keep(self, known: Known) -> None:
        """Copy a container that goes soon."""
        backup = await self.portal.next_to_go(known)
        if backup is not None:
            await self.portal.keep(backup)

    async def remove_container(self, known: Known) -> None:
        """Remove the container of any backup by hand: the history says so in time."""
        backup = await self.portal.any_backup(known)
        if backup is None or not await self.portal.keep(backup):
            return
        held = await self.portal.remove(backup)
        self.model.backups.pop(backup.name, None)
        if held and backup.container in self.hands.removed:
            self.hands.done[f"removed {'pinned' if backup.pinned else backup.trigger}"] += 1
            if self.chance.random() < 0.15:
                await self.portal.stranger(backup.container)
                return
            self.follow(self._becomes_missing(backup, self.hands.turns[backup.container]))

    async def _becomes_missing(self, backup: Backup, turns: int) -> None:
        """Unless it is put back: `Missing`, days after somebody last wrote that it is there."""
        hosts = self.client.hosts
        due = None
        while not await self._paused(backup, turns):
            entry = await self.portal.entry(backup)
            if not entry.status.is_held():
                self.hands.done["became Missing in time"] += entry.status is BackupStatus.MISSING
                return
            now = datetime.now(UTC) + timedelta(seconds=hosts.offset)
            seen = entry.container_seen
            if seen is None or now - seen.at < _DAYS:
                due = None
            elif due is None:
                due = hosts.asked["sweep"] + _SWEEPS
            elif hosts.asked["sweep"] >= due and turns == self.hands.turns[backup.container]:
                raise Violated(f"{backup.name} was removed by hand days ago, and is {entry}")

    async def _paused(self, backup: Backup, turns: int) -> bool:
        """A short while later: whether there is nothing to wait for any more."""
        await asyncio.sleep(0.5)
        return self.calm.is_set() or turns != self.hands.turns[backup.container]

    async def undelete(self, known: Known) -> None:
        """Put a container back, and bring its backup back in some way."""
        backup = await self.portal.undelete(known)
        if backup is None:
            return
        before = await self.portal.entry(backup)
        self.hands.done[f"undeleted {before.status}"] += 1
        self.model.backups[backup.name] = backup.service
        how = self.chance.choice(_BACKS)
        turns = self.hands.turns[backup.container]
        if how == "wait" or not await self._brought_back(backup, how):
            return
        entry = await self.portal.entry(backup)
        untouched = turns == self.hands.turns[backup.container]
        if untouched and not entry.status.is_held() and entry.status not in _MAY_GO:
            raise Violated(f"{backup.name} was undeleted ({how}) and is {entry.status}")
        self.hands.done[f"back by {how}"] += 1

    async def _brought_back(self, backup: Backup, how: str) -> bool:
        service, name = backup.service, backup.name
        if how == "pin":
            return await self.pinned(service, name, True)
        if how == "register":
            return await self._registered(backup)
        if how == "restore":
            free = [one for one in self.model.services.values() if one.state is None]
            if free and not free[0].lock.locked():
                return await self.restored(free[0], name, service)
        return not await self.verified(service, name, "data")

    async def _registered(self, backup: Backup) -> bool:
        async with self._pinning:
            reply = await self.client.surely(
                "POST",
                f"storage-accounts/offsite/backups/{backup.container}/register",
                headers=self.client.operation_id(),
                refused=(
                    "BackupNameInUse",
                    "BackupInUse",
                    "BackupNotFound",
                    "OperationIdInUse",
                    "OperationInProgress",
                    "BlobArchived",
                    "DescriptorForged",
                ),
            )
            if reply.status == 201:
                self.model.pinned.add(backup.name)
        return reply.status == 201

    async def refuse_deletion(self, known: Known) -> None:
        """The storage refuses to delete a container for a while: its backup is what it was."""
        backup = await self.portal.any_backup(known)
        if backup is None:
            return
        status, code = self.chance.choice(_REFUSALS)
        with self.storage.refusing_to_delete(backup.container, status, code):
            await asyncio.sleep(_UNDER_WAY_SECONDS)
            turns = self.hands.turns[backup.container]
            before = await self.portal.entry(backup)
            if not before.status.is_held() or not await self.portal.is_there(backup.container):
                return
            self.hands.done[f"deletions refused: {code}"] += 1
            await self._asked_to_delete(backup, turns)
            await self.verified(known.name, backup.name, "data")
            await asyncio.sleep(self.chance.uniform(0, 3))
            if turns == self.hands.turns[backup.container]:
                await self._require_as_it_was(before)

    async def _asked_to_delete(self, backup: Backup, turns: int) -> None:
        reply = await self.client.surely(
            "DELETE",
            f"services/{backup.service}/backups/{backup.name}?force=true",
            headers=self.client.operation_id(),
            refused=("OperationInProgress", "BackupInUse", "BackupNotFound", "BackupPinned"),
        )
        if reply.status != 202:
            return
        monitor = await self.client.ended(reply)
        if monitor["status"] == "Succeeded" and turns == self.hands.turns[backup.container]:
            raise Violated(f"{backup.name} was deleted, and storage refused it: {monitor}")
        if monitor["status"] == "Failed":
            self.hands.done[f"refused deletions ended {monitor['error']['code']}"] += 1

    async def _require_as_it_was(self, before: Backup) -> None:
        if not await self.portal.is_there(before.container):
            raise Violated(f"{before.name} is gone, and storage refused it")
        after = await self.portal.entry(before)
        if after.status is BackupStatus.DELETING:
            after = after.unmarked()  # one that tries just now, or was killed
        was, now = (one.model_dump(exclude=_OF_A_MARK) for one in (before, after))
        if was != now:
            raise Violated(f"{before.name} was not deleted: {was}, and is not what it was: {now}")

    async def archive(self, known: Known) -> None:
        """Blobs of a backup are archived for a while: nothing that needs them succeeds."""
        backup = await self.portal.any_backup(known)
        if backup is None:
            return
        async with self.portal.archived(backup) as what:
            turns = self.hands.turns[backup.container]
            self.hands.done[f"archived {what}"] += 1
            found = await self.verified(known.name, backup.name, self.chance.choice(_LEVELS))
            still = turns == self.hands.turns[backup.container] and what != NOTHING
            if still and not found:
                raise Violated(f"a verify found {backup.name} whole, and {what} is archived")
            self.hands.done[f"verifies of archived ended {found or 'well'}"] += 1
            await self._not_restored(backup, what, turns)
            await asyncio.sleep(self.chance.uniform(0, 2))
        await self.verified(known.name, backup.name, "data")

    async def _not_restored(self, backup: Backup, what: str, turns: int) -> None:
        free = [one for one in self.model.services.values() if one.state is None]
        if not free or free[0].lock.locked():
            return
        done = await self.restored(free[0], backup.name, backup.service)
        if done and what != NOTHING and turns == self.hands.turns[backup.container]:
            raise Violated(f"{backup.name} was restored, and {what} is archived")

    async def throttle(self, known: Known) -> None:
        """Transactions are refused inside their answers for a while: all goes on, slower."""
        if self._throttling.locked():
            return
        async with self._throttling:
            began = time.monotonic()
            with self.storage.throttling(self.chance.randint(2, 6)):
                await asyncio.sleep(self.chance.uniform(1, 5))
            self.hands.done["seconds throttled"] += round(time.monotonic() - began)

    async def say_something_new(self, known: Known) -> None:
        """Once, storage says what nobody knows."""
        method = self.chance.choice(("GET", "HEAD", "PUT"))
        line = Scripted(method, "", 409, "SomethingNew", times=1)
        with self.storage.offsite.answering(line):
            await asyncio.sleep(1)
