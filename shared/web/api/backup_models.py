"""Models of answers about backups, restores and schedules; see ``models``."""

from typing import Literal

from pydantic import ConfigDict, Field

from shared.model.artifact import ContentReference
from shared.model.backup import Backup, BackupStatus
from shared.model.descriptor import (
    BackupPart,
    ConsistencyPart,
    ContentPart,
    Failure,
    NotIncluded,
    Remark,
    ServicePart,
)
from shared.model.problem import Code
from shared.model.restore import RestoreBody, RestorePlan
from shared.model.schedule import ScheduleBody
from shared.model.wire import JsonObject, Stored, Time
from shared.web.api.models import Monitor, without


class RetentionVerdict(Stored):
    """Retention's verdict on a backup."""

    action: Literal["keep", "delete"]
    reasons: list[str]


class ListedBackup(Backup):
    """A backup of the history, and what retention makes of it where there is a schedule.

    Without its sections, which the backup itself has.
    """

    model_config = without("sections")

    retention: RetentionVerdict | None = None


class ShownSecrets(Stored):
    """How many secrets a backup has, and which key opens them."""

    items: int
    key_provider: str
    key_id: str


class SectionFacts(Stored):
    """One section of a backup; two are the same if their ``linesSha256`` is equal."""

    name: str
    items: int
    bytes: int
    lines_bytes: int
    lines_sha256: str


class BackupOverview(Stored):
    """What a descriptor says, and the sections."""

    format: str
    backup: BackupPart
    service: ServicePart
    consistency: ConsistencyPart
    content: ContentPart
    secrets: ShownSecrets
    not_included: list[NotIncluded]
    warnings: list[Remark]
    failures: list[Failure]
    digest: str
    sealed_with: str
    value: list[SectionFacts]


class BackedUpRecord(Stored):
    """A record of a section, its secrets masked."""

    name: str
    document: JsonObject = Field(repr=False)
    changed_at: Time
    content: ContentReference | None = None


class BackedUpContent(Stored):
    """A line of the section ``content``."""

    sha256: str
    size: int


class BackupRecords(Stored):
    """A page of the records of a section."""

    value: list[BackedUpRecord | BackedUpContent]
    next_link: str | None = None


class ComparedBackup(Stored):
    """A backup that was compared."""

    name: str
    completed_at: Time
    revision: int


class ComparedService(Stored):
    """The existing service that was compared."""

    live: Literal[True]
    revision: int
    changed_meanwhile: bool
    last_pull_at: Time | None = None
    """Of a service that is linked to an integration account: when the pull that brought what the
    account held began to read it. What was changed there since may not be compared."""


class ComparedSecrets(Stored):
    """Whether secrets were compared, or why not."""

    compared: bool
    reason: str | None = None


class Change(Stored):
    """The differences in one record."""

    section: str
    name: str
    change: Literal["added", "removed", "changed"]
    changed_at: Time
    pointers: list[str] | None = None
    secrets_changed: list[str] | None = None
    content_changed: bool | None = None
    name_before: str | None = None
    before: BackedUpRecord | None = None
    after: BackedUpRecord | None = None
    secrets_not_compared: list[str] | None = None
    more: int | None = None


class BackupChanges(Stored):
    """A page of differences."""

    backup: ComparedBackup
    since: ComparedBackup | ComparedService
    identical: list[str] | None = None
    secrets: ComparedSecrets
    value: list[Change]
    next_link: str | None = None


class BackupAddress(Stored):
    """The storage account and container of a backup."""

    storage_account: str
    container: str


class ClaimedBackup(Stored):
    """What a descriptor says about its backup."""

    id: str
    name: str
    trigger: str
    started_at: str
    completed_at: str
    outcome: str
    producer: str


class ClaimedService(Stored):
    """What a descriptor says about its service."""

    id: str
    name: str
    edition: str
    unit_count: int
    region: str


class UnreadableBackup(Stored):
    """Why a container's descriptor is not trusted, or was not read."""

    code: Code
    message: str


class BrowsedBackup(Stored):
    """A container with a descriptor: what the descriptor says, or the ``problem`` with it."""

    container: str
    problem: UnreadableBackup | None = None
    descriptor: str | None = None
    renamed: bool | None = None
    seal: Literal["valid", "keyUnavailable"] | None = None
    sealed_with: str | None = None
    known: bool | None = None
    copy_of: BackupAddress | None = None
    backup: ClaimedBackup | None = None
    service: ClaimedService | None = None
    items: int | None = None
    content_objects: int | None = None
    failures: int | None = None
    digest: str | None = None


class ShownRestore(Stored):
    """A restore: its request with secrets masked, its plan, its operation."""

    id: str
    request: RestoreBody
    plan: RestorePlan
    operation: Monitor


class ShownSchedule(ScheduleBody):
    """A schedule: when it runs next, and how the last run ended."""

    model_config = ConfigDict(extra="ignore")

    saved_at: Time
    next_run_at: Time | None = None
    next_retention_at: Time | None = None
    last_run_at: Time | None = None
    last_run_operation: str | None = None
    last_run_status: str | None = Field(None, examples=[str(BackupStatus.SUCCEEDED)])


class DueRun(Stored):
    """A backup that will be due."""

    due_at: Time
    backup: str


class Kept(Stored):
    """A backup that is kept, with the reasons."""

    backup: str
    reasons: list[str]
    completed_at: Time | None = None


class Deleted(Kept):
    """A backup that is deleted, with the time and the reasons."""

    at: Time


class SchedulePreview(Stored):
    """What would run, be deleted, and remain at the end."""

    from_: Time = Field(alias="from")
    to: Time
    runs: list[DueRun]
    deletes: list[Deleted]
    keeps: list[Kept]
