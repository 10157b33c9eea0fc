"""A number that a push has decided, and whether it is still to be written, right before it is."""

from dataclasses import dataclass, replace

from shared.model.numbers import Bounds, Counter
from shared.model.push import PlannedNumber, PushNumbersPolicy
from shared.model.wire import JsonObject
from shared.rules.integration_accounts.observed import Sighting
from shared.rules.integration_accounts.push_known import Choice, Known
from shared.rules.integration_accounts.push_numbers import of_others
from shared.rules.integration_accounts.rollover import is_rollover


def is_moved_back(decided: PlannedNumber, choice: Choice) -> bool:
    """Whether a number is set back, as the request asks: not around the end of its bounds."""
    before = decided.target
    asked = choice.policy is PushNumbersPolicy.AS_KNOWN
    return asked and before is not None and decided.becomes < before


@dataclass(frozen=True)
class Decided:
    """A number that was decided once, so that no repeat moves it again, with what its session
    needs."""

    number: PlannedNumber
    standard: str
    bounds: Bounds
    others: Counter | None = None
    """What all but the account itself knew to be issued when it was decided."""
    back_from: str | None = None
    """When the account's number changed, of one that is moved back; None for others. It is moved
    back only while it is just that one: what the account issued after it was moved back may reach
    where it was, and would be issued a third time."""
    is_sent: bool = False
    """Whether it may have been written: then the account may have gone on from it."""

    def is_still_to_write(self, there: Sighting | None) -> bool:
        """Whether it is still to be written. An account that went on past it by itself meanwhile
        keeps its own; one that was set back does not.

        :param there: what the account has now; None for no session, or one that cannot be read.
        """
        if there is None:
            return True
        value, before, becomes = there.value, self.number.target, self.number.becomes
        if self.back_from is not None:
            is_that_one = value == before and there.changed_time == self.back_from
            return is_that_one or self.is_set_back(value)
        if value == becomes:
            return False
        went_on = self.is_sent and value < becomes and value != before
        if went_on and is_rollover(becomes, value, self.bounds):
            return False  # it was written, and the account went on around the end of its bounds
        if before is None:
            return value < becomes
        goes_around = becomes < before  # at the end of its bounds
        if value >= before:
            return goes_around or value < becomes
        return self.is_set_back(value) or (goes_around and value < becomes)

    def set_back_from(self, backed_up: Sighting | None) -> "Decided":
        """The same, set back from the number alone that the backup of before has: an undo goes on
        behind that one. What the account issued after it stays.

        :param backed_up: that number; None where it has none that can be read.
        """
        before = backed_up.value if backed_up is not None else None
        if self.back_from is None or before == self.number.target:
            return self
        changed = backed_up.changed_time if backed_up is not None else ""
        number = self.number.model_copy(update={"target": before})
        return replace(self, number=number, back_from=changed)

    def was_not_set_back(self, there: Sighting | None) -> bool:
        """Whether it was to be set back, and stayed, as the account went on.

        :param there: what the account has now; None for no session.
        """
        is_back = self.back_from is None or self.is_sent
        return not is_back and there is not None and there.value != self.number.becomes

    def is_set_back(self, value: int) -> bool:
        """Whether the account has a lower number than when this one was decided, and did not roll
        over: neither from where it was, nor from this one, if that may be written."""
        before, becomes = self.number.target, self.number.becomes
        goes_on_lower = self.is_sent or self.back_from is not None
        if before is None or value >= before or (goes_on_lower and value >= becomes):
            return False
        stood = max(before, becomes) if self.is_sent else before
        return not is_rollover(stood, value, self.bounds)

    def was_lost(self, there: Sighting | None) -> bool:
        """Whether the account had a number when this one was decided, and has lost it.

        :param there: what it has now; None for no session.
        """
        return self.is_set_back(there.value) if there else self.number.target is not None

    def to_json(self) -> JsonObject:
        """As it is staged."""
        back = {} if self.back_from is None else {"backFrom": self.back_from}
        others = {} if self.others is None else {"others": self.others.to_json()}
        return {
            **back,
            **others,
            "number": self.number.to_json(),
            "standard": self.standard,
            "bounds": self.bounds.to_json(),
            "isSent": self.is_sent,
        }

    @staticmethod
    def of(staged: JsonObject) -> "Decided":
        """What was staged; an earlier version does not say whether it was sent."""
        return Decided(
            PlannedNumber.model_validate(staged["number"]),
            str(staged["standard"]),
            Bounds.model_validate(staged["bounds"]),
            Counter.model_validate(staged["others"]) if "others" in staged else None,
            str(staged["backFrom"]) if "backFrom" in staged else None,
            bool(staged.get("isSent", True)),
        )


def decided_of(found: PlannedNumber, choice: Choice, known: Known, standard: str) -> Decided:
    """What is decided by what a plan says: also of one that is not written now, and must be where
    the account loses it."""
    decided = Decided(found, standard, known.bounds, of_others(known))
    if not found.written:
        return replace(decided, number=found.model_copy(update={"written": True}))
    changed = known.target.changed_time if known.target is not None else None
    return replace(decided, back_from=changed if is_moved_back(found, choice) else None)
