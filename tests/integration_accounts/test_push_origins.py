"""Accounts that numbers of a service came from before it had another: none is forgotten before it
is settled what it issued."""

from datetime import datetime
from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT, X12, fill
from localhost.arm.state import Account
from shared.installation.installation import Installation
from shared.integration_accounts.linking.shown import shown_link
from shared.model.numbers import Kind
from shared.model.push import PlannedNumber, PushPlan, UncertainNumber
from shared.model.restore import RestoreBody
from shared.model.wire import rfc3339
from tests.integration_accounts.linked import ONE, backup, create, link, service, unlink
from tests.integration_accounts.pulled import pull
from tests.integration_accounts.pushed import (
    BACKUP,
    COPY,
    NEW,
    OTHER,
    ended,
    issue,
    lose,
    number_in,
    plan,
    pulled,
    push,
    restored,
    started,
)
from tests.support.arm import Arm
from tests.support.scenes import run

ICN = f"{X12}-ICN"
PULLED = 40_127
THIRD = f"{OTHER}-again"
ANEW = {"create": {"resourceId": THIRD, "location": "northeurope", "sku": "Standard"}}


def advance(by: int) -> dict[str, Any]:
    return {"controlNumbers": {"policy": "advance", "by": by}}


def icn(planned: PushPlan) -> PlannedNumber | UncertainNumber:
    numbers = planned.control_numbers
    (found,) = [
        one
        for one in [*numbers.items, *numbers.uncertain]
        if (one.agreement, one.kind) == (X12, Kind.INTERCHANGE)
    ]
    return found


def sources(planned: PushPlan) -> dict[str, str]:
    return {one.resource_id: one.state for one in planned.control_numbers.sources}


def codes(planned: PushPlan) -> list[str]:
    return [one.code for one in planned.errors]


async def former(app: Installation, name: str = COPY) -> dict[str, datetime | None]:
    facts = (await service(app, name)).integration_account
    assert facts is not None
    return {one.resource_id: one.seen_at for one in facts.former}


async def restore(app: Installation, container: str, name: str) -> None:
    place = {"storageAccount": "offsite", "container": container}
    body = RestoreBody.model_validate({"backup": place, "service": {"name": name}})
    await run(app, await app.restores.start(body, "somebody", None))


def put_back(arm: Arm, account: Account) -> None:
    """Have an account again that was lost."""
    parts = OTHER.split("/")
    arm.state.group(parts[2], parts[4]).accounts[parts[-1].lower()] = account


async def moved(app: Installation, arm: Arm) -> None:
    """A copy that was pushed while the source could be read, and is linked to its new account."""
    await restored(app, arm)
    done = await push(app, NEW)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert done.result is not None
    assert done.result["linked"] is True


async def test_a_push_that_is_sent_again_goes_by_the_source_though_it_is_linked_elsewhere(
    app: Installation, arm: Arm
) -> None:
    await restored(app, arm)
    record = await started(app, NEW)
    arm.fault(
        method="PUT",
        part=f"{OTHER}/sessions/{ICN}",
        meanwhile=lambda: issue(arm, ACCOUNT, ICN, 41_000),
    )
    done = await ended(app, record)
    assert done.result is not None
    assert done.result["linked"] is True
    assert "SourceWentOn" in {one.code for one in done.warnings}
    assert number_in(arm, OTHER, ICN) == 41_000

    issue(arm, ACCOUNT, ICN, 41_500)
    planned = await plan(app, {})
    assert planned.errors == []
    assert sources(planned) == {OTHER: "read", ACCOUNT: "read"}
    assert "SourceStillRuns" in {one.code for one in planned.warnings}
    assert any(ACCOUNT in line for line in planned.checklist)
    again = await push(app, {})
    assert again.status == "Succeeded", (again.error, again.warnings)
    assert number_in(arm, OTHER, ICN) == 41_500


async def test_it_is_read_to_the_end_of_that_push(app: Installation, arm: Arm) -> None:
    await moved(app, arm)
    record = await started(app, {})
    arm.fault(
        method="GET",
        part=f"{ACCOUNT}/sessions",
        nth=2,
        meanwhile=lambda: issue(arm, ACCOUNT, ICN, 41_900),
    )
    done = await ended(app, record)
    assert number_in(arm, OTHER, ICN) == 41_900, (done.status, done.error, done.warnings)


async def test_what_the_account_itself_issued_stays(app: Installation, arm: Arm) -> None:
    """The former one is behind it then, which is no doubt."""
    await moved(app, arm)
    issue(arm, OTHER, ICN, 45_000)
    assert (await pull(app, COPY)).status == "Succeeded"
    planned = await plan(app, {})
    assert planned.errors == []
    done = await push(app, {})
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert number_in(arm, OTHER, ICN) == 45_000


@pytest.mark.parametrize("policy", [advance(100), {"controlNumbers": {"policy": "asKnown"}}])
async def test_one_that_is_lost_is_asked_about_once(
    app: Installation, arm: Arm, policy: dict[str, Any]
) -> None:
    await moved(app, arm)
    seen_at = (await former(app))[ACCOUNT]
    made = await app.links.get(COPY)
    assert made is not None
    assert seen_at == made.value.last_session_pull_at
    shown = shown_link(made.value, (await service(app, COPY)).integration_account)
    assert seen_at is not None
    assert shown["numbersFrom"] == [{"resourceId": ACCOUNT, "seenAt": rfc3339(seen_at)}]
    issue(arm, ACCOUNT, ICN, 40_200)
    lose(arm)
    planned = await plan(app, {})
    assert codes(planned) == ["ControlNumbersUncertain"]
    assert sources(planned) == {OTHER: "read", ACCOUNT: "gone"}
    unsure = icn(planned)
    assert isinstance(unsure, UncertainNumber)
    assert ACCOUNT in unsure.why
    assert unsure.seen_at == seen_at
    done = await push(app, policy)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert await former(app) == {}
    planned = await plan(app, {})
    assert planned.errors == []
    assert sources(planned) == {OTHER: "read"}


async def test_a_push_of_what_is_known_says_nothing_of_what_it_issued(
    app: Installation, arm: Arm
) -> None:
    """The account is behind it then: what it issued since it was looked at before is unknown."""
    await moved(app, arm)
    before = await former(app)
    issue(arm, ACCOUNT, ICN, 40_627)
    done = await push(app, {"controlNumbers": {"policy": "asKnown"}})
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert number_in(arm, OTHER, ICN) == PULLED
    assert await former(app) == before


async def test_one_that_falls_silent_while_it_is_pushed_is_not_settled(
    app: Installation, arm: Arm
) -> None:
    await moved(app, arm)
    issue(arm, ACCOUNT, ICN, 41_000)
    record = await started(app, {})
    written = arm.fault(
        method="PUT",
        part=f"{OTHER}/sessions/",
        meanwhile=lambda: lose(arm) and None,
    )
    done = await ended(app, record)
    assert written.met
    assert "SourceNotReadAgain" in {one.code for one in done.warnings}
    assert number_in(arm, OTHER, ICN) == 41_000
    assert [*await former(app)] == [ACCOUNT]
    assert codes(await plan(app, {})) == ["ControlNumbersUncertain"]


async def test_a_copy_that_is_linked_by_hand_was_seen_when_its_backup_was_made(
    app: Installation, arm: Arm
) -> None:
    await restored(app, arm)
    entry = await app.history.get(ONE, BACKUP)
    assert entry is not None
    arm.load([{"id": OTHER, "location": "northeurope", "sku": {"name": "Standard"}}])
    await link(app, COPY, OTHER)
    lose(arm)
    planned = await plan(app, {})
    assert codes(planned) == ["ControlNumbersUncertain"]
    unsure = icn(planned)
    assert isinstance(unsure, UncertainNumber)
    assert unsure.seen_at == entry.value.started_at


@pytest.mark.parametrize("is_pulled", [False, True])
async def test_a_service_that_is_linked_to_a_standby_knows_where_its_numbers_came_from(
    app: Installation, arm: Arm, is_pulled: bool
) -> None:
    """Whether the standby, which is behind, was pulled since or not."""
    await pulled(app, arm)
    standby = await push(app, NEW, ONE)
    assert standby.status == "Succeeded", (standby.error, standby.warnings)
    issue(arm, ACCOUNT, ICN, 40_300)
    assert (await pull(app, ONE)).status == "Succeeded"
    issue(arm, ACCOUNT, ICN, 40_627)
    lose(arm)
    await unlink(app)
    await link(app, ONE, OTHER)
    if is_pulled:
        assert (await pull(app, ONE)).status == "Succeeded"
    planned = await plan(app, {}, ONE)
    assert codes(planned) == ["ControlNumbersUncertain"]
    unsure = icn(planned)
    assert isinstance(unsure, UncertainNumber)
    assert unsure.last_known == 40_300
    assert sources(planned)[ACCOUNT] == "gone"
    done = await push(app, advance(500), ONE)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert number_in(arm, OTHER, ICN) == 40_800
    assert await former(app, ONE) == {}
    assert (await plan(app, {}, ONE)).errors == []


async def test_an_account_that_nothing_was_pulled_from_is_none_of_them(
    app: Installation, arm: Arm
) -> None:
    """Linked by mistake, and unlinked before its first pull."""
    await pulled(app, arm)
    arm.load([{"id": OTHER, "location": "westeurope", "sku": {"name": "Standard"}}])
    await unlink(app)
    await link(app, ONE, OTHER)
    await unlink(app)
    lose(arm, OTHER)
    await link(app, ONE, ACCOUNT)
    assert [*await former(app, ONE)] == [ACCOUNT]
    assert (await plan(app, {}, ONE)).errors == []
    assert (await pull(app, ONE)).status == "Succeeded"
    assert await former(app, ONE) == {}
    assert (await plan(app, NEW, ONE)).errors == []


async def test_a_backup_carries_them(app: Installation, arm: Arm) -> None:
    await moved(app, arm)
    before = await former(app)
    await backup(app, "contoso-moved", COPY)
    await restore(app, "contoso-moved", "contoso-third")
    assert await former(app, "contoso-third") == before
    issue(arm, ACCOUNT, ICN, 42_000)
    planned = await plan(app, ANEW, "contoso-third")
    assert planned.errors == []
    assert sources(planned) == {OTHER: "read", ACCOUNT: "read"}
    number = icn(planned)
    assert isinstance(number, PlannedNumber)
    assert number.becomes == 42_000
    lose(arm)
    assert codes(await plan(app, ANEW, "contoso-third")) == ["ControlNumbersUncertain"]


@pytest.mark.parametrize("is_unlinked", [True, False])
async def test_the_next_loss_is_known_as_well_as_the_one_before(
    app: Installation, arm: Arm, is_unlinked: bool
) -> None:
    """Right after a push as well as later: sessions are pulled as often as by the link before."""
    fill(arm.state)
    await create(app, ONE)
    await link(app, ONE, ACCOUNT, minutes=15)
    assert (await pull(app, ONE)).status == "Succeeded"
    await backup(app, BACKUP)
    await restore(app, BACKUP, COPY)
    if is_unlinked:
        await unlink(app)
    lose(arm)
    done = await push(app, {**NEW, **advance(5_000)})
    assert done.status == "Succeeded", (done.error, done.warnings)
    made = await app.links.get(COPY)
    assert made is not None
    assert made.value.pull_minutes == 15
    assert made.value.last_pull_at is None
    assert made.value.last_session_pull_at is not None

    gone = lose(arm, OTHER)
    unsure = icn(await plan(app, ANEW))
    assert isinstance(unsure, UncertainNumber)
    assert unsure.last_known == PULLED + 5_000
    assert unsure.seen_at == made.value.last_session_pull_at

    put_back(arm, gone)
    issue(arm, OTHER, ICN, PULLED + 5_040)
    due = made.value.model_copy(update={"next_pull_at": made.value.linked_at})
    await app.links.put(due, made.etag)
    assert await app.session_pulls.run() == 1
    lose(arm, OTHER)
    unsure = icn(await plan(app, ANEW))
    assert isinstance(unsure, UncertainNumber)
    assert unsure.last_known == PULLED + 5_040
