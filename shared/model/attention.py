"""What of a service needs somebody's attention, and how badly."""

from enum import StrEnum

from shared.model.wire import Stored, Time


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"
    WARNING = "warning"


class AttentionReason(StrEnum):
    """Why a service needs attention."""

    SERVICE_FAILED = "ServiceFailed"
    """Its state is one of those that end in Failed."""
    BACKUP_FAILED = "BackupFailed"
    """Its last backup run failed."""
    BACKUP_PARTIAL = "BackupPartial"
    """Its last backup run could not read everything."""
    BACKUP_CANCELED = "BackupCanceled"
    """Its last backup run was stopped."""
    BACKUP_OVERDUE = "BackupOverdue"
    """No backup run was completed for twice the frequency of its schedule."""
    PULL_FAILED = "PullFailed"
    """Nothing is pulled from its integration account: ``code`` says why."""
    NEVER_BACKED_UP = "NeverBackedUp"
    SCHEDULE_LATE = "ScheduleLate"
    """A scheduled backup was due more than an hour ago."""
    NO_SCHEDULE = "NoSchedule"
    SCHEDULE_OFF = "ScheduleOff"
    """It has a schedule, of the status None."""
    COUNTERS_ENDED = "CountersEnded"
    """Its last good backup noticed counters that can issue no number any more."""
    COUNTERS_NEAR_END = "CountersNearEnd"
    """Its last good backup noticed counters that have used 90 percent of their bounds."""
    CERTIFICATE_EXPIRED = "CertificateExpired"
    CERTIFICATE_EXPIRES = "CertificateExpires"
    """Within 30 days."""


class Attention(Stored):
    """One reason."""

    reason: AttentionReason
    severity: Severity
    code: str | None = None
    """Of PullFailed: that of the pull's error, such as IntegrationAccountNotFound."""
    since: Time | None = None
    """Since when, or as of when; None where nobody knows."""
