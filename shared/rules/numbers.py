"""Control number arithmetic: what an agreement says, what comes next, what is later.

Bounds are those of an agreement's send settings (ISA13, GS06, ST02; UNB5, UNG5, UNH1).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.model.numbers import HIGHEST_NUMBER, Bounds, Counter, Counters, Kind, Numbering
from shared.model.problem import Code, Problem
from shared.model.wire import JsonObject, JsonValue
from shared.rules.trading import agreement_content, member

_MEMBERS: dict[Kind, tuple[str, str]] = {
    Kind.INTERCHANGE: ("envelopeSettings", "interchangeControlNumber"),
    Kind.GROUP: ("envelopeSettings", "groupControlNumber"),
    Kind.TRANSACTION_SET: ("envelopeSettings", "transactionSetControlNumber"),
    Kind.ACKNOWLEDGEMENT: ("acknowledgementSettings", "acknowledgementControlNumber"),
}
_ISA13_DIGITS = 9
_ST02 = frozenset({Kind.TRANSACTION_SET, Kind.ACKNOWLEDGEMENT})
_ST02_CHARACTERS = 9


def numbering(document: JsonObject) -> Numbering:
    """Within what each kind of an agreement counts; empty for AS2, which numbers nothing.

    Member names are compared without regard to case, as integration accounts write both
    ``x12`` and ``X12``. An upper bound over nine digits, which integration accounts allow for
    EDIFACT, counts as 999,999,999.
    """
    found = agreement_content(document)
    if found is None or found[0] == "as2":
        return {}
    standard, agreement = found
    settings = member(member(agreement, "sendAgreement"), "protocolSettings")
    return {
        kind: _bounds(member(settings, group), stem, standard, kind)
        for kind, (group, stem) in _MEMBERS.items()
    }


def _bounds(settings: JsonValue, stem: str, standard: str, kind: Kind) -> Bounds:
    capital = stem[0].upper() + stem[1:]
    lower = _number(member(settings, f"{stem}LowerBound"), 1)
    upper = min(_number(member(settings, f"{stem}UpperBound"), HIGHEST_NUMBER), HIGHEST_NUMBER)
    if not 1 <= lower <= upper:
        raise Problem(
            Code.INVALID_REQUEST,
            f"{stem}LowerBound is {lower} and {stem}UpperBound {upper}: the bounds lie between "
            f"1 and {HIGHEST_NUMBER}, the lower one first.",
            target=f"{stem}LowerBound",
        )
    prefix = _text(member(settings, f"{stem}Prefix"))
    suffix = _text(member(settings, f"{stem}Suffix"))
    length = len(prefix) + len(str(upper)) + len(suffix)
    if standard == "x12" and kind in _ST02 and length > _ST02_CHARACTERS:
        raise Problem(
            Code.INVALID_REQUEST,
            f"{stem}Prefix, the digits of the upper bound and {stem}Suffix take {length} "
            f"characters; ST02 has {_ST02_CHARACTERS}. Lower the upper bound or shorten them.",
            target=f"{stem}Prefix",
        )
    return Bounds(
        lower=lower,
        upper=upper,
        rollover=member(settings, f"rollover{capital}") is not False,
        prefix=prefix,
        suffix=suffix,
        digits=_ISA13_DIGITS if (standard, kind) == ("x12", Kind.INTERCHANGE) else 0,
    )


def _number(value: JsonValue, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


def formatted(bounds: Bounds, value: int) -> str:
    """A number as it stands in the envelope; ISA13 is nine digits, zero padded."""
    return f"{bounds.prefix}{value:0{bounds.digits}d}{bounds.suffix}"


def first(bounds: Bounds) -> Counter:
    """The counter of a kind that has never issued a number."""
    return Counter(next=bounds.lower)


@dataclass(frozen=True)
class Taken:
    """Numbers that one write issues, and where the counter stands after it."""

    values: tuple[range, ...]
    """One range, or two where the numbers wrap."""
    counter: Counter


def take(counter: Counter, bounds: Bounds, count: int) -> Taken:
    """Take the next ``count`` numbers.

    Every number of one call is different: a call never takes more than the bounds hold.

    :raises Problem: ControlNumbersExhausted where they do not roll over and too few are left,
        or where the bounds hold fewer than ``count``.
    """
    size = bounds.upper - bounds.lower + 1
    start = max(counter.next, bounds.lower)
    if start > bounds.upper and bounds.rollover:
        counter = Counter(next=bounds.lower, last=0, cycle=counter.cycle + 1)
        start = bounds.lower
    left = bounds.upper - start + 1
    if count > size or (count > left and not bounds.rollover):
        raise Problem(
            Code.CONTROL_NUMBERS_EXHAUSTED,
            f"{max(left, 0)} numbers are left up to {bounds.upper}, {count} were asked for, and "
            "the agreement does not roll over that far. Widen its bounds or let it roll over.",
        )
    if count <= left:
        last = start + count - 1
        return Taken(
            (range(start, last + 1),), Counter(next=last + 1, last=last, cycle=counter.cycle)
        )
    last = bounds.lower + count - left - 1
    return Taken(
        (range(start, bounds.upper + 1), range(bounds.lower, last + 1)),
        Counter(next=last + 1, last=last, cycle=counter.cycle + 1),
    )


def moved(counter: Counter, bounds: Bounds, following: int, *, allow_reuse: bool) -> Counter:
    """The counter with its next number set.

    A number that was not reached yet is a gap, and allowed. One that was is issued again only
    in a new cycle, which the caller must ask for.

    :raises Problem: InvalidRequest outside the bounds, ControlNumberIssued.
    """
    if not bounds.lower <= following <= bounds.upper:
        raise Problem(
            Code.INVALID_REQUEST,
            f"{following} lies outside the agreement's bounds, {bounds.lower} to {bounds.upper}.",
            target="/next",
        )
    if following > counter.last:
        return Counter(next=following, last=counter.last, cycle=counter.cycle)
    if not allow_reuse:
        raise Problem(
            Code.CONTROL_NUMBER_ISSUED,
            f"Numbers up to {counter.last} were issued; from {following} on they would be issued "
            "again. Choose a later one, or send allowReuse: true if the partner expects that.",
            target="/next",
        )
    return Counter(next=following, last=0, cycle=counter.cycle + 1)


def rebound(
    counters: Counters, before: Numbering, after: Numbering, *, allow_reuse: bool
) -> Counters:
    """The counters of an agreement whose bounds change.

    A counter stays where it is. One that lies below its new bounds goes on at the lower one: a
    gap, no repeat. One that lies above them could only begin anew.

    :raises Problem: ControlNumberIssued for a counter above its new bounds, unless reuse is
        allowed, which starts a new cycle.
    """
    changed = dict(counters)
    for kind, counter in counters.items():
        bounds = after.get(kind)
        if bounds is None or bounds == before.get(kind):
            continue
        if counter.next <= bounds.upper + int(bounds.rollover):
            continue  # inside, or about to roll over
        if counter.last == 0 and counter.cycle == 0:
            del changed[kind]  # nothing was issued: the first number is the new lower bound
        elif allow_reuse:
            changed[kind] = Counter(next=bounds.lower, last=0, cycle=counter.cycle + 1)
        else:
            raise Problem(
                Code.CONTROL_NUMBER_ISSUED,
                f"The next {kind} number is {counter.next}; within the new bounds, "
                f"{bounds.lower} to {bounds.upper}, only numbers that were issued are left. Keep "
                "the upper bound above it, or send ?allowReuse=true to start a new cycle.",
                target=f"{kind}ControlNumberUpperBound",
            )
    return changed


def later(*counters: Counter | None) -> Counter | None:
    """The counter that has come furthest, by (cycle, last), and of equals by next."""
    known = [c for c in counters if c is not None]
    return max(known, key=lambda c: (c.cycle, c.last, c.next), default=None)


def continued(
    backed_up: dict[Kind, Counter], known: Iterable[dict[Kind, Counter]]
) -> dict[Kind, Counter]:
    """The ``continue`` policy: of the backup and all that this installation knows, the latest.

    :param backed_up: the agreement's counters in the backup.
    :param known: the same agreement's counters in the ledgers of the names concerned.
    """
    ledgers = list(known)
    kinds = set(backed_up).union(*ledgers) if ledgers else set(backed_up)
    return {
        kind: counter
        for kind in sorted(kinds)
        if (counter := later(backed_up.get(kind), *(ledger.get(kind) for ledger in ledgers)))
    }
