"""What a backup noticed on its way: counters near their end, certificates that expire."""

from typing import Annotated

from pydantic import Field

from shared.model.wire import Stored, Time

_Count = Annotated[int, Field(ge=0)]


class ExpiringCertificate(Stored):
    """When a certificate expires."""

    section: str
    """``certificates``, or ``service`` for the service's own."""
    name: str
    expires_at: Time


class Noticed(Stored):
    """What was noticed of a service while it was backed up."""

    counters_near_end: _Count = 0
    """Counters (one kind of an agreement) that have used at least 90 percent of their bounds."""
    counters_ended: _Count = 0
    """Those of them that can issue no number any more."""
    certificates: list[ExpiringCertificate] = Field(default_factory=list)
    """The few that expire first, in that order, whenever that is."""


class NoticedBy(Noticed):
    """The same, with the backup that noticed it."""

    backup: str
    at: Time
    """When that backup was completed: what changed since is not in it."""
