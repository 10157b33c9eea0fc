"""All that is known of a control number of an account before a push decides what it becomes."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.model.numbers import Bounds, Counter, Kind
from shared.model.push import ControlNumbersAtPush, PushNumbersPolicy
from shared.rules.integration_accounts.observed import Sighting, is_behind_ledger
from shared.rules.integration_accounts.push_former import Former
from shared.rules.integration_accounts.push_rate import Look
from shared.rules.naming import ordinal
from shared.rules.numbers import has_issued, join, rolls_over

_PLACE = "/controlNumbers"


class SourceState(StrEnum):
    """What became of the account that the service was pulled from."""

    READ = "read"
    """Its sessions were all read."""
    GONE = "gone"
    UNREACHABLE = "unreachable"
    """It could not be read: no right, no answer."""
    SILENT = "silent"
    """It was read, and gave no session: one of the tier Premium may keep its numbers elsewhere."""
    NONE = "none"
    """There is none: the service issued its numbers itself, and knows them all."""

    @property
    def is_known(self) -> bool:
        """Whether it is known what was issued."""
        return self in (SourceState.READ, SourceState.NONE)


@dataclass(frozen=True, slots=True)
class Choice:
    """How the numbers of one agreement go on."""

    policy: PushNumbersPolicy
    by: int | None
    place: str
    """Where the request says so, a JSON pointer."""


def choice_for(body: ControlNumbersAtPush, agreement: str) -> Choice:
    """What a request says of one agreement."""
    for index, one in enumerate(body.agreements):
        if ordinal(one.agreement) == ordinal(agreement):
            return Choice(one.policy, one.by, f"{_PLACE}/agreements/{index}")
    return Choice(body.policy, body.by, _PLACE)


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of one kind of an agreement's numbers."""

    agreement: str
    kind: Kind
    bounds: Bounds
    """By the document of the agreement that the account will hold."""
    source_state: SourceState
    source_is_outside: bool = False
    """Whether that account is not asked, as the installation's setting does not name it."""
    ledger: Counter | None = None
    """The service's own; None where it knows of none."""
    passed: Counter | None = None
    """Up to where the ledger had issued before a restore set it back."""
    of_source: Counter | None = None
    """What the account that the service was pulled from issued, as far as that is known apart from
    what others did; None where all that the ledger knows counts as issued by it."""
    elsewhere: Counter | None = None
    """What the ledger knows besides to be issued of the same stream, by others than that account:
    another account goes on after that too."""
    target: Sighting | None = None
    """The account's own number; None where it has no session of it."""
    target_unreadable: bool = False
    """Whether the account has such a session, and its content is no number that can be read."""
    source_unreadable: bool = False
    """Whether the account that the service was pulled from has such a session, and its content is
    no number that can be read."""
    source: Sighting | None = None
    """That of the account that the service was pulled from, as it is now; None where it has no
    session of it that can be read, and where the account cannot be."""
    before: Sighting | None = None
    """The same as it was last pulled: what the ledger goes by."""
    looks: Sequence[Look] = ()
    """What earlier pulls saw, the oldest first."""
    source_is_target: bool = False
    """Whether the account that is pushed to is the one that the service was pulled from."""
    former: Sequence[Former] = ()
    """The other accounts that numbers of the service came from."""

    @property
    def issued(self) -> Counter | None:
        """What the service itself knows to be issued, by the account that it was pulled from where
        that can be told apart."""
        return self.of_source or join(self.ledger, self.passed)

    @property
    def is_certain(self) -> bool:
        """Whether it is known what was issued: by the source, and by those of before."""
        return self.source_is_certain and not self.doubtful

    @property
    def doubtful(self) -> list[Former]:
        """Those of before of which it is not known what they issued."""
        return [one for one in self.former if not one.is_certain(self.issued, self.bounds)]

    @property
    def source_is_certain(self) -> bool:
        """Whether the source can be read, and has a session of what the ledger knows to be
        issued."""
        if self.was_set_back or (self.source_unreadable and not self.target_unreadable):
            return False
        if self.source_state is SourceState.READ and self.source is None:
            return not has_issued(self.issued)
        return self.source_state.is_known

    @property
    def was_set_back(self) -> bool:
        """Whether the source has a lower number than the service knows, and did not roll over:
        somebody emptied it, or set it back, before it was pulled last or since.

        What it issued before it was set back is unknown, and partners know those numbers.
        """
        if self.source_state is not SourceState.READ or self.source is None:
            return False
        return is_behind_ledger(self.issued, self.bounds_of_source, self.source, self.before)

    @property
    def bounds_of_source(self) -> Bounds:
        """Those by which it is told whether the source rolled over: where it issued under a higher
        upper bound than the agreement has now, it did not roll over at this one."""
        counter = self.issued
        if counter is None or rolls_over(counter, self.bounds):
            return self.bounds
        return self.bounds.model_copy(update={"rollover": False})

    @property
    def was_below(self) -> bool:
        """Whether the source was below what the service knows when it was pulled last already: then
        what pulls saw may say nothing of how fast those numbers were issued."""
        counter, before = self.issued, self.before
        return counter is not None and before is not None and before.value < counter.last
