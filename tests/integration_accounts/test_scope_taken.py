"""An account that the setting INTEGRATION_ACCOUNTS named when it was linked, and names no more."""

import dataclasses
from collections.abc import AsyncIterator

import pytest

from shared.installation.installation import Installation
from shared.model.backup import BackupBody
from shared.model.numbers import SetNextBody
from shared.model.problem import Code, Problem
from shared.model.service import Service, State
from tests.integration_accounts.linked import IA, ONE, link, refused, service
from tests.integration_accounts.pulled import pull
from tests.integration_accounts.small import AGREEMENT, LATER, session
from tests.integration_accounts.using import (
    by_a_person,
    names,
    resume,
    state_of,
    suspend,
    workflow,
)
from tests.support.arm import Arm
from tests.support.scenes import run


def without_scopes(app: Installation) -> Installation:
    """The same installation, with a setting that names no account."""
    none = dataclasses.replace(app.settings.arm, scopes=())
    return Installation(app.settings.model_copy(update={"arm": none}))


@pytest.fixture
async def closed(pulled: Installation, arm: Arm) -> AsyncIterator[Installation]:
    """The same installation after its setting was changed."""
    await link(pulled, minutes=5)
    found = await pulled.links.get(ONE)
    assert found is not None
    due = found.value.model_copy(update={"next_pull_at": found.value.linked_at})
    await pulled.links.put(due, found.etag)
    arm.load([session(f"{AGREEMENT}-ICN", 45, LATER)])
    arm.calm()
    app = without_scopes(pulled)
    yield app
    assert list(arm.seen) == [], "nothing is asked"
    await app.close()


async def backed_up(app: Installation, of: Service, name: str, *, pulls: bool) -> tuple[str, str]:
    """How a backup ends: its status, and the code of its error."""
    body = BackupBody(name=name, storage_account="offsite", pull=pulls)
    record = await app.backups.start(of, body, "somebody", None)
    await run(app, record)
    found = await app.records.find(ONE, record.operation.id)
    assert found is not None
    done = found[0].operation
    return done.status, done.error.code if done.error else ""


async def test_a_pull_and_a_backup_that_pulls_are_refused(closed: Installation) -> None:
    done = await pull(closed)
    assert done.status == "Failed"
    assert done.error is not None
    assert done.error.code == "IntegrationAccountUnknown"
    assert "INTEGRATION_ACCOUNTS" in done.error.message
    found = await closed.links.get(ONE)
    assert found is not None
    assert found.value.last_pull_status == "Failed"
    of = await service(closed)
    unknown = ("Failed", "IntegrationAccountUnknown")
    assert await backed_up(closed, of, "with-a-pull", pulls=True) == unknown
    assert await backed_up(closed, of, "as-pulled", pulls=False) == ("Succeeded", "")


async def test_the_timer_tells_and_waits(closed: Installation) -> None:
    assert await closed.session_pulls.run() == 0
    found = await closed.links.get(ONE)
    assert found is not None
    assert found.value.not_pulled_told_at is not None
    assert found.value.next_pull_at is not None
    assert found.value.next_pull_at > closed.clock.now()
    assert await closed.session_pulls.run() == 0


async def test_a_number_is_not_set_in_it(closed: Installation, arm: Arm) -> None:
    body = SetNextBody.model_validate({"kind": "interchange", "next": 5000})
    with pytest.raises(Problem) as problem:
        await closed.setting_numbers.set_next(await service(closed), AGREEMENT, body)
    assert problem.value.code is Code.INTEGRATION_ACCOUNT_UNKNOWN
    icn = arm.account(IA).items["sessions"][f"{AGREEMENT}-ICN".lower()]
    assert icn.properties["content"]["ControlNumber"] == "45"


async def test_no_workflow_is_moved(pulled: Installation, arm: Arm) -> None:
    """Neither by a suspend, nor by a resume that has workflows to enable; a resume that has none
    asks nothing, and is done."""
    arm.load([workflow("orders")])
    await link(pulled)
    app = without_scopes(pulled)
    problem = await refused(suspend(app))
    assert problem is not None
    assert problem.code is Code.INTEGRATION_ACCOUNT_UNKNOWN
    assert (await service(app)).state is State.ACTIVE

    await suspend(pulled)
    seen = len(list(arm.seen))
    problem = await refused(resume(app))
    assert problem is not None
    assert problem.code is Code.INTEGRATION_ACCOUNT_UNKNOWN
    assert (await service(app)).state is State.SUSPENDED
    assert len(list(arm.seen)) == seen, "nothing is asked"
    assert state_of(arm, "orders") == "Disabled"

    assert names((await resume(pulled))["enabled"]) == ["orders"]
    by_a_person(arm, "orders", "Disabled")
    await suspend(pulled)
    assert names((await resume(app))["enabled"]) == []
    assert (await service(app)).state is State.ACTIVE
    await app.close()
