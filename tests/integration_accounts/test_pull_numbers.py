"""The control numbers of an account: in the ledger and the received numbers of its service, and
between two pulls by the timer."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from shared.clock import Clock
from shared.installation.installation import Installation
from shared.integration_accounts.pulling import session_pulls
from shared.integration_accounts.pulling.session_pulls import SessionPulls
from shared.model.link import Link
from shared.model.numbers import Counter, Kind
from shared.model.pull import PullBody
from tests.integration_accounts.linked import IA, ONE, link, service, unlink
from tests.integration_accounts.pulled import pull, sessions_of
from tests.integration_accounts.small import AGREEMENT, LATER, agreement, resource, session
from tests.support.api import x12_document
from tests.support.arm import Arm

ICN = f"{AGREEMENT}-ICN"
CHANGED_AGAIN = "2026-03-01T00:00:00.0000001Z"
LATEST = "2026-04-05T06:07:08.9012345Z"


class Moved(Clock):
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.by = timedelta()

    def now(self) -> datetime:
        return super().now() + self.by


async def counter(app: Installation) -> Counter:
    row = await app.ledger.get(ONE, AGREEMENT)
    assert row is not None
    return row.counters[Kind.INTERCHANGE]


async def received(app: Installation) -> set[int | str]:
    of = await service(app)
    return {one.value async for page in app.received.pages(of.id) for one in page}


async def number_after(app: Installation) -> int:
    """What the service issues next, when it is no longer linked."""
    await unlink(app)
    (issued,) = await app.allocator.allocate(ONE, AGREEMENT, [Kind.INTERCHANGE], 1)
    return issued.value


async def test_what_the_account_issued_is_in_the_ledger(pulled: Installation, arm: Arm) -> None:
    assert ((await counter(pulled)).last, (await counter(pulled)).next) == (41, 42)
    arm.load([session(ICN, 45, LATER)])
    await pull(pulled)
    assert ((await counter(pulled)).last, (await counter(pulled)).next) == (45, 46)
    assert await number_after(pulled) == 46


async def test_a_number_that_rolled_over_is_a_new_cycle(pulled: Installation, arm: Arm) -> None:
    arm.load([session(ICN, 999_999_990, CHANGED_AGAIN)])
    await pull(pulled)
    arm.load([session(ICN, 3, LATER)])
    assert (await pull(pulled)).warnings == []
    now = await counter(pulled)
    assert (now.last, now.next, now.cycle) == (3, 4, 1)
    arm.load([session(ICN, 5, LATEST)])
    await pull(pulled)
    now = await counter(pulled)
    assert (now.last, now.cycle) == (5, 1)
    assert await number_after(pulled) == 6


@pytest.mark.parametrize("gone", [True, False])
async def test_a_number_that_was_set_back_stays_in_the_ledger_and_is_told(
    pulled: Installation, arm: Arm, gone: bool
) -> None:
    """Also where a pull finds the session gone, and the next one another session."""
    if gone:
        del arm.account(IA).items["sessions"][ICN.lower()]
        for _ in range(2):
            (told_of,) = (await pull(pulled)).warnings
            assert told_of.code == "NumberSetBack"
            assert told_of.target == f"sessions/{AGREEMENT}-Icn"
            assert "has no session" in told_of.message
            assert "numbers up to 41 were issued" in told_of.message
            assert (await counter(pulled)).last == 41
    arm.load([session(ICN, 3, LATER)])
    for _ in range(2):  # as long as it is so, and not once
        told = (await pull(pulled)).warnings
        assert [(one.code, one.target) for one in told] == [("NumberSetBack", f"sessions/{ICN}")]
        assert "is at 3, and numbers up to 41 were issued" in told[0].message
        now = await counter(pulled)
        assert (now.last, now.next, now.cycle) == (41, 42, 0)
    arm.load([session(ICN, 42, LATEST)])
    assert (await pull(pulled)).warnings == []
    assert await number_after(pulled) == 43


async def test_a_lower_number_of_an_older_time_means_nothing(
    pulled: Installation, arm: Arm
) -> None:
    for time in ("2026-01-02T03:04:05.6789012Z", "2026-02-03T04:05:07.7654321Z"):
        arm.load([session(ICN, 30, time)])
        await pull(pulled)
        now = await counter(pulled)
        assert (now.last, now.cycle) == (41, 0)
    assert await number_after(pulled) == 42


async def test_a_session_that_is_deleted_takes_nothing_from_the_ledger(
    pulled: Installation, arm: Arm
) -> None:
    held = arm.account(IA).items["sessions"]
    del held[ICN.lower()]
    del held[f"X12-ICN-{AGREEMENT}-000000007".lower()]
    await pull(pulled)
    assert (await counter(pulled)).last == 41
    assert await received(pulled) == set()
    assert ICN not in await sessions_of(pulled)
    assert await number_after(pulled) == 42


async def test_received_numbers_are_duplicates_here_too(pulled: Installation, arm: Arm) -> None:
    assert await received(pulled) == {7}
    arm.load([session(f"X12-ICN-{AGREEMENT}-000000008", 8, LATER, received=True)])
    await pull(pulled)
    assert await received(pulled) == {7, 8}


async def test_other_parties_have_numbers_of_their_own(pulled: Installation, arm: Arm) -> None:
    other = {**x12_document(), "guestIdentity": {"qualifier": "ZZ", "value": "FABRIKAM2"}}
    arm.load([agreement(LATER, **other), session(ICN, 12, LATER)])
    for _ in range(2):
        assert (await pull(pulled)).warnings == []
    now = await counter(pulled)
    assert (now.last, now.cycle) == (12, 0)
    assert await number_after(pulled) == 13


async def test_no_number_of_the_account_is_issued_again_after_its_link(
    pulled: Installation, arm: Arm
) -> None:
    arm.load([session(ICN, 57, LATER), session(f"{AGREEMENT}-GCN", 60, LATER)])
    await pull(pulled)
    await unlink(pulled)
    kinds = [Kind.INTERCHANGE, Kind.GROUP]
    issued = await pulled.allocator.allocate(ONE, AGREEMENT, kinds, 1)
    assert {one.kind: one.value for one in issued} == {Kind.INTERCHANGE: 58, Kind.GROUP: 61}
    again = await pulled.allocator.allocate(ONE, AGREEMENT, [Kind.INTERCHANGE], 1)
    assert again[0].value == 59
    # Linked again, the account is behind: what was issued here stays issued.
    await link(pulled)
    await pull(pulled)
    assert await number_after(pulled) == 60


@pytest.fixture
async def timed(pulled: Installation) -> AsyncIterator[tuple[Installation, Moved]]:
    """The same service, whose sessions are pulled every five minutes, and a clock that moves."""
    clock = Moved()
    app = Installation(pulled.settings, clock=clock)
    await link(app, minutes=5)
    yield app, clock
    await app.close()


async def linked_as(app: Installation) -> Link:
    found = await app.links.get(ONE)
    assert found is not None
    return found.value


async def due(app: Installation, clock: Moved, minutes: float) -> int:
    clock.by += timedelta(minutes=minutes)
    return await app.session_pulls.run()


async def test_the_timer_pulls_sessions_when_they_are_due(
    timed: tuple[Installation, Moved], arm: Arm
) -> None:
    app, clock = timed
    await due(app, clock, 6)
    before = await linked_as(app)
    arm.load([session(ICN, 45, LATER), session(f"X12-ICN-{AGREEMENT}-000000008", 8, LATER)])
    arm.calm()
    assert await due(app, clock, 2) == 0
    assert list(arm.seen) == []
    assert await due(app, clock, 4) == 1
    assert [one.path.rpartition("/")[2] for one in arm.seen] == ["sessions"]
    assert (await counter(app)).last == 45
    assert await received(app) == {7, 8}
    after = await linked_as(app)
    assert before.next_pull_at is not None
    assert after.next_pull_at is not None
    assert after.next_pull_at >= before.next_pull_at + timedelta(minutes=5)
    assert after.last_session_pull_at is not None
    assert after.last_session_pull_at > (
        before.last_session_pull_at or datetime.min.replace(tzinfo=UTC)
    )
    assert after.last_pull_at == before.last_pull_at
    assert await due(app, clock, 0) == 0


async def test_the_timer_removes_nothing_and_brings_no_artifact(
    timed: tuple[Installation, Moved], arm: Arm
) -> None:
    app, clock = timed
    arm.account(IA).items["sessions"].clear()
    arm.account(IA).items["partners"].clear()
    before = await sessions_of(app)
    assert await due(app, clock, 6) == 1
    assert await sessions_of(app) == before
    assert await received(app) == {7}


async def test_the_timer_lets_a_long_operation_be(
    timed: tuple[Installation, Moved], arm: Arm
) -> None:
    app, clock = timed
    await due(app, clock, 6)
    await app.pulls.start(await service(app), PullBody(), "somebody", None)
    arm.calm()
    assert await due(app, clock, 6) == 0
    assert list(arm.seen) == []
    assert (await linked_as(app)).next_pull_at <= app.clock.now()  # type: ignore[operator]


async def test_an_account_that_fails_is_told_once_an_hour(
    timed: tuple[Installation, Moved], arm: Arm, caplog: pytest.LogCaptureFixture
) -> None:
    app, clock = timed
    now = app.clock.now()
    at_the_hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    clock.by += at_the_hour - now
    arm.lose(IA)
    for _ in range(3):
        assert await due(app, clock, 6) == 0
        assert (await linked_as(app)).next_pull_at > app.clock.now()  # type: ignore[operator]
    told = [one for one in caplog.records if one.name == "interkeep.alerts"]
    assert len(told) == 1
    assert await due(app, clock, 60) == 0
    told = [one for one in caplog.records if one.name == "interkeep.alerts"]
    assert len(told) == 2
    assert (await counter(app)).last == 41


async def test_a_session_that_nobody_can_read_is_kept_all_the_same(
    timed: tuple[Installation, Moved], arm: Arm
) -> None:
    app, clock = timed
    arm.load([resource("sessions", "broken", content={"$sealed": ["odd", None, 1e300]})])
    assert await due(app, clock, 6) == 1
    assert "broken" in await sessions_of(app)


async def test_a_link_without_minutes_is_never_due(pulled: Installation, arm: Arm) -> None:
    clock = Moved()
    app = Installation(pulled.settings, clock=clock)
    try:
        assert await due(app, clock, 2_000) == 0
        assert (await linked_as(app)).next_pull_at is None
        assert list(arm.seen) == []
    finally:
        await app.close()


async def test_a_session_that_came_before_its_agreement_counts_when_that_comes(
    pulled: Installation, arm: Arm
) -> None:
    name = "Adatum-Fabrikam"
    arm.load([session(f"{name}-ICN", 570, LATER)])
    await pull(pulled)
    assert await pulled.ledger.get(ONE, name) is None
    other = {**x12_document(), "guestIdentity": {"qualifier": "ZZ", "value": "ADATUM"}}
    arm.load([resource("agreements", name, LATER, **other)])
    await pull(pulled)
    row = await pulled.ledger.get(ONE, name)
    assert row is not None
    assert row.counters[Kind.INTERCHANGE].last == 570


async def test_another_account_with_lower_numbers_takes_nothing_back(
    pulled: Installation, arm: Arm
) -> None:
    await unlink(pulled)
    arm.load([session(ICN, 12, LATER)])
    await link(pulled)
    assert [one.code for one in (await pull(pulled)).warnings] == ["NumberSetBack"]
    now = await counter(pulled)
    assert (now.last, now.cycle) == (41, 0)
    assert await number_after(pulled) == 42


async def test_an_account_that_takes_too_long_is_told_and_keeps_nobody_waiting(
    timed: tuple[Installation, Moved],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    app, clock = timed

    async def for_ever(*_: object) -> None:
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr(session_pulls, "_MOST_SECONDS", 0.05)
        patch.setattr(SessionPulls, "_read", for_ever)
        assert await due(app, clock, 6) == 0
    after = await linked_as(app)
    assert after.next_pull_at is not None
    assert after.next_pull_at > app.clock.now()
    assert "were not read within" in caplog.text
    assert await due(app, clock, 6) == 1
