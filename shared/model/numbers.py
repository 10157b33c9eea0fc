"""Control numbers of an agreement: the counters, and the bounds that its document sets."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.model.wire import AS_WHOLE, Stored, Wire


class Kind(StrEnum):
    """What a control number numbers (X12 / EDIFACT element in brackets)."""

    INTERCHANGE = "interchange"
    """ISA13 / UNB 0020"""
    GROUP = "group"
    """GS06 / UNG 0048"""
    TRANSACTION_SET = "transactionSet"
    """ST02 / UNH 0062"""
    ACKNOWLEDGEMENT = "acknowledgement"
    """ST02 of the 997 or 999 / UNH of the CONTRL"""


HIGHEST_NUMBER = 999_999_999
"""Nine digits: what ISA13 holds, and the ceiling of every kind of X12."""

HIGHEST_REFERENCE = 99_999_999_999_999
"""Fourteen digits: what the EDIFACT references hold without prefix and suffix."""


class Bounds(Stored):
    """Within what, and how, one kind of an agreement counts."""

    lower: Annotated[int, Field(ge=1, le=HIGHEST_REFERENCE)] = 1
    upper: Annotated[int, Field(ge=1, le=HIGHEST_REFERENCE)] = HIGHEST_NUMBER
    rollover: bool = True
    prefix: str = ""
    suffix: str = ""
    digits: int = 0
    """Zero padded to this many digits; 0 for no padding."""


class Counter(Stored):
    """Up to where one kind of an agreement was issued, and from where it may go on: two facts.

    ``last`` is the last number that was issued in ``cycle``, 0 where none was; where a caller
    asked for numbers again, or left some out, the one before the first that is to come. ``next``
    is above it. ``cycle`` goes up at each rollover and at each such reuse. Of one counter all three
    only grow, in the order of ``cycle``; two counters are brought together by the later of each.
    """

    next: int
    last: int = 0
    cycle: int = 0
    end: int | None = None
    """The highest upper bound that numbers of this cycle were issued under; None where none were,
    or by a version that did not keep it. Bounds that end before it do not roll over: numbers of
    the same cycle would come again sooner than whoever receives them was told."""
    since: int | None = None
    """The lower bound that it was moved up to, or began at: between ``below`` and this it issued
    nothing in this cycle. None where it may have issued all up to ``last``."""
    below: "Counter | None" = None
    """Where it stood before it was moved up to ``since``; None where it had issued nothing."""


Counters = dict[Kind, Counter]
Numbering = dict[Kind, Bounds]


@dataclass(frozen=True, slots=True)
class AgreementNumbers:
    """What the document of an agreement says of its control numbers."""

    name: str
    """As it was typed."""
    numbering: Numbering
    """Empty where it numbers nothing, as for AS2."""
    stream: str = ""
    """Whose numbers they are: see ``rules.trading.stream_of``. Empty where the agreement names no
    identities: its name is its stream then."""


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
    """Start a new cycle where the number was issued before."""


class IssuedNumber(Wire):
    """A control number that is the caller's alone."""

    kind: Kind
    value: int
    formatted: str
    """As it stands in the envelope: prefix, digits, suffix."""
