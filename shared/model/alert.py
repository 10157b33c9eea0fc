"""Alerts: what an operator must know at once."""

from enum import StrEnum

from pydantic import Field

from shared.model.wire import JsonObject, Stored, Time


class AlertType(StrEnum):
    """The type of an alert; docs/schedules.md says what to do about each."""

    BACKUP_MISSED = "BackupMissed"
    BACKUP_FAILED = "BackupFailed"
    BACKUP_PARTIAL = "BackupPartial"
    VERIFY_FAILED = "VerifyFailed"
    CLOCKS_DIFFER = "ClocksDiffer"
    PULL_FAILED = "PullFailed"
    ACCOUNT_CHANGED = "AccountChanged"
    ACCOUNT_CHANGING = "AccountChanging"


class Alert(Stored):
    """One event; it may be sent more than once."""

    id: str
    """The same each time that it is sent, so that a receiver can recognise repeats."""
    type: AlertType
    service: str
    """``*`` if it is not about one service."""
    subject: str
    """What it is about, as a path under the API."""
    time: Time
    message: str
    data: JsonObject = Field(default_factory=dict)

    def to_cloud_event(self, source: str) -> JsonObject:
        """As a CloudEvent 1.0 in structured JSON (github.com/cloudevents/spec, 1.0.2).

        :param source: the installation that sends it.
        """
        return {
            "specversion": "1.0",
            "id": self.id,
            "source": source,
            "type": f"interkeep.{self.type}",
            "subject": self.subject,
            "time": self.to_json()["time"],
            "datacontenttype": "application/json",
            "data": {"service": self.service, "message": self.message, **self.data},
        }
