"""What is told of numbers, and what is left of them, after copies and restores that set back."""

from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.condition import unconditional
from shared.model.numbers import Kind, SetNextBody
from shared.model.problem import Code, Problem
from shared.model.sections import Section
from shared.model.service import Service
from shared.services.checks import Checks
from tests.restores.numbering import (
    DR,
    back_up,
    delete,
    issue,
    plan,
    restore,
    resume,
    service_of,
    set_next,
)
from tests.restores.test_streams import agreement, created
from tests.support.api import x12_document
from tests.support.scenes import SECOND, SERVICE


async def shown_next(app: Installation, name: str) -> int:
    found = await app.counters.get(await service_of(app, name), "A")
    counters: Any = found.to_json()["counters"]
    return int(counters["interchange"]["next"])


async def bound(app: Installation, service: Service, *, reuse: bool = False, **bounds: int) -> None:
    """Give the interchange numbers of the agreement A other bounds."""
    names = {"lower": "interchangeControlNumberLowerBound"}
    names |= {"upper": "interchangeControlNumberUpperBound"}
    document = x12_document(**{names[end]: value for end, value in bounds.items()})
    await app.artifacts.put(
        service, Section.AGREEMENTS, "A", document, unconditional, allow_reuse=reuse
    )


async def test_kinds_are_moved_on_though_a_rehearsal_left_rows(app: Installation) -> None:
    """What the rehearsal left is from the backup."""
    await delete(app)
    await app.ledger.drop_all(SERVICE)
    await restore(app, DR)
    await delete(app, DR)
    await restore(app, policy="advance", by=100)
    await resume(app)
    assert await issue(app, 1, kind=Kind.GROUP) == [101]


async def test_a_next_number_that_was_set_ahead_is_in_the_plan(
    app: Installation,
) -> None:
    """No number comes again, so it goes on where it was set to."""
    await set_next(app, 5000)
    await delete(app)
    p = (await restore(app, policy="asBackedUp")).control_numbers
    await resume(app)
    shown = (await app.counters.get(await service_of(app, SERVICE), "A")).to_json()["counters"][
        "interchange"
    ]["next"]
    [n] = await issue(app, 1)
    assert p.exposures[0].next == n == shown


async def test_what_comes_next_is_shown_when_all_came_again(
    app: Installation,
) -> None:
    """It goes on behind the copy."""
    await issue(app, 3)
    await restore(app, DR, policy="asBackedUp")
    await resume(app, DR)
    assert await issue(app, 2) == [6, 7]
    assert await issue(app, 3, DR) == [3, 4, 5]
    shown = (await app.counters.get(await service_of(app, DR), "A")).to_json()["counters"][
        "interchange"
    ]["next"]
    assert await issue(app, 1, DR) == [shown] == [8]


async def test_reuse_of_a_set_back_counter_is_possible(app: Installation) -> None:
    """Its bounds end before what was passed over."""
    await issue(app, 6)
    await restore(app, DR, policy="asBackedUp")
    await resume(app, DR)
    assert await issue(app, 3, DR) == [3, 4, 5]
    dr = await service_of(app, DR)
    await bound(app, dr, upper=7)
    assert await issue(app, 2, DR) == [6, 7]
    with pytest.raises(Problem):
        await issue(app, 1, DR)
    await bound(app, dr, upper=7, reuse=True)


async def test_two_services_whose_one_copy_issued_the_numbers_of_both(app: Installation) -> None:
    """Both were restored under one name, and trade as the same two."""
    await created(app, "Contoso-Two", [agreement("A")])
    await issue(app, 1, "Contoso-Two")
    await back_up(app, "of-two", "Contoso-Two")
    await restore(app, DR)
    await resume(app, DR)
    await issue(app, 5, DR)
    await delete(app, DR)
    await restore(app, DR, "of-two")
    await resume(app, DR)
    a = await issue(app, 1, DR)
    b = await issue(app, 2)
    c = await issue(app, 2, "Contoso-Two")
    assert len(set(a + b + c)) == 5


async def test_what_comes_next_is_shown_behind_a_copy(app: Installation) -> None:
    """Its row is nobodys, and the copy has gone on."""
    await restore(app, DR)
    await resume(app, DR)
    await issue(app, 5, DR)
    shown = await shown_next(app, SERVICE)
    [n] = await issue(app, 1)
    assert shown == n


async def test_a_copy_with_other_bounds_ends_no_numbers(
    app: Installation,
) -> None:
    """Numbers of the copy lie beyond the bounds of the service."""
    service = await service_of(app, SERVICE)
    await bound(app, service, upper=9999, reuse=True)
    await back_up(app, SECOND)
    await restore(app, DR, SECOND)
    await resume(app, DR)
    dr = await service_of(app, DR)
    await bound(app, dr, lower=1000000)
    assert await issue(app, 1, DR) == [1000000]
    assert await issue(app, 1) == [3]
    assert await issue(app, 1, DR) == [1000001]
    assert await issue(app, 1) == [4]


async def test_bounds_that_reach_what_a_copy_issued_are_behind_it(app: Installation) -> None:
    """Also where the change of them stopped before the counters."""
    service = await service_of(app, SERVICE)
    await bound(app, service, upper=20, reuse=True)
    await back_up(app, SECOND)
    await restore(app, DR, SECOND)
    await resume(app, DR)
    await bound(app, await service_of(app, DR), lower=25)
    assert await issue(app, 2, DR) == [25, 26]
    assert await issue(app, 1) == [3]
    with pytest.MonkeyPatch.context() as stopping:
        stopping.setattr(Checks, "settle_counters", _nothing)
        await bound(app, service, upper=1000)
    assert await shown_next(app, SERVICE) == 27
    assert await issue(app, 1) == [27]
    assert await issue(app, 1, DR) == [28]


async def _nothing(*_args: object) -> None:
    return


async def test_a_copy_that_issued_before_it_had_other_bounds_is_counted(app: Installation) -> None:
    """What it issued below them is known, though it goes on far above."""
    service = await service_of(app, SERVICE)
    await bound(app, service, upper=20, reuse=True)
    await back_up(app, SECOND)
    await restore(app, DR, SECOND)
    await resume(app, DR)
    assert await issue(app, 5, DR) == [3, 4, 5, 6, 7]
    await bound(app, await service_of(app, DR), lower=1000000)
    assert await issue(app, 1, DR) == [1000000]
    planned = (await plan(app, "Contoso-Third", SECOND)).control_numbers
    [exposure] = planned.exposures
    assert (exposure.known, exposure.next, planned.exhausted) == (8, 8, 0)
    assert await issue(app, 13) == list(range(8, 21))
    assert await issue(app, 2) == [1, 2], "its own cycle ends at its own bound"
    assert await issue(app, 2, DR) == [1000001, 1000002], "which is none of the copy's"
    await back_up(app, "of-both")
    await delete(app)
    await app.ledger.drop_all(SERVICE)
    await delete(app, DR)
    await app.ledger.drop_all(DR)
    await restore(app, container="of-both")
    await resume(app)
    assert await issue(app, 1) == [3]


async def test_what_comes_next_is_listed_behind_a_copy(app: Installation) -> None:
    """Of all agreements, as of one; and what was read before the copy went on is out of date."""
    await restore(app, DR)
    await resume(app, DR)
    await issue(app, 2, DR)
    service = await service_of(app, SERVICE)
    before = await app.counters.get(service, "A")
    await issue(app, 3, DR)
    [listed] = [one async for page in app.counters.pages(service) for one in page]
    shown: Any = listed.to_json()["counters"]
    found = await app.counters.get(service, "A")
    assert shown["interchange"]["next"] == await shown_next(app, SERVICE) == 8
    assert (listed.version, found.to_json()) == (found.version, listed.to_json())
    assert before.version != found.version
    assert await issue(app, 1) == [8]
    mine = await app.counters.get(service, "A")
    assert mine.version != found.version


async def test_a_number_is_set_only_as_it_was_read_where_a_copy_went_on(app: Installation) -> None:
    await restore(app, DR)
    await resume(app, DR)
    await issue(app, 2, DR)
    service = await service_of(app, SERVICE)
    body = SetNextBody.model_validate({"kind": "interchange", "next": 50})
    read = (await app.counters.get(service, "A")).version

    def condition(version: str | None) -> None:
        if version != read:
            raise Problem(Code.CONDITION_NOT_MET, "another one")

    await issue(app, 1, DR)
    with pytest.raises(Problem) as refused:
        await app.counters.set_next(service, "A", body, condition)
    assert refused.value.code is Code.CONDITION_NOT_MET
    assert await issue(app, 1, DR) == [6], "nothing was taken from the copy"
    read = (await app.counters.get(service, "A")).version
    await app.counters.set_next(service, "A", body, condition)
    assert await issue(app, 1) == [50]
