"""A backup as it is in the history, and the request that starts one."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from shared.model.noticed import Noticed
from shared.model.operation import Warning
from shared.model.wire import Stored, Text, Time, Wire


class Trigger(StrEnum):
    """What started a backup."""

    ON_DEMAND = "onDemand"
    SCHEDULED = "scheduled"


class BackupStatus(StrEnum):
    """The status of a backup."""

    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    PARTIALLY_SUCCEEDED = "PartiallySucceeded"
    FAILED = "Failed"
    DELETING = "Deleting"
    """Marked for deletion: no operation may begin to use it, and its container is being deleted."""
    DELETED = "Deleted"
    """Its container was deleted, by retention or on demand; the name cannot be used again."""
    CANCELED = "Canceled"
    """Stopped on request; its container was deleted."""
    MISSING = "Missing"
    """Its container does not exist any more, and was not deleted by a purge."""

    def is_held(self) -> bool:
        """Whether its container has a backup, as far as is known."""
        return self in (BackupStatus.SUCCEEDED, BackupStatus.PARTIALLY_SUCCEEDED)


class Found(StrEnum):
    """The result of examining a backup's container."""

    WHOLE = "Whole"
    """Everything that the descriptor names exists, with its size; the seal is valid."""
    THERE = "There"
    """The descriptor exists; nothing else was examined."""
    ARCHIVED = "Archived"
    """In the archive tier: the numbers of blobs and bytes are right, but nothing can be read
    now."""
    MISSING = "Missing"
    """There is no container with that name."""
    DAMAGED = "Damaged"
    """Something of the backup is missing or changed."""
    UNREADABLE = "Unreadable"
    """Unknown: the account, a key or the vault is not available, or a newer version wrote it."""


class VerifyLevel(StrEnum):
    """How thoroughly a backup is verified (docs/backup-format.md)."""

    DESCRIPTOR = "descriptor"
    DATA = "data"
    RESTORE = "restore"

    def covers(self, other: "VerifyLevel") -> bool:
        """Whether it checks everything that the other level checks."""
        levels = list(VerifyLevel)
        return levels.index(self) >= levels.index(other)


class BackupBody(Wire):
    """Body of POST services/{service}/backups."""

    name: str
    storage_account: Annotated[Text, Field(min_length=1)]
    require_idle_batches: Annotated[bool, Field(strict=True)] = False
    """Refuse if batches have active messages, which are not backed up."""
    pull: Annotated[bool, Field(strict=True)] = True
    """Bring a linked service to what its integration account holds first. Without it, what was
    pulled last is backed up."""


class VerifyBody(Wire):
    """Body of POST services/{service}/backups/{backup}/verify."""

    level: VerifyLevel = VerifyLevel.DATA


class PinBody(Wire):
    """Body of PATCH services/{service}/backups/{backup}."""

    pinned: Annotated[bool, Field(strict=True)]


class BackupUser(Stored):
    """An operation that is reading a backup, which protects it from deletion."""

    service: str
    """The service name under which the operation is logged: for a restore, that of its target."""
    operation: str


class ContainerSeen(Stored):
    """What was last found in a backup's container."""

    found: Found
    at: Time


class DeletionRefused(Stored):
    """The last deletion that the storage refused; nothing was deleted."""

    at: Time
    operation: str
    message: str


class BackedUpSection(Stored):
    """A section in the history; it is the same in two backups if the hashes are equal."""

    name: str
    items: int
    lines_sha256: str


class Backup(Stored):
    """One backup in the history of a service name; kept after the service is deleted."""

    name: str
    id: str
    """The id of the operation that made it."""
    service: str
    service_id: str
    edition: str
    trigger: Trigger
    status: BackupStatus
    storage_account: str
    container: str
    account_name: str | None = None
    """The storage account's own name, since an alias may name another account later."""
    caller: str
    started_at: Time
    completed_at: Time | None = None
    operation: str
    pulled: Literal[True] | None = None
    """That the account of its service was pulled for it, after it started; None where it was not,
    or where that is not known."""
    revision: int | None = None
    items: int | None = None
    content_objects: int | None = None
    bytes: int | None = None
    digest: str | None = None
    """The digest of the descriptor."""
    key_ids: list[str] = Field(default_factory=list)
    """The sealing keys that are needed to read and check it."""
    sections: list[BackedUpSection] = Field(default_factory=list)
    error: str | None = None
    warnings: list[Warning] = Field(default_factory=list)
    failures: int | None = None
    """How many items could not be backed up; the descriptor names them."""
    noticed: Noticed | None = None
    """What it noticed of counters and certificates; None if it ended in another way."""
    due_at: Time | None = None
    """The due time of a scheduled backup; others have none."""
    missed: int | None = None
    """How many due times before that one passed without a backup."""
    pinned: bool = False
    """Kept until it is unpinned, whatever retention says."""
    registered: bool = False
    """Added to the history by hand: made elsewhere, and never deleted by a timer."""
    users: list[BackupUser] = Field(default_factory=list)
    verified_at: Time | None = None
    verify_level: str | None = None
    verify_status: str | None = None
    """The result of the last verify, ``Succeeded`` or ``Failed``."""
    verify_operation: str | None = None
    verify_problems: int | None = None
    """How many faults the last verify found; its operation names them."""
    deleting_from: BackupStatus | None = None
    """The status before it was marked, for when the mark is removed."""
    deleting_seen: bool | None = None
    """Whether the purge that marked it, or took over the mark, saw its container before."""
    deletion_refused: DeletionRefused | None = None
    container_seen: ContainerSeen | None = None
    deleted_at: Time | None = None
    deleted_by: str | None = None
    """Id of the operation that marked it."""
    deleted_because: str | None = None

    def unmarked(self) -> "Backup":
        """The entry as it was before a purge marked it."""
        return self.held_again(self.deleting_from or self.held_status())

    def held_status(self) -> BackupStatus:
        """The status if its container exists: how the backup ended."""
        return BackupStatus.PARTIALLY_SUCCEEDED if self.failures else BackupStatus.SUCCEEDED

    def held_again(self, status: BackupStatus) -> "Backup":
        """The same entry with another status, and without the members of a deletion."""
        return self.model_copy(update={"status": status, **_NOT_DELETED})

    def is_good(self) -> bool:
        """Whether a restore can rely on it: everything was backed up, and no verify found it
        damaged."""
        return self.status is BackupStatus.SUCCEEDED and self.verify_status != "Failed"


_NOT_DELETED: dict[str, object] = {
    "deleting_from": None,
    "deleting_seen": None,
    "deleted_at": None,
    "deleted_by": None,
    "deleted_because": None,
}
"""Values of the members of a deletion in an entry that is not deleted."""
