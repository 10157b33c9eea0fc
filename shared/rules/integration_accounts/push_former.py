"""What accounts say of a number from which a service had numbers before it was pulled from another.

Such an account may be behind the service's ledger, as the later one went on: that says nothing. It
counts where it is past it, and where it does not say what it issued. A session that was made since
the account was looked at is of an account that was made anew or emptied: what the one before it
issued is in none.
"""

from dataclasses import dataclass
from datetime import datetime

from shared.model.numbers import Bounds, Counter
from shared.rules.integration_accounts.observed import Sighting
from shared.rules.integration_accounts.rollover import is_rollover
from shared.rules.numbers import has_issued


@dataclass(frozen=True, slots=True)
class Former:
    """What one of them says of a number now."""

    resource_id: str
    is_read: bool
    """Whether it gave its sessions."""
    sighting: Sighting | None = None
    """None where it has no session of the number that can be read."""
    is_unreadable: bool = False
    """Whether it has one that cannot be read."""
    is_lost: bool = False
    """Whether it has none, though it has the agreement."""
    is_target: bool = False
    """Whether it is the account that is pushed to."""
    is_outside: bool = False
    """Whether it is not asked, as the installation's setting does not name it."""
    seen_at: datetime | None = None
    """When it was looked at last; None where nobody knows."""
    is_ahead: bool = False
    """Whether it had numbers then that the service itself did not know to be issued."""
    made_at: datetime | None = None
    """When its session was made; None where the account does not say."""

    def is_certain(self, issued: Counter | None, bounds: Bounds) -> bool:
        """Whether it is known what it issued.

        :param issued: what the service knows to be issued.
        """
        if not self.is_read or self.is_unreadable or (self.is_lost and has_issued(issued)):
            return False
        if self.sighting is None or issued is None:
            return True
        if self.was_made_anew and has_issued(issued):
            return False
        # Past the end of the bounds, it is ahead of a ledger that is near it. That of the account
        # that is pushed to counts so.
        is_lower = self.sighting.value < issued.last and not self.is_target
        return not (is_lower and is_rollover(issued.last, self.sighting.value, bounds))

    @property
    def was_made_anew(self) -> bool:
        """Whether its session is another one than when it was looked at last."""
        made_at, seen_at = self.made_at, self.seen_at
        return made_at is not None and seen_at is not None and made_at > seen_at

    @property
    def why_unknown(self) -> str:
        """Why it is not known what it issued."""
        if self.is_outside:
            said = "is not asked, as the app setting INTEGRATION_ACCOUNTS does not name it"
        elif not self.is_read:
            said = "is gone, cannot be read, or gives no sessions"
        elif self.is_unreadable:
            said = "has a session of it that cannot be read"
        elif self.is_lost:
            said = "has lost its session of it"
        elif self.was_made_anew:
            said = "has a session of it that was made since it was looked at: it was made anew"
        else:
            said = "seems to have rolled over"
        return f"{self.resource_id}, from which numbers of the service came before, {said}."
