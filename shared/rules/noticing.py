"""What is worth noticing while a service is read: counters near their end, certificates that
expire."""

from datetime import UTC, datetime

from shared.model.noticed import ExpiringCertificate, Noticed
from shared.model.numbers import Bounds, Counter, Counters, Numbering
from shared.rules.numbers import first, upcoming

NEAR_END_PERCENT = 90
"""Of its bounds, from which on a counter is near their end."""

MOST_CERTIFICATES = 5
"""Certificates that are kept, those that expire first: the row of a service holds them."""

_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


def is_near_end(counter: Counter, bounds: Bounds) -> bool:
    """Whether a counter has used nearly all of its bounds: its next number is behind 90 percent of
    them, or there is none."""
    following = upcoming(counter, bounds)
    if following is None:
        return True
    size = bounds.upper - bounds.lower + 1
    return (following.next - bounds.lower) * 100 >= size * NEAR_END_PERCENT


def any_near_end(counters: Counters, numbering: Numbering) -> bool:
    """Whether any kind of an agreement is near its end."""
    return any(
        is_near_end(counters.get(kind) or first(bounds), bounds)
        for kind, bounds in numbering.items()
    )


class Noticing:
    """Counts what is noticed, item by item; what it keeps does not grow with the service."""

    def __init__(self) -> None:
        self._near_end = 0
        self._ended = 0
        self._certificates: list[ExpiringCertificate] = []

    def counters(self, counters: Counters, numbering: Numbering) -> None:
        """Count the counters of an agreement."""
        for kind, bounds in numbering.items():
            counter = counters.get(kind) or first(bounds)
            self._near_end += is_near_end(counter, bounds)
            self._ended += upcoming(counter, bounds) is None

    def certificate(self, section: str, name: str, expires_at: datetime) -> None:
        """Keep a certificate if it is among those that expire first."""
        last = self._certificates[-1].expires_at if self._is_full() else _END_OF_TIME
        if expires_at < last:
            found = ExpiringCertificate(section=section, name=name, expires_at=expires_at)
            kept = sorted([*self._certificates, found], key=lambda one: (one.expires_at, one.name))
            self._certificates = kept[:MOST_CERTIFICATES]

    def _is_full(self) -> bool:
        return len(self._certificates) == MOST_CERTIFICATES

    def noticed(self) -> Noticed:
        """What was noticed so far."""
        return Noticed(
            counters_near_end=self._near_end,
            counters_ended=self._ended,
            certificates=self._certificates,
        )
