"""Whether a backup exists, whatever the history says about it.

What a descriptor names is compared with a list of its container: names and sizes. No content is
read, and only the names in the descriptor itself are held in memory completely.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from azure.core.exceptions import AzureError

from shared.backups.archive.opened import OpenBackup
from shared.backups.archive.paths import descriptor_path
from shared.backups.archive.reader import forged, section_records
from shared.blobs.accounts import Accounts
from shared.blobs.backup_container import NOT_THERE as GONE
from shared.blobs.backup_container import BackupContainer, archived, corrupt, missing
from shared.model.backup import Backup, ContainerSeen, Found
from shared.model.descriptor import Descriptor
from shared.model.problem import Code, Problem
from shared.model.sections import CONTENT
from shared.rules.naming import shown
from shared.sealing.provider import KeyProvider
from shared.storage.refusals import meaning, passes, said
from shared.streams.merged import merged
from shared.streams.read_ahead import first_of, with_first

NOT_THERE = frozenset({Code.BACKUP_NOT_FOUND, Code.BLOB_MISSING})
"""Errors of reading a descriptor that does not exist."""

_BAD = NOT_THERE | {Code.BLOB_CORRUPT, Code.DESCRIPTOR_FORGED}
"""Errors that mean that the backup itself is unusable."""

NOTED_AGAIN = timedelta(days=1)
"""How old a finding in the history must be before the same finding is written again."""

_SECONDARY = "-secondary"
_CONTENT = "content/"

Objects = AsyncIterator[list[tuple[str, int]]]
"""Pages of hash and size, in the order of the hashes."""

Tell = Callable[[Problem], None]
Checkpoint = Callable[[], Awaitable[None]]


async def compare(
    container: BackupContainer,
    named: Mapping[str, int],
    objects: Objects,
    tell: Tell,
    checkpoint: Checkpoint | None = None,
    other: Callable[[str], None] | None = None,
) -> int:
    """Compare what a backup consists of with a list of its container; return how many objects it
    names.

    :param named: path → bytes of its sections and its secrets.
    :param objects: the content that it refers to; a Problem that they raise is reported as a fault.
    :param tell: called with each fault: BlobMissing, BlobCorrupt, and BlobArchived for what exists
        but cannot be read. It may raise.
    :param checkpoint: awaited now and then.
    :param other: called with the path of each blob that is neither named nor content.
    """
    left = dict(named)
    listed = _listed(container, left, tell, other)
    count = 0
    try:
        # The list first: the objects may be read ahead already.
        listed = with_first(await first_of(listed), listed)
        pairs = merged(objects, listed, lambda one: one[0], lambda one: one[0])
        async for page in pairs:
            if checkpoint is not None:
                await checkpoint()
            for wanted, there in page:
                if wanted is None:
                    continue
                count += 1
                _compare_object(container.name, wanted, there, tell)
    except Problem as problem:
        tell(problem)
        async for _ in listed:
            pass  # the rest of the list may have what was not found yet
    for path in left:
        tell(missing(container.name, path))
    return count


async def _listed(
    container: BackupContainer,
    left: dict[str, int],
    tell: Tell,
    other: Callable[[str], None] | None = None,
) -> Objects:
    """The content objects of a list; other blobs are compared and removed from ``left`` on the
    way."""
    try:
        async for blob in container.listed():
            is_content = blob.name.startswith(_CONTENT)
            wanted = blob.size if is_content else left.pop(blob.name, None)
            if blob.archived and wanted is not None:
                tell(archived(container.name, blob.name))
            if wanted is None and other is not None and not blob.directory:
                other(blob.name)
            if is_content:
                yield [(blob.name.removeprefix(_CONTENT), blob.size)]
            elif wanted not in (None, blob.size):
                fault = f"it has {blob.size} bytes, the descriptor says {wanted}"
                tell(corrupt(blob.name, fault))
    except AzureError as error:
        if said(error) not in GONE:
            raise
        raise Problem(
            Code.BACKUP_NOT_FOUND,
            f"The container '{container.name}' went while it was looked at.",
            target=container.name,
        ) from error


def _compare_object(
    container: str, wanted: tuple[str, int], there: tuple[str, int] | None, tell: Tell
) -> None:
    path = f"{_CONTENT}{wanted[0]}"
    if there is None:
        tell(missing(container, path))
    elif there[1] != wanted[1]:
        tell(corrupt(path, f"it has {there[1]} bytes, its section says {wanted[1]}"))


async def compare_all(backup: OpenBackup, tell: Tell, checkpoint: Checkpoint | None = None) -> int:
    """``compare`` for everything that a backup's descriptor names."""
    secrets = backup.descriptor.secrets
    named = {part.blob: part.bytes for part in backup.descriptor.sections}
    named[secrets.blob] = secrets.bytes
    return await compare(backup.container, named, _objects(backup), tell, checkpoint)


async def _objects(backup: OpenBackup) -> Objects:
    async for page in section_records(backup.container, backup.section(CONTENT)):
        yield [(str(line.get("sha256")), _size(line.get("size"))) for line in page]


def _size(value: object) -> int:
    return value if isinstance(value, int) else -1


def account_name(accounts: Accounts, alias: str) -> str | None:
    """The name of the account that an alias names, directly or by its replica; None if no account
    is registered, or its address does not contain the name."""
    return _addressed(accounts, alias).removesuffix(_SECONDARY) or None


def _addressed(accounts: Accounts, alias: str) -> str:
    """What an alias names: an account, with the suffix of a replica; empty if unknown."""
    if alias not in accounts.aliases:
        return ""
    return str(accounts.require(alias, "").account_name or "").partition(".")[0]


@dataclass(frozen=True)
class Look:
    """The result of examining a backup."""

    found: Found
    problem: Problem | None = None
    """Why it is not whole."""
    account_name: str | None = None
    """The account in which it was found."""


@dataclass(frozen=True)
class Presence:
    """Examines the backups of the history in their containers."""

    accounts: Accounts
    provider: KeyProvider

    def container(self, backup: Backup) -> BackupContainer:
        """The container of a backup.

        :raises Problem: StorageAccountUnknown.
        """
        account = self.accounts.require(backup.storage_account, "storageAccount")
        return BackupContainer(account, backup.container)

    def account_name(self, alias: str) -> str | None:
        """As the function with this name."""
        return account_name(self.accounts, alias)

    def is_certain(self, backup: Backup) -> bool:
        """Whether a missing container is really missing: the alias names the backup's own account,
        and not a replica of it, which may be out of date."""
        addressed = _addressed(self.accounts, backup.storage_account)
        return backup.account_name is not None and backup.account_name == addressed

    async def is_gone(self, backup: Backup) -> bool:
        """Whether its container certainly does not exist."""
        try:
            return self.is_certain(backup) and not await self.container(backup).exists()
        except (AzureError, Problem):
            return False

    def elsewhere(self, backup: Backup) -> Problem | None:
        """Why a missing container says nothing about the backup; None unless the alias is known to
        name another account than the one that the backup was written to."""
        now = self.account_name(backup.storage_account)
        if backup.account_name is None or now is None or backup.account_name == now:
            return None
        return Problem(
            Code.STORAGE_ACCOUNT_UNKNOWN,
            f"Backup '{shown(backup.name)}' is in the storage account '{backup.account_name}', but "
            f"'{backup.storage_account}' leads to '{now}' by now, where there is no container "
            f"'{backup.container}'. Register the account '{backup.account_name}' under this alias "
            "again, or copy the container.",
            target=backup.storage_account,
        )

    def not_there(self, alias: str, container: str) -> Problem:
        """The problem of a backup whose container is missing."""
        name = self.account_name(alias)
        account = f"'{alias}' ({name})" if name and name != alias else f"'{alias}'"
        return Problem(
            Code.BACKUP_NOT_FOUND,
            f"There is no container '{shown(container)}' in the storage account {account}. If it "
            "was deleted, undelete it in the portal under its name, for as long as the account "
            "keeps deleted containers, and try again.",
            target="backup",
        )

    async def open(self, backup: Backup) -> OpenBackup:
        """Open a backup in the container that the history names.

        :raises Problem: BackupNotFound, naming container and account; StorageAccountUnknown, also
            if the alias names another account by now; DescriptorForged, also if the descriptor is
            that of another backup; FormatUnknown, KeyUnavailable, BlobArchived.
        """
        container = self.container(backup)
        try:
            opened = await OpenBackup.read(
                container, self.provider, accept_renamed=backup.registered
            )
        except Problem as problem:
            if problem.code not in NOT_THERE or await container.exists():
                raise
            gone = self.not_there(backup.storage_account, backup.container)
            raise self.elsewhere(backup) or gone from problem
        if not is_of(backup, opened.descriptor):
            path = descriptor_path(opened.descriptor.backup.name)
            raise forged(path, "it is not the one that the history knows")
        return opened

    async def look(self, backup: Backup, checkpoint: Checkpoint | None = None) -> Look:
        """Check whether a backup is whole: its seal, and everything that its descriptor names.

        :param checkpoint: awaited now and then.
        """
        try:
            return await self._look(backup, checkpoint)
        except Problem as problem:
            return Look(_found(problem), problem)
        except AzureError as error:
            return Look(Found.UNREADABLE, cannot_ask(backup, error))

    async def _look(self, backup: Backup, checkpoint: Checkpoint | None = None) -> Look:
        faults: list[Problem] = []

        def tell(problem: Problem) -> None:
            if problem.code not in _BAD:
                raise problem
            faults.append(problem)

        try:
            await compare_all(await self.open(backup), _first(tell, faults), checkpoint)
        except Problem as problem:
            if problem.code is Code.BLOB_ARCHIVED and not faults:
                return await self._look_at_archived(backup, problem)
            if problem.code is Code.BACKUP_NOT_FOUND and await self.container(backup).exists():
                return Look(Found.DAMAGED, problem)
            raise
        name = self.account_name(backup.storage_account)
        if faults:
            return Look(_found(faults[0]), faults[0], name)
        return Look(Found.WHOLE, None, name)

    async def _look_at_archived(self, backup: Backup, problem: Problem) -> Look:
        """An archived backup that cannot be read counts as existing if its container has as many
        bytes as were written."""
        descriptor = content = size = 0
        own = {descriptor_path(backup.name), descriptor_path(backup.container)}
        async for blob in self.container(backup).listed():
            if blob.name in own:
                descriptor += 1
                continue
            content += blob.name.startswith(_CONTENT)
            size += blob.size
        if backup.bytes is None or backup.content_objects is None:
            return Look(Found.UNREADABLE, problem)
        if descriptor and content >= backup.content_objects and size >= backup.bytes:
            return Look(Found.ARCHIVED, problem, self.account_name(backup.storage_account))
        return Look(Found.DAMAGED, problem)


def noted(
    backup: Backup, look: Look, now: datetime, since: datetime | None = None
) -> Backup | None:
    """The entry with the result of an examination; None if it says the same already.

    :param since: findings after this time are new enough; None for those of the last day.
    """
    before = backup.container_seen
    same = before is not None and before.found is look.found
    name = look.account_name or backup.account_name
    new = before is not None and before.at > (since or now - NOTED_AGAIN)
    if same and new and name == backup.account_name:
        return None
    seen = ContainerSeen(found=look.found, at=now)
    return backup.model_copy(update={"container_seen": seen, "account_name": name})


def is_of(backup: Backup, descriptor: Descriptor) -> bool:
    """Whether a descriptor belongs to a backup in the history."""
    made = descriptor.backup
    if backup.digest is not None:
        return backup.digest == descriptor.digest
    return backup.id == made.id and (backup.registered or backup.operation == made.operation_id)


def cannot_ask(backup: Backup, error: AzureError) -> Problem:
    """The problem of a backup whose account does not answer, or refuses the app."""
    return Problem(
        Code.STORAGE_UNAVAILABLE,
        f"The storage account '{backup.storage_account}' cannot be asked. {meaning(error)}.",
        target=backup.storage_account,
        retry_after_seconds=60 if passes(error) else None,
    )


@contextmanager
def asking(backup: Backup) -> Iterator[None]:
    """Turn errors of a backup's account in the body into a Problem.

    :raises Problem: StorageUnavailable if it does not answer, or refuses.
    """
    try:
        yield
    except AzureError as error:
        raise cannot_ask(backup, error) from error


def _first(tell: Tell, faults: list[Problem]) -> Tell:
    """Keep only the first fault: to know whether a backup is whole, one of a million is enough."""

    def once(problem: Problem) -> None:
        if not faults:
            tell(problem)

    return once


def _found(problem: Problem) -> Found:
    if problem.code is Code.BACKUP_NOT_FOUND:
        return Found.MISSING
    return Found.DAMAGED if problem.code in _BAD else Found.UNREADABLE
