"""Looks at storage itself, all the time, for what must never break (docs/architecture.md)."""

import asyncio
import json
import time
from collections import Counter
from pathlib import Path

from azure.core.exceptions import AzureError
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from shared.backups.archive.reader import read_descriptor
from shared.blobs.backup_container import BackupContainer
from shared.installation.installation import Installation
from shared.model.backup import Backup, BackupStatus
from shared.model.problem import Problem
from tests.soak.client import ENDED_SECONDS
from tests.soak.model import SECRET, Model, Violated
from tests.soak.rights import Rights
from tests.support.deployed import Deployed
from tests.support.scenes import read_whole

_HELD = (BackupStatus.SUCCEEDED, BackupStatus.PARTIALLY_SUCCEEDED)
_GOING = (BackupStatus.DELETING, BackupStatus.DELETED)


class Watch:
    """What is true of storage however the hosts end."""

    def __init__(self, app: Installation, deployed: Deployed, model: Model) -> None:
        self._app = app
        self._deployed = deployed
        self._model = model
        self._hands = model.hands
        self._whole: set[str] = set()
        self._rights = Rights(app, model)
        self._began: dict[str, float] = {}
        self.looks = Counter[str]()
        self.ended = Counter[str]()
        """What the operation logs say at the end."""

    async def look(self) -> None:
        """Check everything once.

        :raises Violated: naming what broke.
        """
        there = await self._there()
        turns = Counter(self._hands.turns)
        histories = await self._histories()
        await self._nothing_hangs()
        await self._rights.look(there, turns, histories, self._began)
        self.looks["last good backups"] += self._rights.good
        self._no_verdict_without_a_hand(histories)
        await self._containers(there, histories)
        await self._pinned(histories)
        self.looks["rounds"] += 1

    async def _there(self) -> set[str]:
        listed = self._app.accounts.require("offsite", "").list_containers()
        return {str(container.name) async for container in listed}

    async def _histories(self) -> dict[str, Backup]:
        found = {}
        for service in self._model.services:
            async for page in self._app.history.pages(service):
                found.update({backup.container: backup for backup in page})
        return found

    def _no_verdict_without_a_hand(self, histories: dict[str, Backup]) -> None:
        """Of one that was deleted, a verify says that it is not there."""
        held = [b for b in histories.values() if b.status in _HELD]
        failed = [b for b in held if b.verify_status == "Failed"]
        bad = [b.name for b in failed if b.container not in self._hands.ever]
        if bad:
            raise Violated(f"a verify called whole backups damaged: {bad}")

    async def _containers(self, there: set[str], histories: dict[str, Backup]) -> None:
        """A container with a descriptor is a whole backup."""
        offsite = self._app.accounts.require("offsite", "")
        for name in sorted(there):
            turns = self._hands.turns[name]
            if self._hands.is_touched(name):
                self._whole.discard(name)
                continue
            container = BackupContainer(offsite, name)
            try:
                if not await container.blob(f"{name}.txt").exists():
                    continue
                if name in self._whole:
                    await read_descriptor(container, self._app.provider)
                    self.looks["descriptors read again"] += 1
                else:
                    await read_whole(self._app, container)
                    self._whole.add(name)
                    self.looks["backups read whole"] += 1
            except (Problem, AzureError) as error:
                if turns != self._hands.turns[name]:
                    continue
                now = await self._history_of(name, histories)
                if now is None or now.status not in _GOING:
                    raise Violated(f"{name} has a descriptor and is not whole: {error}") from error

    async def _history_of(self, container: str, histories: dict[str, Backup]) -> Backup | None:
        known = histories.get(container) or (await self._histories()).get(container)
        if known is None:
            return None
        found = await self._app.history.get(known.service, known.name)
        return found.value if found else None

    async def _pinned(self, histories: dict[str, Backup]) -> None:
        for name in self._model.pinned & histories.keys():
            if self._may_be_pinned(histories[name]):
                continue
            # It was deleted, put back, and pinned by what brought it back, since the list was read.
            now = await self._history_of(name, histories)
            if now is not None and not self._may_be_pinned(now) and name in self._model.pinned:
                raise Violated(f"{name} is pinned and {now.status}")

    def _may_be_pinned(self, backup: Backup) -> bool:
        # The history follows the record: a host that was killed between the two leaves Running.
        held = backup.status in _HELD or backup.status is BackupStatus.RUNNING
        return held or (
            backup.status is BackupStatus.MISSING and backup.container in self._hands.ever
        )

    async def _nothing_hangs(self) -> None:
        """Whatever was begun ends."""
        now = time.monotonic()
        listed = [e.operation_id async for page in self._app.in_flight.pages() for e in page]
        for operation in listed:
            self._began.setdefault(operation, now)
        late = [one for one in listed if now - self._began[one] > ENDED_SECONDS]
        if late:
            raise Violated(f"under way for more than {ENDED_SECONDS} s: {late}")

    async def idle(self) -> bool:
        """Whether nothing is under way any more.

        (A row of a start that never wrote its record goes two minutes later; nothing waits for it.)
        """
        listed = [e async for page in self._app.in_flight.pages() for e in page]
        records = self._app.records
        return not any([await records.find(e.service, e.operation_id) for e in listed])

    async def at_the_end(self) -> None:
        """What holds once nothing is under way.

        :raises Violated: naming what broke.
        """
        await self.look()
        await self._strangers()
        histories = await self._histories()
        for name in sorted(await self._there() - self._hands.strangers.keys()):
            backup = histories.pop(name, None)
            whole = await self._container(name).blob(f"{name}.txt").exists()
            if backup is None or backup.status not in _HELD or not whole:
                said = backup.status if backup else "unknown"
                raise Violated(f"{name} is left: the history says {said}, descriptor: {whole}")
        for name in self._hands.strangers:
            histories.pop(name, None)  # what is there is no backup, and may be one day
        gone = [b.name for b in histories.values() if b.status in _HELD]
        if gone:
            raise Violated(f"the history has them, no container does: {gone}")
        left = [one.operation_id async for page in self._app.left_behind.pages() for one in page]
        if left:
            raise Violated(f"left behind: {left}")
        for service in self._model.services:
            if await self._app.records.active(service) is not None:
                raise Violated(f"{service} is still locked")
            async for page in self._app.records.pages(service):
                for record in page:
                    self.ended[f"{record.operation.operation} {record.operation.status}"] += 1
                open_ = [r.operation.id for r in page if not r.operation.status.is_final()]
                if open_:
                    raise Violated(f"{service}: never ended: {open_}")
        await asyncio.to_thread(self._no_secret_outside_a_seal)

    def _container(self, name: str) -> BackupContainer:
        return BackupContainer(self._app.accounts.require("offsite", ""), name)

    async def _strangers(self) -> None:
        for name, blobs in self._hands.strangers.items():
            container = self._container(name)
            try:
                found = {path: await container.read(path, 1000) for path in blobs}
                names = [path async for path in container.names()]
            except (Problem, AzureError) as error:
                raise Violated(f"somebody else's {name} is not as it was: {error}") from error
            if found != blobs or len(names) != len(blobs):
                raise Violated(f"somebody else's {name} is not as it was: {names}")
            self.looks["containers of strangers"] += 1

    async def to_bring_back(self) -> list[Backup]:
        """Backups that are there, and of which the history says something else, or worse."""
        there = await self._there()
        return [
            backup
            for name, backup in (await self._histories()).items()
            if name in there - self._hands.strangers.keys()
            and (
                backup.status is BackupStatus.DELETING  # its purge was given up
                or (
                    name in self._hands.ever
                    and (backup.status not in _HELD or backup.verify_status == "Failed")
                )
            )
        ]

    def _no_secret_outside_a_seal(self) -> None:
        places = [path for path in self._deployed.folder.glob("*.log") if _holds(path)]
        with TableServiceClient.from_connection_string(self._deployed.state) as tables:
            for table in tables.list_tables():
                for row in tables.get_table_client(table.name).list_entities():
                    self.looks["rows searched for secrets"] += 1
                    if SECRET in json.dumps(row, default=repr):
                        places.append(Path(f"{table.name}/{row['PartitionKey']}/{row['RowKey']}"))
        for account in (self._deployed.state, self._deployed.offsite):
            with BlobServiceClient.from_connection_string(account) as blobs:
                for container in blobs.list_containers():
                    client = blobs.get_container_client(container.name)
                    for blob in client.list_blobs():
                        self.looks["blobs searched for secrets"] += 1
                        if SECRET.encode() in client.download_blob(blob.name).readall():
                            places.append(Path(container.name) / str(blob.name))
        with QueueServiceClient.from_connection_string(self._deployed.state) as queues:
            for queue in queues.list_queues():
                messages = queues.get_queue_client(queue.name).peek_messages(32)
                if any(SECRET in str(message.content) for message in messages):
                    places.append(Path(str(queue.name)))
        if places:
            raise Violated(f"secrets outside a seal: {places}")


def _holds(path: Path) -> bool:
    return SECRET.encode() in path.read_bytes()
