"""Whether a number that a push has decided is still to be written, right before it is."""

from shared.model.numbers import Bounds
from shared.model.push import PlannedNumber, PushNumbersPolicy
from shared.rules.integration_accounts.observed import Sighting
from shared.rules.integration_accounts.push_numbers import Choice
from shared.rules.integration_accounts.push_rate import rolled_over


def is_moved_back(decided: PlannedNumber, choice: Choice) -> bool:
    """Whether a number is set back, as the request asks: not around the end of its bounds."""
    before = decided.target
    asked = choice.policy is PushNumbersPolicy.AS_KNOWN
    return asked and before is not None and decided.becomes < before


def is_still_to_write(
    decided: PlannedNumber,
    there: Sighting | None,
    bounds: Bounds,
    back_from: str | None = None,
) -> bool:
    """Whether a number that was decided is still to be written, right before it is.

    It was decided once, so that no repeat moves it again. An account that went on past it by itself
    meanwhile keeps its own.

    :param there: what the account has now; None for no session.
    :param back_from: when the account's number changed, of one that is moved back; None for others.
        It is moved back only while it is just that one: what the account issued after it was moved
        back may reach where it was, and would be issued a third time.
    """
    if not decided.written or there is None:
        return decided.written
    value, before = there.value, decided.target
    if back_from is not None:
        return value == before and there.changed_time == back_from
    if value == decided.becomes:
        return False
    if before is None or value == before:
        return before is not None or value < decided.becomes
    if decided.becomes < before:  # around the end of its bounds, or back, as the request asks
        return value > before or value < decided.becomes
    if value > before:
        return value < decided.becomes
    return not rolled_over(before, value, bounds)
