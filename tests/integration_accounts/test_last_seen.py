"""When an account was looked at last: when its reading began, whenever that is written down."""

from datetime import datetime, timedelta

import pytest

from shared.arm.client import Account
from shared.clock import Clock
from shared.installation.installation import Installation
from shared.integration_accounts.pulling.writing import StagedWriter
from shared.model.link import Link
from shared.model.operation import Operation
from shared.model.pull import PullBody
from shared.state.operations import OperationRow
from tests.integration_accounts.linked import IA, ONE, link, service, unlink
from tests.integration_accounts.pulled import pull
from tests.integration_accounts.pushed import ended, plan
from tests.integration_accounts.small import AGREEMENT, LATER, session
from tests.support.arm import Arm

ICN = f"{AGREEMENT}-ICN"
NEW = {"create": {"resourceId": f"{IA}-new", "location": "northeurope", "sku": "Standard"}}


async def linked(app: Installation) -> Link:
    found = await app.links.get(ONE)
    assert found is not None
    return found.value


def move_on(patched: pytest.MonkeyPatch, hours: float) -> None:
    """It is so many hours later than it was."""
    now = Clock.now
    patched.setattr(Clock, "now", lambda clock: now(clock) + timedelta(hours=hours))


async def stopped_before_it_writes(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> OperationRow:
    """A pull that has read everything and sealed it, and then stopped."""

    async def stopped(*_args: object) -> None:
        raise OSError("the process stops")

    with monkeypatch.context() as patched:
        patched.setattr(StagedWriter, "write", stopped)
        record = await app.pulls.start(await service(app), PullBody(), "somebody", None)
        await ended(app, record)
    return record


async def test_a_pull_that_is_written_hours_later_is_as_of_when_it_read(
    pulled: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    arm.load([session(ICN, 1041, LATER)])
    began = pulled.clock.now()
    record = await stopped_before_it_writes(pulled, monkeypatch)
    read = pulled.clock.now()
    move_on(monkeypatch, 18)
    arm.lose(IA)
    done: Operation = await ended(pulled, record)
    assert done.status == "Succeeded", done.error
    now = await linked(pulled)
    for at in (now.last_pull_at, now.last_session_pull_at):
        assert at is not None
        assert began - timedelta(milliseconds=1) <= at <= read
    planned = await plan(pulled, NEW, ONE)
    seen_at = {one.seen_at for one in planned.control_numbers.uncertain if one.seen_at}
    assert seen_at == {now.last_session_pull_at}


async def test_numbers_that_are_issued_while_the_sessions_are_read_are_not_known(
    pulled: Installation, arm: Arm
) -> None:
    issued: list[datetime] = []
    arm.fault(part="/sessions?", meanwhile=lambda: issued.append(pulled.clock.now()))
    await pull(pulled)
    now = await linked(pulled)
    assert now.last_session_pull_at is not None
    assert now.last_pull_at is not None
    assert issued
    assert now.last_pull_at <= now.last_session_pull_at <= issued[0]


async def test_a_pull_by_the_timer_is_as_of_when_it_read(
    pulled: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    await link(pulled, minutes=5)
    move_on(monkeypatch, 1)
    arm.load([session(ICN, 45, LATER)])
    asked: list[datetime] = []
    pages = Account.pages

    def slow(self: Account, *args: object, **named: object) -> object:
        asked.append(pulled.clock.now())
        move_on(monkeypatch, 2)  # Azure throttles
        return pages(self, *args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Account, "pages", slow)
    assert await pulled.session_pulls.run() == 1
    now = await linked(pulled)
    assert now.last_session_pull_at is not None
    assert now.last_session_pull_at <= asked[0]
    assert now.next_pull_at is not None
    assert now.next_pull_at > pulled.clock.now()


async def test_a_reading_of_a_link_that_ended_says_nothing_of_the_next_one(
    pulled: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    await link(pulled, minutes=5)
    move_on(monkeypatch, 1)
    pages = Account.pages

    async def relinked(self: Account, *args: object, **named: object) -> object:
        monkeypatch.setattr(Account, "pages", pages)
        await unlink(pulled)
        await link(pulled, minutes=5)
        async for page in pages(self, *args, **named):  # type: ignore[arg-type]
            yield page

    monkeypatch.setattr(Account, "pages", relinked)
    await pulled.session_pulls.run()
    assert (await linked(pulled)).last_session_pull_at is None
