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
    """Its container is gone, and Interkeep did not remove it."""

    def is_held(self) -> bool:
        """Whether there is, as far as is known, a whole backup in its container."""
        return self in (BackupStatus.SUCCEEDED, BackupStatus.PARTIALLY_SUCCEEDED)


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
    deleted_at: Time | None = None
    deleted_by: str | None = None
    """Id of the operation that marked it."""
    deleted_because: str | None = None

    def is_good(self) -> bool:
        """Whether a restore can count on it: all of it was backed up, no verify found it bad."""
        return self.status is BackupStatus.SUCCEEDED and self.verify_status != "Failed"
