"""The request to move control numbers forward, and what it does."""

from typing import Annotated

from pydantic import Field, model_validator

from shared.model.numbers import HIGHEST_NUMBER, Kind
from shared.model.restore import PlanError
from shared.model.wire import AS_WHOLE, Stored, Text, Wire

_By = Annotated[int, Field(ge=1, le=HIGHEST_NUMBER, strict=True), AS_WHOLE]


class AgreementAdvance(Wire):
    """An agreement whose numbers are moved forward."""

    name: Annotated[Text, Field(min_length=1, max_length=80)]
    by: _By
    kinds: Annotated[list[Kind], Field(min_length=1, max_length=4)] | None = None
    """All four kinds if left out."""

    @model_validator(mode="after")
    def _each_once(self) -> "AgreementAdvance":
        if self.kinds is not None and len(set(self.kinds)) != len(self.kinds):
            raise ValueError("give each of the kinds once")
        return self


class AdvanceBody(Wire):
    """Body of POST …/control-numbers/advance: all agreements by one number, or some of them."""

    by: _By | None = None
    """How many numbers of every kind of every agreement are skipped."""
    agreements: Annotated[list[AgreementAdvance], Field(min_length=1, max_length=1000)] | None = (
        None
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> "AdvanceBody":
        if (self.by is None) == (self.agreements is None):
            raise ValueError("give either by, for all agreements, or agreements")
        return self


class CounterMove(Stored):
    """How one kind of an agreement is moved forward."""

    agreement: str
    kind: Kind
    next_before: int
    """The number that would be issued next."""
    next_after: int
    """The number that would be issued next after it, not counting numbers that are issued
    meanwhile."""
    rollovers: int = 0
    """How many times it rolls over on the way."""


class AdvancePlan(Stored):
    """How counters are moved forward, and what forbids it."""

    agreements: int = 0
    """The number of agreements that are moved forward."""
    counters: int = 0
    """The number of counters that are moved forward: one for each kind of an agreement."""
    moves: list[CounterMove] = Field(default_factory=list)
    """The first of the moves."""
    more: int = 0
    """How many further moves there are."""
    errors: list[PlanError] = Field(default_factory=list)
    """The first thousand errors. Nothing is moved while there are any."""
