"""Accounts that numbers came from before: what each of them says of one number."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.model.numbers import Bounds
from shared.model.push import UncertainNumber
from shared.rules.integration_accounts.push_former import Former
from shared.rules.integration_accounts.push_numbers import planned
from tests.rules.integration_accounts.numbers import (
    AS_KNOWN,
    CONTINUE,
    EARLY,
    NOW,
    READ,
    advance,
    issued,
    known,
    number,
    seen,
)

ACCOUNT = "/subscriptions/one/resourceGroups/b2b/providers/…/contoso-north"
SMALL = Bounds(lower=1, upper=100, rollover=True)
BEFORE = datetime(2026, 11, 20, tzinfo=UTC)


def of(value: int | None, **members: object) -> Former:
    sighting = seen(value, EARLY) if value is not None else None
    return Former(ACCOUNT, True, sighting, **members)  # type: ignore[arg-type]


@pytest.mark.parametrize(("value", "becomes"), [(50, 100), (100, 100), (130, 130), (None, 100)])
def test_it_counts_where_it_is_past_the_others(value: int | None, becomes: int) -> None:
    what = known(READ, ledger=issued(100), source=seen(100), before=seen(100), former=[of(value)])
    assert number(CONTINUE, what).becomes == becomes
    assert number(advance(5), what).becomes == becomes + 5
    assert number(AS_KNOWN, what).becomes == 100


DOUBTFUL = [
    Former(ACCOUNT, is_read=False),
    Former(ACCOUNT, is_read=False, is_outside=True),
    Former(ACCOUNT, is_read=True, is_unreadable=True),
    Former(ACCOUNT, is_read=True, is_lost=True),
]


@pytest.mark.parametrize("former", DOUBTFUL)
def test_one_that_does_not_say_what_it_issued_is_asked_about(former: Former) -> None:
    what = known(READ, ledger=issued(100), source=seen(100), before=seen(100), former=[former])
    found = planned(CONTINUE, what, NOW)
    assert isinstance(found, UncertainNumber)
    assert ACCOUNT in found.why
    assert ("INTEGRATION_ACCOUNTS does not name it" in found.why) is former.is_outside
    assert (found.seen_at, found.proposed_by) == (None, 1_000)
    assert number(advance(5), what).becomes == 105
    assert number(AS_KNOWN, what).becomes == 100


def test_what_was_never_issued_is_lost_nowhere() -> None:
    what = known(READ, former=[Former(ACCOUNT, is_read=True, is_lost=True)])
    assert planned(CONTINUE, what, NOW) is None


def test_the_proposal_counts_from_when_it_was_looked_at() -> None:
    former = Former(ACCOUNT, is_read=False, seen_at=BEFORE)
    found = planned(CONTINUE, known(READ, ledger=issued(9), source=seen(9), former=[former]), NOW)
    assert isinstance(found, UncertainNumber)
    assert found.seen_at == BEFORE
    later = Former(ACCOUNT, is_read=False, seen_at=BEFORE + timedelta(days=1))
    both = known(READ, ledger=issued(9), source=seen(9), former=[later, former])
    found = planned(CONTINUE, both, NOW)
    assert isinstance(found, UncertainNumber)
    assert found.seen_at == BEFORE


@pytest.mark.parametrize(("value", "is_certain"), [(3, False), (60, True), (99, True)])
def test_one_that_may_have_rolled_over_is_in_doubt(value: int, is_certain: bool) -> None:
    assert of(value).is_certain(issued(98), SMALL) is is_certain


def test_as_the_target_it_is_no_base_of_advance() -> None:
    what = known(
        READ,
        ledger=issued(100),
        source=seen(100),
        before=seen(100),
        target=seen(130),
        former=[of(130, is_target=True)],
    )
    assert number(advance(5), what).becomes == 130
    assert number(advance(50), what).becomes == 150


def test_one_of_a_former_cycle_is_not_later() -> None:
    what = known(
        READ,
        bounds=SMALL,
        ledger=issued(7, cycle=1),
        before=seen(99, EARLY),
        source=seen(7),
        former=[of(98)],
    )
    assert number(CONTINUE, what).becomes == 7
