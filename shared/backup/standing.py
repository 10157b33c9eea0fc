"""Which backups there really are to count on, whatever the history says of them.

Whoever deletes one counts on another one: that one's descriptor is read in the same run.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from shared.backup.reader import read_descriptor
from shared.blobs.accounts import Accounts
from shared.blobs.backup_container import BackupContainer
from shared.clock import Clock
from shared.model.backup import Backup, BackupStatus
from shared.model.problem import Code, Problem
from shared.rules.retention import Candidate, newest_good
from shared.sealing.provider import KeyProvider
from shared.state.configuration import Versioned
from shared.state.gateway import RowChanged
from shared.state.history import History

NOT_THERE = frozenset({Code.BACKUP_NOT_FOUND, Code.BLOB_MISSING})
"""What reading a descriptor meets where there is none."""

_BAD = NOT_THERE | {Code.BLOB_CORRUPT, Code.DESCRIPTOR_FORGED}
"""What says that a backup itself is none any more."""

log = logging.getLogger("interkeep.retention")


@dataclass(frozen=True)
class Standing:
    """Finds the good backups of a service that can be read now."""

    history: History
    accounts: Accounts
    provider: KeyProvider
    clock: Clock

    async def newest(
        self, service: str, service_id: str, candidates: Iterable[Candidate]
    ) -> str | None:
        """Name of the newest good backup that can be read now; those that are gone are noted.

        One that is being read is passed over: a verify may find it bad, and it stays meanwhile.

        :param candidates: newest first.
        :raises Problem: where one cannot be checked for a reason that is not its own (a key, a
            vault, an account, a newer app's format): it may be the good one.
        """
        gone: list[Versioned[Backup]] = []
        for candidate in newest_good(candidates, service_id, self.clock.now()):
            if candidate.in_use:
                continue
            found = await self.history.get(service, candidate.name)
            if found is None or not found.value.is_good():
                continue
            problem = await self._problem(found.value)
            if problem is None:
                await self._note_missing(gone, found.value.storage_account)
                return candidate.name
            if problem.code not in _BAD:
                raise problem
            log.warning("%s counts for nothing: %s", candidate.name, problem)
            if problem.code in NOT_THERE:
                gone.append(found)
        return None

    async def is_another(self, candidates: Iterable[Candidate], backup: Backup) -> bool:
        """Whether a good backup of the same service besides this one can be read now."""
        for candidate in newest_good(candidates, backup.service_id, self.clock.now()):
            if candidate.name == backup.name:
                continue
            found = await self.history.get(backup.service, candidate.name)
            if found is None or not found.value.is_good():
                continue
            problem = await self._problem(found.value)
            if problem is None:
                return True
            log.warning("%s is not counted on: %s", candidate.name, problem)
        return False

    async def _problem(self, backup: Backup) -> Problem | None:
        """Why a backup's descriptor cannot be read; None where it can."""
        try:
            account = self.accounts.require(backup.storage_account, "storageAccount")
            container = BackupContainer(account, backup.container)
            await read_descriptor(container, self.provider)
        except Problem as problem:
            return problem
        return None

    async def _note_missing(self, gone: list[Versioned[Backup]], account: str) -> None:
        """Note what is gone from an account that has others of the service.

        Where it has none, its alias may stand for another account by now.
        """
        for found in gone:
            if found.value.storage_account != account:
                continue
            client = self.accounts.require(account, "storageAccount")
            if await BackupContainer(client, found.value.container).exists():
                continue
            missing = found.value.model_copy(update={"status": BackupStatus.MISSING})
            try:
                await self.history.change(missing, found.etag)
            except RowChanged:
                continue
