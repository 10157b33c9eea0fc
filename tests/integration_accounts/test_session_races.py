"""Two at once at the sessions of one service: the timer and a full pull, a number that is set, a
runtime that was on its way when the service was linked. What was read later stays."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from shared.arm.client import Account
from shared.installation.installation import Installation
from shared.integration_accounts.pulling.session_writing import SessionWriter
from shared.model.condition import unconditional
from shared.model.integration_account import Child
from shared.model.numbers import Kind, SetNextBody
from shared.model.operation import OperationStatus
from shared.model.problem import Code
from shared.model.pull import PullBody
from shared.model.runtime import MicBody, ReceivedBody
from shared.model.wire import rfc3339
from tests.integration_accounts.linked import IA, link, refused, service, unlink
from tests.integration_accounts.pulled import pull, sessions_of
from tests.integration_accounts.small import AGREEMENT, LATER, resource, session
from tests.integration_accounts.test_pull_numbers import (
    ICN,
    LATEST,
    Moved,
    counter,
    due,
    linked_as,
    received,
    timed,
)
from tests.services.test_races import once_before
from tests.support.arm import Arm
from tests.support.scenes import ASKED, run

__all__ = ["timed"]


@pytest.fixture
async def other(pulled: Installation) -> AsyncIterator[Installation]:
    """Another process of the same installation."""
    app = Installation(pulled.settings)
    yield app
    await app.close()


def move(arm: Arm, number: int, time: str) -> None:
    """A workflow issues a number and writes a session; what it does not need any more goes."""
    arm.load([session(ICN, number, time), resource("sessions", "mic", time, content=number)])


async def test_a_timer_that_is_slower_than_a_full_pull_yields_to_it(
    timed: tuple[Installation, Moved], other: Installation, arm: Arm
) -> None:
    app, clock = timed
    await due(app, clock, 6)
    move(arm, 45, LATER)
    arm.load([resource("sessions", "as2-of-nobody", LATER, content={"mic": "other"})])

    async def overtaken() -> None:
        move(arm, 50, LATEST)
        del arm.account(IA).items["sessions"]["as2-of-nobody"]
        assert (await pull(other)).status is OperationStatus.SUCCEEDED

    once_before(app.sessions, "put_where", overtaken)
    await due(app, clock, 6)
    found = await sessions_of(app)
    assert found[ICN] == (session(ICN, 50, LATEST)["properties"]["content"], LATEST)
    assert found["mic"] == (50, LATEST)
    assert "as2-of-nobody" not in found
    assert (await counter(app)).last == 50
    again = await pull(other)
    assert again.result is not None
    assert again.result["sessions"]["written"] == 0


async def test_a_timer_stops_where_a_full_pull_begins(
    timed: tuple[Installation, Moved],
    other: Installation,
    arm: Arm,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app, clock = timed
    await due(app, clock, 6)
    move(arm, 45, LATER)
    before, was_due = await sessions_of(app), (await linked_as(app)).next_pull_at
    began: list[Any] = []
    pages = Account.pages

    async def read_then_begin(self: Account, child: Child, **how: Any) -> Any:
        async for page in pages(self, child, **how):
            if not began:
                began.append(None)
                body = PullBody()
                began[0] = await other.pulls.start(await service(other), body, "somebody", None)
            yield page

    with monkeypatch.context() as patched:
        patched.setattr(Account, "pages", read_then_begin)
        assert await due(app, clock, 6) == 0
    assert await sessions_of(app) == before
    assert (await counter(app)).last == 41
    assert (await linked_as(app)).next_pull_at == was_due
    await run(other, began[0])
    assert (await sessions_of(app))["mic"] == (45, LATER)
    assert (await counter(app)).last == 45


async def test_a_timer_writes_nothing_after_the_end_of_its_link(
    timed: tuple[Installation, Moved],
    other: Installation,
    arm: Arm,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app, clock = timed
    await due(app, clock, 6)
    move(arm, 45, LATER)
    before = await sessions_of(app)
    pages = Account.pages

    async def read_then_unlink(self: Account, child: Child, **how: Any) -> Any:
        async for page in pages(self, child, **how):
            await unlink(other)
            yield page

    monkeypatch.setattr(Account, "pages", read_then_unlink)
    assert await due(app, clock, 6) == 0
    assert await sessions_of(app) == before
    assert (await counter(app)).last == 41


async def test_a_full_pull_does_not_write_over_a_number_that_was_set_meanwhile(
    pulled: Installation, other: Installation, arm: Arm
) -> None:
    move(arm, 45, LATER)

    async def set_it() -> None:
        body = SetNextBody(kind=Kind.INTERCHANGE, next=901)
        await other.setting_numbers.set_next(await service(other), AGREEMENT, body)

    once_before(pulled.sessions, "put_where", set_it)
    assert (await pull(pulled)).status is OperationStatus.SUCCEEDED
    found = await sessions_of(pulled)
    assert found[ICN][0]["ControlNumber"] == "900"
    assert found["mic"] == (45, LATER)
    assert (await counter(pulled)).last == 900
    again = await pull(pulled)
    assert again.result is not None
    assert again.result["sessions"]["written"] == 0


async def test_a_full_pull_writes_over_what_a_slow_timer_left(
    timed: tuple[Installation, Moved], other: Installation, arm: Arm
) -> None:
    """Between its reading of what there is and its writing, the timer's last write arrives."""
    app, clock = timed
    await due(app, clock, 6)
    at_the_table = other.sessions.put_where

    async def late(service_id: str, sessions: Any) -> Any:
        asked = list(sessions)
        arm.calm()
        old = [
            (one.model_copy(update={"changed_time": LATER, "content": "late"}), etag)
            for one, etag in asked
            if one.name == "mic"
        ]
        await app.sessions.put_all(service_id, [one for one, _ in old])
        return await at_the_table(service_id, asked)

    move(arm, 50, LATEST)
    other.sessions.put_where = late  # type: ignore[method-assign]
    assert (await pull(other)).status is OperationStatus.SUCCEEDED
    assert (await sessions_of(app))["mic"] == (50, LATEST)


async def own(app: Installation) -> None:
    """The service is its own again, and Active."""
    await unlink(app)


async def receive(app: Installation) -> Any:
    body = ReceivedBody(kind=Kind.INTERCHANGE, value=9, message_id="m9", validity_days=30)
    return await app.inbound.receive(await service(app), AGREEMENT, body)


async def put_mic(app: Installation) -> Any:
    names = {"as2From": "Northwind", "as2To": "Fabrikam"}
    body = MicBody.model_validate(
        {"messageId": "m9", "mic": "q83v", "algorithm": "sha256", **names}
    )
    return await app.inbound.put_mic(await service(app), AGREEMENT, body)


async def release(app: Installation) -> Any:
    async def nothing() -> None:
        return

    return await app.inbound.release(
        await service(app), AGREEMENT, Kind.INTERCHANGE, 8, unconditional, nothing
    )


async def linked_and_pulled(app: Installation) -> None:
    await link(app)
    assert (await pull(app)).status is OperationStatus.SUCCEEDED


INBOUND: dict[str, tuple[Callable[[Installation], Awaitable[Any]], str, str]] = {
    "receive": (receive, "received", "add"),
    "mic": (put_mic, "mics", "put"),
}


@pytest.mark.parametrize("name", INBOUND)
async def test_what_came_in_when_the_service_was_linked_is_a_fact(
    pulled: Installation, other: Installation, arm: Arm, name: str
) -> None:
    """It came in before the link: it stays, takes nothing from the account, and is the last."""
    write, store, method = INBOUND[name]
    await own(pulled)
    once_before(getattr(pulled, store), method, lambda: linked_and_pulled(other))
    await write(pulled)
    assert await received(pulled) == ({7, 9} if name == "receive" else {7})
    late = await refused(write(pulled))
    assert late is not None
    assert late.code is Code.MANAGED_BY_ACCOUNT
    assert (await pull(pulled)).status is OperationStatus.SUCCEEDED
    assert 7 in await received(pulled)


@pytest.mark.parametrize("at", ["get", "drop"])
async def test_a_release_on_its_way_takes_no_number_from_the_account(
    pulled: Installation, other: Installation, arm: Arm, at: str
) -> None:
    now = rfc3339(pulled.clock.now())
    arm.load([session(f"X12-ICN-{AGREEMENT}-000000008", 8, now, received=True)])
    assert (await pull(pulled)).status is OperationStatus.SUCCEEDED
    await own(pulled)
    of = await service(pulled)
    # So that the next pull brings all sessions, and with them the received numbers, anew.
    for one in [s async for page in pulled.sessions.pages(of.id) for s in page]:
        await pulled.sessions.drop(of.id, [one.name])
    assert await received(pulled) == {7, 8}
    once_before(pulled.received, at, lambda: linked_and_pulled(other))
    late = await refused(release(pulled))
    assert late is not None
    assert late.code is Code.MANAGED_BY_ACCOUNT
    assert await received(pulled) == {7, 8}


async def test_what_the_timer_writes_into_a_deleted_service_goes_with_it(
    timed: tuple[Installation, Moved],
    other: Installation,
    arm: Arm,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app, clock = timed
    await due(app, clock, 6)
    of = await service(app)
    move(arm, 45, LATER)
    arm.load([session(f"X12-ICN-{AGREEMENT}-000000009", 9, LATER, received=True)])
    write = SessionWriter.write

    async def late(self: SessionWriter, found: Any) -> None:
        await run(other, await other.deletions.start(of.name, ASKED))
        assert await other.directory.get(of.name) is None
        await write(self, found)

    monkeypatch.setattr(SessionWriter, "write", late)
    await due(app, clock, 6)
    assert [row.key async for page in app.sessions.rows(of.id) for row in page] == []
    assert [one.value async for page in app.received.pages(of.id) for one in page] == []
