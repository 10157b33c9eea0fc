"""Pushes that go on after the setting INTEGRATION_ACCOUNTS was changed: what it names no more is
asked for nothing."""

import dataclasses
from collections.abc import Sequence

import pytest

from localhost.arm.sample import ACCOUNT
from shared.installation.installation import Installation
from shared.integration_accounts.pushing.suspending import Suspending
from shared.integration_accounts.pushing.writing import ArtifactWriter
from shared.model.operation import OperationName
from shared.rules.integration_accounts.ids import Scope, account_id_of
from shared.state.operations import OperationRow
from tests.integration_accounts.linked import ONE, service
from tests.integration_accounts.pushed import (
    NEW,
    OTHER,
    REPLACING,
    broken_once,
    ended,
    half_filled,
    number_in,
    plan,
    pulled,
    restored,
    started,
)
from tests.integration_accounts.test_push_origins import ICN, icn
from tests.integration_accounts.test_push_workflows import states
from tests.support.arm import Arm


def with_scopes(app: Installation, scopes: Sequence[Scope]) -> Installation:
    """The same installation after its setting was changed."""
    settings = dataclasses.replace(app.settings.arm, scopes=tuple(scopes))
    return Installation(app.settings.model_copy(update={"arm": settings}))


def the(account: str) -> Scope:
    """The scope of one account."""
    one = account_id_of(account)
    return Scope(one.subscription, one.group, one.name)


async def half_done(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch, holder: type, step: str
) -> OperationRow:
    """A push that disabled workflows, and whose worker stopped then."""
    await pulled(app, arm)
    arm.account(ACCOUNT).items["partners"].pop("fabrikam")
    record = await started(app, {"resourceId": ACCOUNT, "existing": "replace"}, ONE)
    broken_once(monkeypatch, holder, step)
    await ended(app, record)
    assert states(arm)["send-orders"] == "Disabled"
    arm.calm()
    return record


async def test_the_next_attempt_ends_it_and_asks_nothing(
    at_once: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = await half_done(at_once, arm, monkeypatch, ArtifactWriter, "write")
    app = with_scopes(at_once, [])
    done = await ended(app, record)
    assert list(arm.seen) == []
    assert done.status == "Failed"
    assert done.error is not None
    assert done.error.code == "IntegrationAccountUnknown"
    told = {one.code: one.message for one in done.warnings}
    assert "could not be looked at: The app setting INTEGRATION_ACCOUNTS" in told["WorkflowsRan"]
    assert done.result is not None
    assert done.result["workflows"]["resume"] == ONE
    assert (await service(app)).state == "Suspended"
    await app.close()


async def test_recovery_that_ends_it_asks_nothing(
    at_once: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor for a workflow of which no answer ever came."""
    record = await half_done(at_once, arm, monkeypatch, Suspending, "disable")
    account = account_id_of(ACCOUNT)
    async for page in at_once.disabled_workflows.pages(account):
        for one in page:
            unseen = one.value.model_copy(update={"changed_time": ""})
            await at_once.disabled_workflows.put(account, unseen)
    app = with_scopes(at_once, [])
    found = await app.records.find(ONE, record.operation.id)
    assert found is not None
    done = await app.works[OperationName.PUSH].committed(found[0].operation)
    assert list(arm.seen) == []
    assert done is not None
    assert "WorkflowsRan" in {one.code for one in done.warnings}
    assert (await service(app)).state == "Suspended"
    await app.close()


async def test_an_account_that_numbers_came_from_is_not_asked_and_the_plan_says_why(
    at_once: Installation, arm: Arm
) -> None:
    await restored(at_once, arm)
    app = with_scopes(at_once, [the(OTHER)])
    arm.calm()
    planned = await plan(app, NEW)
    assert [(one.resource_id, one.state) for one in planned.control_numbers.sources] == [
        (ACCOUNT, "unreachable")
    ]
    assert "INTEGRATION_ACCOUNTS does not name it" in icn(planned).why
    assert not [one.path for one in arm.seen if ACCOUNT.lower() in one.path.lower()]
    await app.close()


async def test_an_attempt_decides_upon_no_number_without_it_and_says_why(
    at_once: Installation, arm: Arm
) -> None:
    await pulled(at_once, arm)
    half_filled(arm)
    record = await started(at_once, REPLACING, ONE)
    app = with_scopes(at_once, [the(OTHER)])
    done = await ended(app, record)
    assert done.error is not None
    assert "names it no more, so it is not asked" in done.error.message
    assert number_in(arm, OTHER, ICN) is None
    await app.close()
    assert (await ended(at_once, record)).status == "Succeeded"
