"""Control numbers of an agreement: the counters, and the bounds that its document sets."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.model.wire import AS_WHOLE, Stored, Wire


class Kind(StrEnum):
    """What a control number identifies (with its X12 / EDIFACT element)."""

    INTERCHANGE = "interchange"
    """ISA13 / UNB 0020"""
    GROUP = "group"
    """GS06 / UNG 0048"""
    TRANSACTION_SET = "transactionSet"
    """ST02 / UNH 0062"""
    ACKNOWLEDGEMENT = "acknowledgement"
    """ST02 of the 997 or 999 / UNH of the CONTRL"""


HIGHEST_NUMBER = 999_999_999
"""Nine digits, as in ISA13: the maximum of every kind in X12."""

HIGHEST_REFERENCE = 99_999_999_999_999
"""Fourteen digits: the maximum of an EDIFACT reference without prefix and suffix."""


class Bounds(Stored):
    """The bounds and the format of one kind of an agreement's numbers."""

    lower: Annotated[int, Field(ge=1, le=HIGHEST_REFERENCE)] = 1
    upper: Annotated[int, Field(ge=1, le=HIGHEST_REFERENCE)] = HIGHEST_NUMBER
    rollover: bool = True
    prefix: str = ""
    suffix: str = ""
    digits: int = 0
    """Padded with zeros to this many digits; 0 for no padding."""


class Counter(Stored):
    """Up to where numbers of one kind were issued, and from where they may continue: two facts.

    ``last`` is the last number that was issued in ``cycle``, 0 if none was; if a caller asked for
    numbers again, or skipped some, it is the number before the next one. ``next`` is above it.
    ``cycle`` goes up at each rollover and at each such reuse. All three only grow within a cycle,
    and the cycle only grows; two counters are joined by taking the later of each.
    """

    next: int
    last: int = 0
    cycle: int = 0
    end: int | None = None
    """The highest upper bound with which numbers of this cycle were issued; None if none were, or
    by a version that did not store it. Lower bounds do not roll over: numbers of the same cycle
    would be repeated sooner than the receiver expects."""
    since: int | None = None
    """The lower bound to which it was moved up, or at which it began: between ``below`` and this,
    nothing was issued in this cycle. None if all numbers up to ``last`` may have been issued."""
    below: "Counter | None" = None
    """The counter before it was moved up to ``since``; None if it had issued nothing."""


Counters = dict[Kind, Counter]
Numbering = dict[Kind, Bounds]


@dataclass(frozen=True, slots=True)
class AgreementNumbers:
    """What the document of an agreement says about its control numbers."""

    name: str
    """The agreement's name as it was typed."""
    numbering: Numbering
    """Empty if it has no control numbers, as for AS2."""
    stream: str = ""
    """The stream that the numbers belong to: see ``rules.trading.stream_of``. Empty if the
    agreement names no identities: then its name is its stream."""


class AllocateBody(Wire):
    """Body of POST …/control-numbers/{agreement}/allocate: one kind, or several in one write."""

    kind: Kind | None = None
    kinds: Annotated[list[Kind], Field(min_length=1, max_length=4)] | None = None
    count: Annotated[int, Field(ge=1, le=10_000, strict=True), AS_WHOLE] = 1


class SetNextBody(Wire):
    """Body of PUT …/control-numbers/{agreement}."""

    kind: Kind
    next: Annotated[int, Field(ge=1, le=HIGHEST_REFERENCE, strict=True), AS_WHOLE]
    allow_reuse: bool = False
    """Start a new cycle if the number was issued before."""


class IssuedNumber(Wire):
    """A control number that was issued only to the caller."""

    kind: Kind
    value: int
    formatted: str
    """As it is written in the envelope: prefix, digits, suffix."""
