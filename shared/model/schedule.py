"""The backup schedule of a service: the request, and the stored schedule."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from shared.model.backup import VerifyLevel
from shared.model.wire import AS_WHOLE, Stored, Text, Time, Wire

MOST_DAYS = 3_653
"""Ten years: no frequency, retention or preview is longer."""

_Days = Annotated[int, Field(ge=1, le=MOST_DAYS, strict=True), AS_WHOLE]
_Kept = Annotated[int, Field(ge=0, le=1000, strict=True), AS_WHOLE]


class ScheduleStatus(StrEnum):
    """Whether a schedule runs."""

    NONE = "None"
    AUTOMATIC = "Automatic"


class Keep(Wire):
    """How many backups to keep beyond retentionDays: the newest good one of each of so many
    days, ISO weeks, months and years in UTC that have one."""

    daily: _Kept = 0
    weekly: _Kept = 0
    monthly: _Kept = 0
    yearly: _Kept = 0


class ScheduledVerify(Wire):
    """Verify every n-th scheduled backup."""

    level: VerifyLevel = VerifyLevel.DATA
    every_nth_backup: Annotated[int, Field(ge=1, le=1000, strict=True), AS_WHOLE] = 1


def _no_epoch(value: object) -> object:
    """Refuse a number, which may be seconds or milliseconds: a backup would run on a wrong day."""
    if isinstance(value, int | float) or (isinstance(value, str) and "-" not in value):
        raise ValueError("takes date and time with an offset, such as 2026-11-01T02:00:00Z")
    return value


def _whole_seconds(time: datetime) -> datetime:
    return time.replace(microsecond=0)


class ScheduleBody(Wire):
    """Body of PUT services/{service}/backup-schedule.

    With status ``None`` nothing runs, and the other members may be left out.
    """

    status: ScheduleStatus
    storage_account: Annotated[Text, Field(min_length=1)] | None = None
    start_at: Annotated[Time, AfterValidator(_whole_seconds), BeforeValidator(_no_epoch)] | None = (
        None
    )
    """When the first backup is due; later ones every ``frequency_days`` from there."""
    frequency_days: _Days | None = None
    retention_days: _Days | None = None
    keep_at_least_one: Annotated[bool, Field(strict=True)] = True
    keep: Keep | None = None
    verify: ScheduledVerify | None = None

    @field_validator("retention_days")
    @classmethod
    def _outlasts(cls, days: int | None, others: ValidationInfo) -> int | None:
        frequency = others.data.get("frequency_days")
        if days is not None and frequency is not None and days <= frequency:
            raise ValueError(
                f"retentionDays ({days}) must be greater than frequencyDays ({frequency}), or a "
                "backup would go before the next one is there"
            )
        return days

    @model_validator(mode="after")
    def _complete(self) -> "ScheduleBody":
        if self.status is ScheduleStatus.AUTOMATIC:
            needed = {
                "storageAccount": self.storage_account,
                "startAt": self.start_at,
                "frequencyDays": self.frequency_days,
                "retentionDays": self.retention_days,
            }
            lacking = [name for name, value in needed.items() if value is None]
            if lacking:
                raise ValueError(f"an Automatic schedule needs {', '.join(lacking)}")
        return self


class PreviewBody(Wire):
    """Body of POST services/{service}/backup-schedule/preview."""

    days: Annotated[int, Field(ge=1, le=MOST_DAYS, strict=True), AS_WHOLE]
    schedule: ScheduleBody | None = None
    """Preview this schedule instead of the saved one."""


class Plan(Stored):
    """What an Automatic schedule runs and keeps; all of its members are set."""

    storage_account: str
    start_at: Time
    frequency_days: int
    retention_days: int
    keep_at_least_one: bool = True
    keep: Keep = Field(default_factory=Keep)
    verify: ScheduledVerify | None = None

    @staticmethod
    def of(body: ScheduleBody) -> "Plan | None":
        """The plan of a schedule, None if its status is ``None``."""
        if body.status is ScheduleStatus.NONE:
            return None
        given = {name: value for name, value in body if value is not None and name != "status"}
        return Plan.model_validate(given)


class Schedule(Stored):
    """A schedule as it is stored, with the times of its two due rows."""

    service: str
    service_id: str
    body: ScheduleBody
    saved_at: Time
    saved_by: str
    next_run_at: Time | None = None
    next_retention_at: Time | None = None
    last_run_at: Time | None = None
    """The due time that was run last."""
    last_run_operation: str | None = None

    @property
    def plan(self) -> Plan | None:
        """What runs and what is kept; None if the status is ``None``."""
        return Plan.of(self.body)
