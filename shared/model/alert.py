"""Alerts: what an operator must hear of at once."""

from enum import StrEnum

from pydantic import Field

from shared.model.wire import JsonObject, Stored, Time


class AlertType(StrEnum):
    """What happened; docs/schedules.md says what to do about each."""

    BACKUP_MISSED = "BackupMissed"
    BACKUP_FAILED = "BackupFailed"
    BACKUP_PARTIAL = "BackupPartial"
    VERIFY_FAILED = "VerifyFailed"
    CLOCKS_DIFFER = "ClocksDiffer"


class Alert(Stored):
    """One thing that happened, once, however often it is sent."""

    id: str
    """The same for every sending, so that a receiver can tell a repeat."""
    type: AlertType
    service: str
    """``*`` where it concerns no one service."""
    subject: str
    """What it is about, as a path under the API."""
    time: Time
    message: str
    data: JsonObject = Field(default_factory=dict)

    def to_cloud_event(self, source: str) -> JsonObject:
        """As CloudEvents 1.0 in structured JSON has it (github.com/cloudevents/spec, 1.0.2).

        :param source: which installation tells it.
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
