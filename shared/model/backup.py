"""A backup as its history keeps it, and the request that starts one."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.model.operation import Warning
from shared.model.wire import Stored, Text, Time, Wire


class Trigger(StrEnum):
    """What started a backup."""

    ON_DEMAND = "onDemand"
    SCHEDULED = "scheduled"


class BackupStatus(StrEnum):
    """Where a backup stands."""

    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    PARTIALLY_SUCCEEDED = "PartiallySucceeded"
    FAILED = "Failed"
    DELETING = "Deleting"
    """Marked: nobody may begin to use it any more, and its container goes."""
    DELETED = "Deleted"
    """Its container was removed, by retention or on demand; the name stays used."""
    CANCELED = "Canceled"
    """Stopped on request; nothing of it was left."""
    MISSING = "Missing"
    """Its container is gone, and no purge saw it go."""

    def is_held(self) -> bool:
        """Whether there is, as far as is known, a whole backup in its container."""
        return self in (BackupStatus.SUCCEEDED, BackupStatus.PARTIALLY_SUCCEEDED)


class Found(StrEnum):
    """What a look at a backup's container found."""

    WHOLE = "Whole"
    """All that the descriptor names is there, with its size; the seal is valid."""
    THERE = "There"
    """The descriptor is there; nothing else was looked at."""
    ARCHIVED = "Archived"
    """In the archive tier: as many blobs and bytes as were backed up; nothing can be read now."""
    MISSING = "Missing"
    """There is no container of that name."""
    DAMAGED = "Damaged"
    """Something of the backup is missing or changed."""
    UNREADABLE = "Unreadable"
    """Nobody can tell: the account, a key or the vault is away, or a newer version wrote it."""


class VerifyLevel(StrEnum):
    """How thoroughly a backup is verified (docs/backup-format.md)."""

    DESCRIPTOR = "descriptor"
    DATA = "data"
    RESTORE = "restore"

    def covers(self, other: "VerifyLevel") -> bool:
        """Whether it looks at all that the other one looks at."""
        levels = list(VerifyLevel)
        return levels.index(self) >= levels.index(other)


class BackupBody(Wire):
    """Body of POST services/{service}/backups."""

    name: str
    storage_account: Annotated[Text, Field(min_length=1)]
    require_idle_batches: Annotated[bool, Field(strict=True)] = False
    """Refuse where batches have active messages, which no backup holds."""


class VerifyBody(Wire):
    """Body of POST services/{service}/backups/{backup}/verify."""

    level: VerifyLevel = VerifyLevel.DATA


class PinBody(Wire):
    """Body of PATCH services/{service}/backups/{backup}."""

    pinned: Annotated[bool, Field(strict=True)]


class BackupUser(Stored):
    """An operation that reads a backup just now, so that nobody deletes it."""

    service: str
    """Under whose name the operation is logged: a restore's is its target's."""
    operation: str


class ContainerSeen(Stored):
    """What was last found in a backup's container."""

    found: Found
    at: Time


class DeletionRefused(Stored):
    """The last deletion that the storage refused; nothing was removed."""

    at: Time
    operation: str
    message: str


class BackedUpSection(Stored):
    """What the history says of a section; two backups hold the same where the hashes are equal."""

    name: str
    items: int
    lines_sha256: str


class Backup(Stored):
    """One backup in the history of a service name; kept after the service is gone."""

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
    """The storage account's own name: an alias may lead to another account later."""
    caller: str
    started_at: Time
    completed_at: Time | None = None
    operation: str
    revision: int | None = None
    items: int | None = None
    content_objects: int | None = None
    bytes: int | None = None
    digest: str | None = None
    """Of the descriptor."""
    key_ids: list[str] = Field(default_factory=list)
    """The sealing keys that reading and checking it needs."""
    sections: list[BackedUpSection] = Field(default_factory=list)
    error: str | None = None
    warnings: list[Warning] = Field(default_factory=list)
    failures: int | None = None
    """How many items could not be backed up; the descriptor names them."""
    due_at: Time | None = None
    """When the schedule wanted it; scheduled backups alone have it."""
    missed: int | None = None
    """How many due times before that one passed without a backup."""
    pinned: bool = False
    """Kept until somebody unpins it, whatever retention says."""
    registered: bool = False
    """Taken into the history by hand: made elsewhere, and never deleted by a timer."""
    users: list[BackupUser] = Field(default_factory=list)
    verified_at: Time | None = None
    verify_level: str | None = None
    verify_status: str | None = None
    """``Succeeded`` or ``Failed``: what the last verify found."""
    verify_operation: str | None = None
    verify_problems: int | None = None
    """How many faults the last verify found; its operation names them."""
    deleting_from: BackupStatus | None = None
    """What it was when it was marked: a mark may be taken back."""
    deleting_seen: bool | None = None
    """Whether the purge that marked it, or took the mark up, saw its container before that."""
    deletion_refused: DeletionRefused | None = None
    container_seen: ContainerSeen | None = None
    deleted_at: Time | None = None
    deleted_by: str | None = None
    """Id of the operation that marked it."""
    deleted_because: str | None = None

    def unmarked(self) -> "Backup":
        """What it was before a purge marked it."""
        return self.held_again(self.deleting_from or self.held_status())

    def held_status(self) -> BackupStatus:
        """How its backup ended, where its container is there."""
        return BackupStatus.PARTIALLY_SUCCEEDED if self.failures else BackupStatus.SUCCEEDED

    def held_again(self, status: BackupStatus) -> "Backup":
        """The same with a status that says nothing of a deletion."""
        return self.model_copy(update={"status": status, **_NOT_DELETED})

    def is_good(self) -> bool:
        """Whether a restore can count on it: all of it was backed up, no verify found it bad."""
        return self.status is BackupStatus.SUCCEEDED and self.verify_status != "Failed"


_NOT_DELETED: dict[str, object] = {
    "deleting_from": None,
    "deleting_seen": None,
    "deleted_at": None,
    "deleted_by": None,
    "deleted_because": None,
}
"""What an entry says that nobody deleted."""
