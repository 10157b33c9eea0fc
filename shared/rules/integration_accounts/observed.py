"""How a number that was seen in an account goes into a counter of the ledger.

The account issues numbers by itself and tells the last one. So a counter is moved by what is seen
from time to time: what was issued in between is known by its last number alone.
"""

from dataclasses import dataclass

from shared.model.numbers import Bounds, Counter
from shared.rules.integration_accounts.rollover import is_rollover
from shared.rules.integration_accounts.times import ticks_of
from shared.rules.numbers import first, new_cycle


@dataclass(frozen=True, slots=True)
class Sighting:
    """A number as it was seen in an account."""

    value: int
    """The last number issued; 0 for none."""
    changed_time: str
    """When it changed, as the account wrote it."""


def observed(
    counter: Counter | None, bounds: Bounds, now: Sighting, before: Sighting | None = None
) -> Counter:
    """The counter after a sighting; the same one where the sighting says nothing new.

    - Changed before the last sighting did: an old answer, which means nothing.
    - Higher than the counter: its last and its next number move.
    - Lower than before, changed later, and a rollover (``is_rollover``): a new cycle.
    - Else unchanged. Where the counter is higher than what was seen, somebody emptied the account
      or set it back, or numbers were issued elsewhere: a gap is allowed, a repeat is not. See
      ``is_behind_ledger``.

    Bounds do not limit what was seen. Below them the counter moves up to them when it issues next,
    as ever; above them a higher bound is known to have held in this cycle (``Counter.end``), so
    that nothing rolls over within it. Of a first sighting, all numbers up to it count as issued.

    An account that passed the number again since the last sighting, a whole cycle on, cannot be
    told from one that did not roll over.

    :param counter: what the ledger has, None for nothing.
    :param before: the last sighting of this number; None for the first one.
    """
    if before is not None and is_later(before, now):
        return counter or first(bounds)
    if counter is None:
        end = max(bounds.upper, now.value)
        seen = Counter(next=now.value + 1, last=now.value, end=end)
        return seen if now.value else first(bounds)
    before = _of_this_cycle(counter, before)
    if before is not None and now.value < before.value:
        is_again = is_later(now, before) and is_rollover(before.value, now.value, bounds)
        return _moved(new_cycle(counter, bounds), bounds, now.value) if is_again else counter
    return _moved(counter, bounds, now.value) if now.value > counter.last else counter


def _of_this_cycle(counter: Counter, before: Sighting | None) -> Sighting | None:
    """The last sighting; where its cycle has been ended already, as by whoever stopped before its
    session was stored, the counter counts as seen then."""
    if before is None or counter.last >= before.value:
        return before
    return Sighting(counter.last, before.changed_time)


def is_behind_ledger(
    counter: Counter | None, bounds: Bounds, now: Sighting, before: Sighting | None = None
) -> bool:
    """Whether an account's number is lower than what counts as issued, and that is no rollover.

    Somebody emptied the account or set it back, or others issued numbers of the agreement too. What
    it issued between the last sighting and that moment is unknown, and it issues numbers again.

    :param counter: what the ledger has, None for nothing.
    :param before: as of ``observed``.
    """
    if before is not None and is_later(before, now):
        return False  # an old answer
    if counter is not None:
        before = _of_this_cycle(counter, before)
    if before is not None and now.value < before.value:
        return not (is_later(now, before) and is_rollover(before.value, now.value, bounds))
    return counter is not None and now.value < counter.last


def _moved(counter: Counter, bounds: Bounds, value: int) -> Counter:
    """A counter whose last number is a higher one; 0 leaves it."""
    if not value:
        return counter
    update: dict[str, object] = {
        "last": value,
        "next": max(counter.next, value + 1),
        "end": max(counter.end or 0, bounds.upper, value),
    }
    if value < (counter.since or 1):
        # Numbers below where it was moved up to are issued after all.
        update |= {"since": None, "below": None}
    return counter.model_copy(update=update)


def is_later(one: Sighting, other: Sighting) -> bool:
    """Whether a sighting changed after another one; of times that cannot be read, none did."""
    later, earlier = ticks_of(one.changed_time), ticks_of(other.changed_time)
    return later is not None and earlier is not None and later > earlier
