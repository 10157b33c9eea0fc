"""One pace for an account: it waits when it is told to, keeps waiting for everybody, and slows down
before it has to."""

import asyncio
import time
from typing import Any

import pytest

from shared.arm.pace import AT_ONCE, AccountPace, _gap
from shared.arm.refusals import ArmRefused, Meaning
from shared.clock import Clock
from shared.model.integration_account import AccountId, Child
from shared.storage.pace import Pace, at_pace
from shared.storage.patience import answering
from tests.arm.scripted import (
    ACCOUNT,
    ONCE,
    SUBSCRIPTION,
    Reply,
    Seen,
    World,
    path_of,
    refusal,
    world,
)

ONE = path_of("partners", "Northwind")
PARTNER = Reply(200, {"name": "Northwind"})


class MovedClock(Clock):
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


def throttled(seconds: str | None) -> Reply:
    headers = {} if seconds is None else {"Retry_After": seconds}
    return refusal(429, "SubscriptionRequestsThrottled", **headers)


async def northwind(here: World) -> Any:
    return await here.account.item(Child.PARTNERS, "Northwind")


async def refused(doing: Any) -> ArmRefused:
    with pytest.raises(ArmRefused) as caught:
        await doing
    return caught.value


@pytest.mark.parametrize("seconds", ["0", None])
async def test_a_429_without_a_time_is_waited_out_for_a_second(seconds: str | None) -> None:
    async with world() as here:
        here.server.on(ONE, [throttled(seconds), PARTNER])
        assert await northwind(here) == PARTNER.body
        first, second = here.server.seen
        assert second.at - first.at >= 0.99


async def test_what_a_429_asks_for_is_waited_out() -> None:
    async with world() as here:
        here.server.on(ONE, [throttled("2"), PARTNER])
        assert await northwind(here) == PARTNER.body
        first, second = here.server.seen
        assert second.at - first.at >= 2


async def test_a_wait_beyond_the_budget_is_told_with_its_time_and_kept_for_all() -> None:
    clock = MovedClock()
    async with world(ONCE, clock) as here:
        here.server.on(ONE, [throttled("60"), PARTNER])
        here.server.on(ONE, Reply(200, PARTNER.body), "PUT")
        other = AccountId(SUBSCRIPTION, "rg-b2b", "other")
        here.server.on(f"{other}/partners/Northwind", PARTNER)
        told = await refused(northwind(here))
        assert (told.meaning, told.status, told.retry_after) == (Meaning.BUSY, 429, 60)

        # Another object, and another spelling, of the same account: nothing is sent.
        same = here.arm.account(AccountId(SUBSCRIPTION.upper(), "RG-B2B", "Contoso-B2B"))
        told = await refused(same.item(Child.PARTNERS, "Northwind"))
        assert (told.meaning, told.status) == (Meaning.BUSY, 0)
        assert 50 < told.retry_after <= 60
        assert (same.requests, len(here.server.seen)) == (0, 1)

        # Writes are counted for themselves, and other accounts are.
        await here.account.put(Child.PARTNERS, "Northwind", {})
        await here.arm.account(other).item(Child.PARTNERS, "Northwind")
        assert len(here.server.seen) == 3

        clock.ahead = 61
        assert await northwind(here) == PARTNER.body


async def test_a_request_of_a_caller_is_answered_within_its_own_budget() -> None:
    async with world() as here:
        here.server.on(ONE, throttled("30"))
        began = time.monotonic()
        with answering(began):
            told = await refused(northwind(here))
        assert (told.meaning, told.retry_after) == (Meaning.BUSY, 30)
        assert time.monotonic() - began < 5
        assert len(here.server.seen) == 1


async def test_that_arm_is_busy_does_not_slow_storage_down() -> None:
    pace = Pace(16)
    async with world() as here:
        here.server.on(ONE, [throttled("0"), PARTNER])
        with at_pace(pace):
            await northwind(here)
    assert pace.at_once == 16


async def test_requests_are_apart_when_few_are_left() -> None:
    few = {"x-ms-ratelimit-remaining-subscription-reads": "60"}
    async with world() as here:
        here.server.on(ONE, Reply(200, PARTNER.body, few))
        for _ in range(3):
            await northwind(here)
        times = [seen.at for seen in here.server.seen]
        assert times[2] - times[1] >= 0.24
        here.server.on(ONE, Reply(200, PARTNER.body, {**few, **MANY}))
        await northwind(here)
        here.server.on(ONE, Reply(200, PARTNER.body, MANY))
        await northwind(here)
        began = time.monotonic()
        for _ in range(3):
            await northwind(here)
        assert time.monotonic() - began < 0.7


MANY = {"x-ms-ratelimit-remaining-subscription-reads": "11999"}


@pytest.mark.parametrize(
    ("headers", "gap"),
    [
        ({}, 0),
        ({"x-ms-ratelimit-remaining-subscription-reads": "11999"}, 0),
        ({"x-ms-ratelimit-remaining-subscription-writes": "75"}, 0.25),
        ({"X-MS-RateLimit-Remaining-Subscription-Writes": "25"}, 1),
        ({"x-ms-ratelimit-remaining-tenant-writes": "0"}, 3),
        ({"x-ms-ratelimit-remaining-resource": "Microsoft.Logic/Get3Min;107,X/Get30Min;4"}, 3),
        ({"x-ms-ratelimit-remaining-resource": "Microsoft.Logic/Get3Min;107"}, 0),
        ({"x-ms-ratelimit-remaining-subscription-reads": "no number"}, 0),
        (
            {
                "x-ms-ratelimit-remaining-subscription-reads": "11999",
                "x-ms-ratelimit-remaining-subscription-global-reads": "20",
            },
            1,
        ),
        ({"x-ms-request-id": "5"}, 0),
    ],
)
def test_how_far_apart_requests_are(headers: dict[str, str], gap: float) -> None:
    assert _gap(headers) == gap


async def test_a_few_are_under_way_at_once_and_fewer_after_a_429() -> None:
    under_way = most = 0

    async def slow(seen: Seen) -> Reply:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.03)
        under_way -= 1
        return PARTNER

    async with world() as here:
        here.server.on(ONE, slow)
        await asyncio.gather(*(northwind(here) for _ in range(30)))
        assert (most, len(here.server.seen)) == (AT_ONCE, 30)
        here.server.on(ONE, [throttled("0"), PARTNER])
        await northwind(here)
        most = 0
        here.server.on(ONE, slow)
        await asyncio.gather(*(northwind(here) for _ in range(10)))
        assert most == AT_ONCE // 2


async def test_who_waits_for_a_turn_can_be_cancelled_and_holds_nobody_up() -> None:
    pace = AccountPace(Clock())
    going, entered = asyncio.Event(), 0

    async def one() -> None:
        nonlocal entered
        async with pace.turn("GET"):
            entered += 1
            await going.wait()

    tasks = [asyncio.create_task(one()) for _ in range(3 * AT_ONCE)]
    await asyncio.sleep(0)
    assert entered == AT_ONCE
    for task in tasks[AT_ONCE : 2 * AT_ONCE]:
        task.cancel()
    tasks[0].cancel()
    await asyncio.sleep(0.01)
    assert entered == AT_ONCE + 1
    going.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert entered == 2 * AT_ONCE
    assert sum(task.cancelled() for task in tasks) == AT_ONCE + 1
    async with asyncio.timeout(1):
        await asyncio.gather(*(asyncio.create_task(one()) for _ in range(AT_ONCE)))


async def test_who_was_let_in_and_cancelled_at_once_lets_the_next_one_in() -> None:
    pace = AccountPace(Clock())
    going = [asyncio.Event() for _ in range(AT_ONCE + 2)]
    entered: list[int] = []

    async def one(number: int) -> None:
        async with pace.turn("GET"):
            entered.append(number)
            await going[number].wait()

    tasks = [asyncio.create_task(one(number)) for number in range(AT_ONCE + 2)]
    await asyncio.sleep(0)
    going[0].set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    tasks[AT_ONCE].cancel()
    await asyncio.sleep(0.01)
    assert entered[-1] in (AT_ONCE, AT_ONCE + 1)
    for event in going:
        event.set()
    async with asyncio.timeout(1):
        await asyncio.gather(*tasks, return_exceptions=True)
    assert AT_ONCE + 1 in entered


async def test_a_pull_that_is_cancelled_while_it_waits_ends_at_once() -> None:
    async with world() as here:
        here.server.on(ONE, throttled("15"))
        task = asyncio.create_task(northwind(here))
        while not here.server.seen:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        task.cancel()
        began = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - began < 1


def test_paces_are_of_accounts() -> None:
    assert ACCOUNT.key == AccountId(SUBSCRIPTION.upper(), "RG-B2B", "CONTOSO-b2b").key
