"""The backups of a storage account, found by their descriptors, including those of other
installations.

Only descriptors are read, no section and no content. Anyone with write access to the account may
have written them: a descriptor that cannot be trusted is shown as such, and does not make a page
fail.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from azure.core.exceptions import AzureError

from shared.backups.archive.paths import descriptor_path
from shared.backups.archive.reader import find_descriptor, forged, undamaged_descriptor
from shared.blobs.accounts import Accounts, containers
from shared.blobs.backup_container import NOT_THERE, BackupContainer
from shared.model.descriptor import Descriptor
from shared.model.place import BrowsePlace
from shared.model.problem import Code, Problem
from shared.model.wire import JsonObject
from shared.rules.naming import require_backup_name, require_service_name, service_key, shown
from shared.sealing.provider import KeyProvider
from shared.state.history import History
from shared.storage.refusals import Said, meaning, passes, said

_MOST_TEXT_BYTES = 4 * 1024 * 1024
"""Largest descriptor that is examined here; that of a usual backup has some KiB."""

_MOST_LOOKED_AT = 500
"""Containers that are examined for one page: an account may have very many that are not backups."""

_MOST_READ_BYTES = 64 * 1024 * 1024
_MOST_LISTED = 50
"""Containers of one list request: the limits above are checked between two of these."""

_AT_ONCE = 8

_NO_ROLE = (
    "The container may not be read. Give the app's identity the role Storage Blob Data "
    "Contributor on it."
)
_UNREADABLE = "The container cannot be read."


@dataclass(frozen=True)
class BrowsedPage:
    """Some of the backups of an account."""

    backups: Sequence[JsonObject] = field(repr=False)
    following: BrowsePlace | None
    """Where the next page begins; None after the last one."""


@dataclass(frozen=True)
class _Look:
    """What was found in one container."""

    read: int
    """Bytes that were read."""
    shown: JsonObject | None = field(default=None, repr=False)
    """None if it holds no backup."""
    service: str = ""
    """The service that it claims to belong to, in the form in which names are compared; empty if it
    cannot be trusted."""


class Browsing:
    """Lists the backups in registered accounts."""

    def __init__(self, accounts: Accounts, provider: KeyProvider, history: History) -> None:
        self._accounts = accounts
        self._provider = provider
        self._history = history
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def page(
        self, alias: str, *, most: int, place: BrowsePlace | None, service: str | None
    ) -> BrowsedPage:
        """The backups of an account, in the order of their containers' names.

        :param most: how many; fewer if many containers hold none.
        :param service: only those of this service name.
        :raises Problem: StorageAccountUnknown; InvalidRequest for a place that is not from a page.
        """
        account = self._accounts.require(alias, "account")
        marker = place.marker if place else ""
        found: list[JsonObject] = []
        looked = read = 0
        while True:
            wanted = min(most - len(found), _MOST_LISTED)
            listed = await containers(account, marker, wanted)
            looks = await asyncio.gather(
                *(self._look(alias, BackupContainer(account, name)) for name in listed.names)
            )
            found += [
                look.shown
                for look in looks
                if look.shown and (service is None or look.service == service_key(service))
            ]
            looked += max(1, len(listed.names))
            read += sum(look.read for look in looks)
            marker = listed.following
            if not marker:
                return BrowsedPage(found, None)
            if len(found) >= most or looked >= _MOST_LOOKED_AT or read >= _MOST_READ_BYTES:
                return BrowsedPage(found, BrowsePlace(marker=marker))

    async def _look(self, alias: str, container: BackupContainer) -> _Look:
        read = 0
        try:
            require_backup_name(container.name)
            async with self._slots:
                read = _MOST_TEXT_BYTES
                found = await find_descriptor(container, _MOST_TEXT_BYTES)
                read = found.read_bytes
                if found.text is None:
                    return _Look(read)
                descriptor = undamaged_descriptor(found.path, found.text)
            shown_backup = await self._described(alias, container.name, found.path, descriptor)
            return _Look(read, shown_backup, service_key(descriptor.service.name))
        except Problem as problem:
            if problem.code is Code.INVALID_NAME:
                return _Look(0)
            return _refused(read, container.name, problem)
        except AzureError as error:
            if said(error) in NOT_THERE:
                return _Look(0)
            if passes(error):
                raise
            told = _NO_ROLE if said(error) is Said.REFUSED else f"{_UNREADABLE} {meaning(error)}."
            return _refused(0, container.name, Problem(Code.STORAGE_UNAVAILABLE, told))

    async def _described(
        self, alias: str, container: str, path: str, descriptor: Descriptor
    ) -> JsonObject:
        require_names(path, descriptor)
        key_missing: Problem | None = None
        try:
            if not await self._provider.check(descriptor.digest, descriptor.seal):
                raise forged(path, f"its seal was not made with '{shown(descriptor.seal.key_id)}'")
        except Problem as problem:
            if problem.code is not Code.KEY_UNAVAILABLE:
                raise
            key_missing = problem
        backup = descriptor.backup
        item: JsonObject = {
            "container": container,
            "descriptor": shown(path),
            "renamed": (backup.name, path) != (container, descriptor_path(container)),
            "seal": "keyUnavailable" if key_missing else "valid",
            "sealedWith": shown(descriptor.seal.key_id),
            **await self._known(alias, container, descriptor),
            **_claims(descriptor),
        }
        if key_missing:
            item["problem"] = _problem(key_missing)
        return item

    async def _known(self, alias: str, container: str, descriptor: Descriptor) -> JsonObject:
        """Whether the history has this backup, here or in another container."""
        found = await self._history.get(descriptor.service.name, descriptor.backup.name)
        if found is None or found.value.id != descriptor.backup.id:
            return {"known": False}
        backup = found.value
        if backup.digest not in (None, descriptor.digest):
            return {"known": False}
        if (backup.storage_account, backup.container) == (alias, container):
            return {"known": True}
        place = {"storageAccount": backup.storage_account, "container": backup.container}
        return {"known": False, "copyOf": {**place}}


def require_names(path: str, descriptor: Descriptor) -> None:
    """Refuse a descriptor with names that a backup cannot have.

    :raises Problem: DescriptorForged.
    """
    try:
        require_service_name(descriptor.service.name)
        require_backup_name(descriptor.backup.name)
    except Problem as problem:
        raise forged(path, "it has names that no backup has") from problem


def _claims(descriptor: Descriptor) -> JsonObject:
    """What the descriptor says, with its texts made safe to show, as it may not be trusted."""
    backup, service = descriptor.backup, descriptor.service
    return {
        "backup": {
            "id": shown(backup.id),
            "name": backup.name,
            "trigger": shown(backup.trigger),
            "startedAt": shown(backup.started_at),
            "completedAt": shown(backup.completed_at),
            "outcome": shown(backup.outcome),
            "producer": shown(backup.producer),
        },
        "service": {
            "id": shown(service.id),
            "name": service.name,
            "edition": shown(service.edition),
            "unitCount": service.unit_count,
            "region": shown(service.region),
        },
        "items": sum(part.items for part in descriptor.sections),
        "contentObjects": descriptor.content.objects,
        "failures": len(descriptor.failures),
        "digest": descriptor.digest,
    }


def _refused(read: int, container: str, problem: Problem) -> _Look:
    return _Look(read, {"container": container, "problem": _problem(problem)})


def _problem(problem: Problem) -> JsonObject:
    return {"code": str(problem.code), "message": problem.message}
