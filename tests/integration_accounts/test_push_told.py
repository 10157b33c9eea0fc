"""What a push tells of all its attempts, and which account it leaves to be linked."""

from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT, X12
from shared.installation.installation import Installation
from shared.integration_accounts.linking.linking import PUSH
from shared.integration_accounts.pushing.deciding import Deciding
from shared.integration_accounts.pushing.push_work import PushWork
from shared.integration_accounts.pushing.writing import ArtifactWriter
from shared.model.link import LinkBody
from shared.model.operation import Operation
from shared.services.services import Asked
from tests.integration_accounts.linked import ONE, TWO, create, link, refused, service, unlink
from tests.integration_accounts.pulled import artifacts_of
from tests.integration_accounts.pushed import (
    COPY,
    NEW,
    OTHER,
    REPLACING,
    broken_once,
    ended,
    half_filled,
    number_in,
    plan,
    pulled,
    push,
    restored,
    started,
)
from tests.support.arm import Arm

_BY_THE_PUSH = Asked("somebody", PUSH)
"""A link that is changed as if it had been between the check of that and the push's start."""


@pytest.fixture
def app(at_once: Installation) -> Installation:
    return at_once


def counted(done: Operation) -> dict[str, Any]:
    """What the result counts."""
    assert done.result is not None
    names = ("created", "replaced", "deleted", "numbersWritten", "sessionsCreated")
    return {name: done.result[name] for name in names}


def sent(arm: Arm, account: str) -> dict[str, int]:
    """How many artifacts of each kind an account has, and sessions."""
    items = arm.account(account).items
    return {str(kind): len(found) for kind, found in items.items() if found}


@pytest.mark.parametrize("name", [ONE, COPY], ids=["linked elsewhere", "linked by the push"])
async def test_the_result_counts_what_all_attempts_wrote(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The first attempt breaks when everything is written, and the service is linked."""
    await (pulled(app, arm) if name == ONE else restored(app, arm))
    record = await started(app, NEW, name)
    broken_once(monkeypatch, PushWork, "_link")
    assert (await ended(app, record)).completed_at is None
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert done.result is not None
    assert done.result["target"]["exists"] is True
    assert done.result["linked"] is (name == COPY)
    there, told = sent(arm, OTHER), counted(done)
    assert there["partners"] == told["created"]["partners"]
    assert sum(told["created"].values()) == sum(there.values()) - there["sessions"]
    assert told["numbersWritten"] + told["sessionsCreated"] == there["sessions"]
    assert told["numbersWritten"] > 1


async def test_what_was_replaced_and_deleted_is_counted_over_attempts(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pulled(app, arm)
    half_filled(arm)
    record = await started(app, REPLACING, ONE)
    broken_once(monkeypatch, ArtifactWriter, "delete")
    await ended(app, record)
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    told = counted(done)
    assert told["created"]["partners"] == 1
    assert told["replaced"] == {"partners": 1}
    assert told["deleted"] == {"partners": 1}


async def test_a_push_that_stops_for_good_says_what_it_wrote(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where its attempts broke without a reason that it could tell."""
    await pulled(app, arm)
    record = await started(app, NEW, ONE)
    monkeypatch.setattr("shared.operations.engine.ATTEMPTS", 1)
    broken_once(monkeypatch, Deciding, "write")
    done = await ended(app, record)
    assert done.status == "Failed"
    assert done.result is not None
    assert done.result["target"]["exists"] is True
    there, told = sent(arm, OTHER), counted(done)
    assert sum(told["created"].values()) == sum(there.values()) - there["sessions"] > 0
    assert told["numbersWritten"] + told["sessionsCreated"] == there["sessions"]


async def test_a_link_is_not_changed_while_its_service_is_pushed(
    app: Installation, arm: Arm
) -> None:
    await pulled(app, arm)
    half_filled(arm)
    record = await started(app, {"existing": "replace"}, ONE)
    problem = await refused(unlink(app))
    assert problem is not None
    assert (problem.code, problem.target) == ("OperationInProgress", record.operation.id)
    await link(app, ONE, ACCOUNT, 15)  # how it pulls is no matter to the push
    assert (await ended(app, record)).status == "Succeeded"
    await unlink(app)
    record = await started(app, REPLACING, ONE)
    problem = await refused(link(app, ONE, ACCOUNT))
    assert problem is not None
    assert problem.code == "OperationInProgress"
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert done.result is not None
    assert done.result["linked"] is True


@pytest.mark.parametrize(
    ("again", "code"),
    [(OTHER, "IntegrationAccountLinked"), ("", "IntegrationAccountNotLinked")],
    ids=["relinked", "unlinked"],
)
async def test_a_push_writes_to_the_account_that_it_was_planned_for(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch, again: str, code: str
) -> None:
    """The link is changed between two attempts; the push began at the same moment."""
    await pulled(app, arm)
    half_filled(arm)
    arm.switches.references = False
    arm.account(ACCOUNT).items["partners"].pop("fabrikam")
    before = artifacts_of(arm, OTHER)
    record = await started(app, {"existing": "replace"}, ONE)
    broken_once(monkeypatch, Deciding, "write")
    await ended(app, record)
    await app.linking.unlink(await app.services.require(ONE), _BY_THE_PUSH)
    if again:
        wanted = LinkBody(resource_id=again)
        await app.linking.link(await app.services.require(ONE), wanted, _BY_THE_PUSH)
    done = await ended(app, record)
    assert done.status == "Failed"
    assert done.error is not None
    assert done.error.code == code
    assert ACCOUNT in done.error.message
    assert artifacts_of(arm, OTHER) == before
    assert number_in(arm, OTHER, f"{X12}-ICN") is None
    assert done.result is not None
    assert done.result["target"]["resourceId"] == ACCOUNT
    assert done.result["created"] == {"partners": 1}
    assert done.result["safetyBackup"]["backup"]


async def test_an_account_that_keeps_its_own_is_not_linked(app: Installation, arm: Arm) -> None:
    """The next pull would replace the service's by it."""
    await restored(app, arm)
    half_filled(arm)
    body = {"resourceId": OTHER, "existing": "keep"}
    planned = await plan(app, body)
    assert planned.errors == []
    assert not planned.links
    done = await push(app, body)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert done.result is not None
    assert done.result["linked"] is False
    told = {one.code: one.message for one in done.warnings}
    assert "partners/Fabrikam" in told["NotLinked"]
    facts = (await service(app, COPY)).integration_account
    assert facts is not None
    assert not facts.linked
    assert (await plan(app, {**body, "existing": "replace"})).links


async def test_an_account_that_is_not_as_it_was_to_become_is_not_linked(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    await restored(app, arm)
    record = await started(app, NEW)
    former = ArtifactWriter.delete

    async def lose_some(self: Any) -> None:
        await former(self)
        arm.account(OTHER).items["batchconfigurations"].clear()

    monkeypatch.setattr(ArtifactWriter, "delete", lose_some)
    done = await ended(app, record)
    assert done.status == "PartiallySucceeded", (done.error, done.warnings, done.result)
    assert done.result is not None
    assert done.result["linked"] is False
    told = {one.code: one.message for one in done.warnings}
    assert "not as it was to become" in told["NotLinked"]
    facts = (await service(app, COPY)).integration_account
    assert facts is not None
    assert not facts.linked


async def test_a_push_links_only_where_its_plan_said_so(app: Installation, arm: Arm) -> None:
    """The account was another service's when it was planned, and is nobody's at its end."""
    await pulled(app, arm)
    await unlink(app)
    half_filled(arm)
    await create(app, TWO)
    await link(app, TWO, OTHER)
    record = await started(app, REPLACING, ONE)
    assert record.operation.parameters["plan"]["links"] is False
    await unlink(app, TWO)
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert done.result is not None
    assert done.result["linked"] is False
    told = {one.code: one.message for one in done.warnings}
    assert "its plan did not say so" in told["NotLinked"]
    facts = (await service(app)).integration_account
    assert facts is not None
    assert not facts.linked
    assert (await push(app, REPLACING, ONE)).status == "Succeeded"
    facts = (await service(app)).integration_account
    assert facts is not None
    assert facts.linked
