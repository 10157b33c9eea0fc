"""Somebody at the portal of the account that backups are written to: past the app, and its relays.

Whoever removes a container keeps a copy, and may put it back, as the service's soft delete does.
"""

import asyncio
import random
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import StandardBlobTier
from azure.storage.blob.aio import BlobServiceClient, ContainerClient

from shared.installation.installation import Installation
from shared.model.backup import Backup, BackupStatus
from tests.soak.model import Hands, Known
from tests.soak.storage import Storage
from tests.support.stored import Undeleted

_MOST_KEPT = 16
_UNDER_WAY_SECONDS = 0.3
"""How long a request that was on its way before a change of the relays may take."""

NOTHING = "nothing"
STRANGERS = ("strangers-own", "strangers-backups")


@dataclass(frozen=True)
class Kept:
    """A copy of a backup's container."""

    backup: Backup
    """What the history said when it was copied."""
    copy: Undeleted


class Portal:
    """Removes containers, puts them back, moves their blobs to the archive tier."""

    def __init__(
        self, app: Installation, storage: Storage, hands: Hands, chance: random.Random
    ) -> None:
        self._app = app
        self._storage = storage
        self._hands = hands
        self._chance = chance
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    @property
    def _account(self) -> BlobServiceClient:
        return self._app.accounts.require("offsite", "")

    def _client(self, container: str) -> ContainerClient:
        return self._account.get_container_client(container)

    async def entry(self, backup: Backup) -> Backup:
        """What the history says of a backup now."""
        found = await self._app.history.get(backup.service, backup.name)
        assert found is not None, "the history forgets nothing"
        return found.value

    async def is_there(self, container: str) -> bool:
        """Whether there is a container of that name."""
        return await self._client(container).exists()

    async def any_backup(self, known: Known) -> Backup | None:
        """One that the history holds, and that nobody at the portal is at."""
        free = await self._free(known)
        return self._chance.choice(free) if free else None

    async def next_to_go(self, known: Known) -> Backup | None:
        """The one that retention takes next, as far as there is no copy of it."""
        free = [backup for backup in await self._free(known) if backup.due_at is not None]
        left = [backup for backup in free if backup.container not in self._kept]
        return left[-1] if left else None

    async def _free(self, known: Known) -> list[Backup]:
        """Newest first."""
        pages = self._app.history.pages(known.name)
        held = [b async for page in pages for b in page if b.status.is_held()]
        return [b for b in held if not self._hands.is_touched(b.container)]

    async def keep(self, backup: Backup) -> bool:
        """Copy a container, in case that it goes; whether all of it was there."""
        if backup.container in self._kept:
            return True
        turns = self._hands.turns[backup.container]
        try:
            copy = await Undeleted.of(self._client(backup.container))
        except HttpResponseError:
            return False  # it went, or somebody archives it
        if f"{backup.name}.txt" not in copy.blobs or turns != self._hands.turns[backup.container]:
            return False
        self._kept[backup.container] = Kept(backup, copy)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return True

    async def remove(self, backup: Backup) -> bool:
        """Remove a container by hand; whether the history held the backup then."""
        name = backup.container
        with self._hands.at(name):
            if not (await self.entry(backup)).status.is_held():
                return False
            with suppress(ResourceNotFoundError):
                await self._client(name).delete_container()
                self._hands.remove(name)
            # A purge that had seen it may go on as if it had deleted it.
            return (await self.entry(backup)).status is not BackupStatus.DELETING

    async def undelete(self, known: Known) -> Backup | None:
        """Put a container back that went, however it went; its backup, None where there is none."""
        gone = [
            kept
            for kept in list(self._kept.values())
            if kept.backup.service == known.name
            and kept.backup.container not in self._hands.strangers
            and not self._hands.busy[kept.backup.container]
            and not await self.is_there(kept.backup.container)
        ]
        if not gone:
            return None
        kept = self._chance.choice(gone)
        name = kept.backup.container
        # The service puts it back at once: no host sees a part of it.
        with self._hands.at(name), self._storage.hiding(name):
            await asyncio.sleep(_UNDER_WAY_SECONDS)
            try:
                await kept.copy.undelete(self._client(name))
            except ResourceExistsError:
                return None
            self._hands.put_back(name)
        return kept.backup

    @asynccontextmanager
    async def archived(self, backup: Backup) -> AsyncIterator[str]:
        """The content of a backup, its descriptor, or all of it is archived meanwhile; which."""
        name = backup.container
        prefixes = {"content": "content/", "descriptor": f"{backup.name}.txt", "all of it": ""}
        which = self._chance.choice(list(prefixes))
        with self._hands.at(name):
            self._hands.archived.add(name)
        moved = await self._move(name, prefixes[which], StandardBlobTier.ARCHIVE)
        try:
            yield which if moved else NOTHING
        finally:
            await self._move(name, prefixes[which], StandardBlobTier.HOT)
            with self._hands.at(name):
                self._hands.archived.discard(name)

    async def _move(self, container: str, prefix: str, tier: StandardBlobTier) -> int:
        moved = 0
        with suppress(ResourceNotFoundError):
            client = self._client(container)
            async for blob in client.list_blob_names(name_starts_with=prefix):
                await client.get_blob_client(blob).set_standard_blob_tier(tier)
                moved += 1
        return moved

    async def stranger(self, container: str) -> None:
        """Somebody else makes a container."""
        blobs = {"robots.txt": b"User-agent: *", f"{container}.txt": b"Shopping: milk"}
        with self._hands.at(container), suppress(ResourceExistsError):
            await self._client(container).create_container(metadata={"whose": "somebody-elses"})
            self._hands.strangers[container] = blobs
            for name, data in blobs.items():
                await self._client(container).upload_blob(name, data)
