"""Control numbers as a push knows of them, for its tests."""

from datetime import UTC, datetime

from shared.model.numbers import Bounds, Counter, Kind
from shared.model.push import (
    PlannedNumber,
    PushNumbersPolicy,
)
from shared.rules.integration_accounts.observed import Sighting
from shared.rules.integration_accounts.push_known import Choice, Known, SourceState
from shared.rules.integration_accounts.push_numbers import planned
from shared.rules.integration_accounts.push_numbers_written import Decided, decided_of

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
EARLY, LATE = "2026-11-01T00:00:00.0000000Z", "2026-11-29T00:00:00.0000001Z"
WIDE = Bounds()
READ, GONE, UNREACHABLE, SILENT, NONE = SourceState
CONTINUE = Choice(PushNumbersPolicy.CONTINUE, None, "/controlNumbers")
AS_KNOWN = Choice(PushNumbersPolicy.AS_KNOWN, None, "/controlNumbers")


def advance(by: int) -> Choice:
    return Choice(PushNumbersPolicy.ADVANCE, by, "/controlNumbers")


def issued(last: int, cycle: int = 0) -> Counter:
    return Counter(next=last + 1, last=last, cycle=cycle)


def seen(value: int, changed_time: str = LATE) -> Sighting:
    return Sighting(value, changed_time)


def known(state: SourceState = NONE, bounds: Bounds = WIDE, **members: object) -> Known:
    return Known("Northwind", Kind.GROUP, bounds, state, **members)  # type: ignore[arg-type]


def decided_by(choice: Choice, what: Known) -> Decided:
    return decided_of(number(choice, what), choice, what, "x12")


def number(choice: Choice, what: Known) -> PlannedNumber:
    found = planned(choice, what, NOW)
    assert isinstance(found, PlannedNumber)
    return found
