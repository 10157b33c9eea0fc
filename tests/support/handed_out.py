"""What callers were handed of streams of numbers, and which of them they asked for again.

A model that knows nothing of how the app decides: it sees requests and answers alone. Where an
answer was lost, it allows for both.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from copy import copy, deepcopy
from dataclasses import dataclass, field

Key = tuple[str, ...]
"""Of a stream: who gets its numbers."""


class Repeated(AssertionError):
    """A number came twice, or was to be left out, and nobody asked for it."""


@dataclass(frozen=True)
class Within:
    """The bounds that an agreement's document sets."""

    lower: int = 1
    upper: int = 999_999_999
    rollover: bool = True


@dataclass
class Position:
    """How far a stream is, by what callers were handed and asked for."""

    cycle: int = 0
    """Goes up where the numbers begin again: at the end of the bounds, or as a caller asked."""
    issued: int = 0
    """Up to here, numbers of this cycle were handed out, or count as if they were."""
    ahead: int = 0
    """Up to here, a caller left them out."""
    lost: int = 0
    """How many more may have been taken, of which no answer came."""
    end: int = 0
    """The highest upper bound under which numbers of this cycle were handed out."""
    vague: bool = False
    """Whether the number of the cycle is a guess, since an answer was lost."""
    since: int = 0
    """The lower bound that the numbers up to ``issued`` began at."""
    below: "Position | None" = None
    """How far the stream is below that, where nothing of these numbers counts."""

    def under(self, within: Within) -> "Position":
        """What counts under bounds: where they end below all of these numbers, what is there."""
        if within.upper >= self.since:
            return self
        if self.below is None:
            self.below = Position(vague=self.vague)
        return self.below

    def beneath(self, lower: int) -> "Position | None":
        """What is left of these numbers below a lower bound that they begin at anew."""
        if lower <= 1 or self.since >= lower:
            return self.below if lower > 1 else None
        left = deepcopy(self)
        left.since, left.below = 0, None
        left.issued, left.ahead = min(self.issued, lower - 1), min(self.ahead, lower - 1)
        return left

    def move_up(self, lower: int) -> None:
        """Begin at a lower bound where everything is below it."""
        if lower > max(self.issued, self.ahead) + 1:
            self.since, self.below = lower, self.beneath(lower)
            self.lost = 0

    @property
    def taken(self) -> int:
        """Up to where numbers may have been taken."""
        return self.issued + self.lost

    def is_at_end(self, within: Within, leap: int = 0) -> bool:
        """Whether its numbers may begin again under these bounds."""
        reached = max(self.issued, self.ahead) + self.lost + leap
        return within.rollover and reached >= within.upper >= self.end

    def accept(self, value: int, within: Within, leap: int = 0) -> bool:
        """Go on with a number; whether that is right.

        :param leap: how many more a restore may have left out.
        """
        counts = self.under(within)
        if counts is not self:
            return counts.accept(value, within, leap)
        if value > max(self.issued, self.ahead):
            self.move_up(within.lower)
            self.end = max(self.end, within.upper)
        elif self.is_at_end(within, leap):
            self.below, self.since = self.beneath(within.lower), within.lower
            self.cycle, self.end = self.cycle + 1, within.upper
            self.vague |= leap > 0
        else:
            return False
        self.issued = self.ahead = value
        self.lost = 0
        return True

    def begin_anew(self, following: int, lower: int) -> None:
        """As a caller asked: from a number on they come again, and those before it do not."""
        self.below, self.since = self.beneath(lower), lower
        self.cycle += 1
        self.issued = self.ahead = following - 1
        self.lost = self.end = 0


@dataclass
class SetBack:
    """What a restore as backed up issues again, as its caller asked."""

    at: Position
    until: Position
    """Where the stream was when it was restored: what was issued since comes no second time."""

    def accept(self, value: int, within: Within) -> bool:
        """Go on with a number that comes again; whether it may."""
        after = deepcopy(self.at)
        if not after.accept(value, within):
            return False
        now, until = after.under(within), self.until.under(within)
        known = not (now.vague or until.vague)
        if known and (now.cycle, value) > (until.cycle, until.taken):
            return False
        self.at = after
        return True


@dataclass(frozen=True)
class BackedUp:
    """What a backup says of a stream."""

    at: Position
    stream: Position
    """As far as it was then; behind ``at`` where a restore had set the service back."""


@dataclass(frozen=True)
class Number:
    """A number that a caller was handed."""

    life: str
    """Of the service that issued it: another one after each restore or creation."""
    stream: Key
    value: int
    within: Within


@dataclass
class HandedOut:
    """All streams of an installation."""

    streams: defaultdict[Key, Position] = field(default_factory=lambda: defaultdict(Position))
    set_back: dict[tuple[str, Key], SetBack] = field(default_factory=dict)
    leaps: defaultdict[Key, int] = field(default_factory=lambda: defaultdict(int))
    """How many numbers restores left out."""
    highest: int = 0
    """That was ever handed out or left out, of all streams."""

    def of(self, life: str, stream: Key) -> Position:
        """From where a service goes on."""
        back = self.set_back.get((life, stream))
        return back.at if back else self.streams[stream]

    def backed_up(self, life: str, stream: Key) -> BackedUp:
        """What a backup of a service holds."""
        return BackedUp(deepcopy(self.of(life, stream)), deepcopy(self.streams[stream]))

    def hand_out(self, numbers: Sequence[Number]) -> list[Number]:
        """Callers are handed numbers, all at once; those that came again, as was asked for.

        :raises Repeated: where one should not have been.
        """
        again: list[Number] = []
        behind: list[Number] = []
        asked: set[Number] = set()
        self.highest = max([self.highest, *(one.value for one in numbers)])
        for one in _in_order(numbers, lambda one: self.of(one.life, one.stream)):
            assert one.within.lower <= one.value <= one.within.upper, f"{one} outside its bounds"
            back = self.set_back.get((one.life, one.stream))
            now = self.streams[one.stream].under(one.within)
            if back is None or not back.accept(one.value, one.within):
                behind.append(one)
            elif back.at.under(one.within).cycle != now.cycle or one.value <= now.issued:
                again.append(one)
            else:
                asked.add(one)  # a number among them that nobody had been handed yet
                behind.append(one)
        for one in _in_order(behind, lambda one: self.streams[one.stream]):
            at = self.streams[one.stream].under(one.within)
            before, key = copy(at), (one.life, one.stream)
            if key in self.set_back and at.issued < one.value <= at.ahead:
                at.issued = one.value  # left out since the backup, and asked for with all of it
            elif not at.accept(one.value, one.within, self.leaps[one.stream]):
                raise Repeated(f"{one} with the stream at {before}")
            elif one not in asked:
                self.set_back.pop(key, None)
        return again

    def lose(self, life: str, stream: Key, count: int) -> None:
        """No answer came to a request for numbers."""
        back = self.set_back.get((life, stream))
        for at in (self.streams[stream], back.at if back else None):
            if at is not None:
                at.lost += count
                if at.below is not None:
                    at.below.lost += count

    def set_next(
        self,
        life: str,
        stream: Key,
        following: int,
        within: Within,
        *,
        reuse: bool,
        answered: bool,
    ) -> None:
        """A caller sets the next number.

        :param within: the bounds of its agreement.
        :param answered: False where it is not known whether that was done.
        :raises Repeated: where it was done and should have been refused.
        """
        at, now = self.of(life, stream).under(within), self.streams[stream].under(within)
        if not reuse:
            at.move_up(within.lower)
        if at is not now and not reuse and following > now.issued:
            # Of a service that had been set back, and may be no longer.
            now.ahead = min(now.ahead, following - 1)
            at.ahead = following - 1
            return
        if following <= at.issued and not reuse:
            if answered and not at.vague:
                raise Repeated(f"set to {following} without reuse, with the stream at {at}")
            return
        self.highest = max(self.highest, following)
        if at is not now and reuse and following <= now.taken:
            # As above: of those that were set back, or of all.
            self._begin_anew(life, stream, following, within, within, sure=False)
            return
        if following <= at.taken and reuse:
            sure = answered and following <= at.issued
            self._begin_anew(life, stream, following, within, within, sure=sure)
        elif answered:
            at.ahead = following - 1
        else:
            at.lost = max(at.taken, following - 1) - at.issued

    def set_bounds(
        self,
        life: str,
        stream: Key,
        before: Within,
        after: Within,
        *,
        reuse: bool,
        answered: bool,
    ) -> None:
        """A caller changes the bounds of an agreement, which may have been of another stream.

        It goes on with its numbers then, so those may be what lies above the new bounds.
        """
        if not reuse:
            return
        at = self.of(life, stream).under(before)
        sure = answered and after.upper != before.upper
        if max(at.issued, at.ahead) >= after.upper:
            self._begin_anew(life, stream, after.lower, after, before, sure=sure)
        elif max(at.taken, self.highest + sum(self.leaps.values())) >= after.upper:
            self._begin_anew(life, stream, after.lower, after, before, sure=False)
        elif at.end > after.upper:
            # A cycle of its own, from its next number on: the former one ends further up.
            following = max(at.issued, at.ahead) + 1
            self._begin_anew(life, stream, following, after, before, sure=False)

    def _begin_anew(
        self,
        life: str,
        stream: Key,
        following: int,
        within: Within,
        before: Within,
        *,
        sure: bool,
    ) -> None:
        whole = self.of(life, stream)
        is_all = whole is self.streams[stream]
        at, now = whole.under(before), self.streams[stream].under(before)
        former = copy(at)
        at.begin_anew(following, within.lower)
        # Numbers above these bounds may be known elsewhere, and not begin anew there.
        at.vague |= former.since > within.upper
        if not sure:
            at.vague = True
            at.issued, at.ahead = min(at.issued, former.issued), min(at.ahead, former.ahead)
        if is_all:
            return
        if at.vague or at.cycle > now.cycle:
            # The service that had been set back is ahead of all others now.
            self.streams[stream] = whole
            del self.set_back[life, stream]

    def restored(self, life: str, stream: Key, backed_up: BackedUp | None) -> None:
        """A service was restored as it was backed up: it may issue again what it says.

        :param backed_up: None where the backup has no numbers of the stream.
        """
        at = deepcopy(backed_up.at) if backed_up else Position()
        until = deepcopy(self.streams[stream])
        if self.leaps[stream]:  # what was left out counts as issued, over however many cycles
            until.vague = True
        elif at.cycle == until.cycle and at.taken >= until.taken and at.ahead >= until.ahead:
            return  # nothing was issued or left out since
        self.set_back[life, stream] = SetBack(at, until)

    def advanced(self, stream: Key, by: int) -> None:
        """A service was restored, and numbers left out: which may be the last of a cycle."""
        self.leaps[stream] += by


def _in_order(numbers: Sequence[Number], at: Callable[[Number], Position]) -> list[Number]:
    """As they were issued: those beyond a position, then those of the next cycle."""
    positions = [at(one).under(one.within) for one in numbers]
    ends = [max(position.issued, position.ahead) for position in positions]
    pairs = sorted(zip(ends, numbers, strict=True), key=lambda p: (p[1].value <= p[0], p[1].value))
    return [one for _, one in pairs]
