"""Accounts that numbers of a service were pushed into: later pushes go by them, whatever became of
the push and of the link."""

from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.integration_accounts.linking.shown import shown_link
from shared.model.condition import unconditional
from shared.model.integration_account import MOST_PUSHED_INTO, PushedAccount
from shared.model.numbers import Kind
from shared.model.sections import Section
from tests.integration_accounts.linked import IA, ONE, backup, create, link, service, unlink
from tests.integration_accounts.pulled import pull
from tests.integration_accounts.pushed import issue, lose, plan, push
from tests.integration_accounts.small import AGREEMENT
from tests.integration_accounts.test_counts_apart import TEST, THIRD, made, restore
from tests.integration_accounts.test_push_never_twice import SECOND, YEARS, becomes, put, there
from tests.support.api import partner_document, x12_document
from tests.support.arm import Arm

LEAVE: dict[str, Any] = {"workflows": "leave"}
INTO_SECOND = {**made(SECOND), **LEAVE}
INTO_THIRD = {**made(THIRD), **LEAVE}
FOURTH = f"{IA}-fourth"
ICN = f"{AGREEMENT}-ICN"
PART = {"exclude": [{"section": "partners", "name": "Adatum"}]}
UNCERTAIN = ["ControlNumbersUncertain"]


def advance(by: int) -> dict[str, Any]:
    return {"controlNumbers": {"policy": "advance", "by": by}}


async def artifact(app: Installation, section: Section, name: str, document: Any) -> None:
    await app.artifacts.put(await service(app), section, name, document, unconditional)


async def into(app: Installation, name: str = ONE) -> list[str]:
    """The accounts that a service remembers that its numbers were pushed into."""
    found = (await service(app, name)).pushed_into or []
    return [one.resource_id for one in found]


async def sources(app: Installation, body: dict[str, Any], name: str = ONE) -> dict[str, str]:
    found = (await plan(app, body, name)).control_numbers.sources
    return {one.resource_id: one.state for one in found}


@pytest.fixture
async def copied(pulled: Installation, arm: Arm) -> Installation:
    """A service that stays linked to its account, and was pushed into a second one, which went on;
    the first one stopped."""
    put(arm, IA, 5000)
    await pull(pulled)
    done = await push(pulled, INTO_SECOND, ONE)
    assert done.status == "Succeeded", done.error
    assert done.result is not None
    assert done.result["linked"] is False
    issue(arm, SECOND, ICN, 5500)
    return pulled


async def test_what_the_other_account_issued_does_not_come_again(
    copied: Installation, arm: Arm
) -> None:
    assert await sources(copied, INTO_THIRD) == {IA: "read", SECOND: "read"}
    done = await push(copied, INTO_THIRD, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert there(arm, THIRD) == 5500
    found = await copied.links.get(ONE)
    assert found is not None
    one = await service(copied)
    shown = shown_link(found.value, one.integration_account, one.pushed_into)
    accounts = shown["numbersFrom"]
    assert isinstance(accounts, list)
    assert [each["resourceId"] for each in accounts if isinstance(each, dict)] == [SECOND, THIRD]


async def test_an_account_that_got_a_part_counts_though_it_is_linked_and_unlinked_since(
    pulled: Installation, arm: Arm
) -> None:
    put(arm, IA, 5000)
    await pull(pulled)
    await unlink(pulled)
    await push(pulled, {**INTO_SECOND, **PART}, ONE)
    assert there(arm, SECOND) == 5000
    await link(pulled, ONE, SECOND)
    issue(arm, SECOND, ICN, 5500)
    await unlink(pulled)
    assert await becomes(pulled, INTO_THIRD) == ([], 5500)
    lose(arm, SECOND)
    assert await becomes(pulled, INTO_THIRD) == (UNCERTAIN, None)


async def test_an_account_of_a_push_that_failed_counts(pulled: Installation, arm: Arm) -> None:
    put(arm, IA, 5000)
    await pull(pulled)
    body = {"error": {"code": "BadRequest", "message": "It is refused."}}
    arm.fault(method="PUT", part=f"{SECOND}/sessions/as2", status=400, body=body, times=9)
    done = await push(pulled, INTO_SECOND, ONE)
    assert done.status == "Failed", done.warnings
    assert there(arm, SECOND) == 5000
    again = {"resourceId": SECOND, "existing": "replace", **LEAVE}
    assert await becomes(pulled, again) == ([], 5000)
    issue(arm, SECOND, ICN, 5500)
    assert await becomes(pulled, INTO_THIRD) == ([], 5500)


async def test_a_push_that_stopped_before_its_numbers_is_sent_again(
    pulled: Installation, arm: Arm
) -> None:
    """The account has the agreement, and none of its numbers: it has lost none."""
    body = {"error": {"code": "BadRequest", "message": "It is refused."}}
    arm.fault(method="PUT", part=f"{SECOND}/sessions/", status=400, body=body, times=9)
    done = await push(pulled, INTO_SECOND, ONE)
    assert done.status == "Failed", done.warnings
    assert await into(pulled) == [SECOND]
    arm.calm()
    again = {"resourceId": SECOND, "existing": "replace", **LEAVE}
    done = await push(pulled, again, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert there(arm, SECOND) == 41


@pytest.fixture
async def own(app: Installation, arm: Arm) -> Installation:
    """A service of no account, and an account that is empty."""
    await create(app)
    for name in ("Northwind", "Fabrikam"):
        await artifact(app, Section.PARTNERS, name, partner_document(name))
    await artifact(app, Section.AGREEMENTS, AGREEMENT, x12_document())
    arm.load([{"id": SECOND, "location": "westeurope", "sku": {"name": "Standard"}}])
    return app


@pytest.mark.parametrize("issued", [50, 0])
async def test_a_service_that_issued_its_numbers_itself_knows_it_too(
    own: Installation, arm: Arm, issued: int
) -> None:
    """Also where nobody had issued any before it was pushed."""
    if issued:
        await own.allocator.allocate(ONE, AGREEMENT, [Kind.INTERCHANGE], issued)
    done = await push(own, {"resourceId": SECOND, "link": False, **LEAVE}, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert (await service(own)).integration_account is None
    assert await becomes(own, INTO_THIRD) == ([], issued or None)
    issue(arm, SECOND, ICN, 70)
    assert await becomes(own, INTO_THIRD) == ([], 70)


async def test_a_backup_carries_it(copied: Installation, arm: Arm) -> None:
    await backup(copied, "after-copy")
    await restore(copied, "after-copy", TEST)
    assert await into(copied, TEST) == [SECOND]
    assert await becomes(copied, INTO_THIRD, TEST) == ([], 5500)


async def test_one_that_was_deleted_is_asked_about_once(copied: Installation, arm: Arm) -> None:
    """A test environment that is not needed any more: also where the answer goes into another one,
    which the service is not linked to."""
    lose(arm, SECOND)
    assert await sources(copied, INTO_THIRD) == {IA: "read", SECOND: "gone"}
    assert await becomes(copied, INTO_THIRD) == (UNCERTAIN, None)
    done = await push(copied, {**INTO_THIRD, **advance(1)}, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert there(arm, THIRD) == 5001
    assert await into(copied) == [THIRD]
    assert await becomes(copied, {**made(FOURTH), **LEAVE}) == ([], 5001)


async def test_a_part_settles_nothing(copied: Installation, arm: Arm) -> None:
    lose(arm, SECOND)
    done = await push(copied, {**INTO_THIRD, **PART, **advance(1)}, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert await into(copied) == [SECOND, THIRD]
    assert await becomes(copied, {**made(FOURTH), **LEAVE}) == (UNCERTAIN, None)


async def test_one_that_was_emptied_is_uncertain(copied: Installation, arm: Arm) -> None:
    arm.account(SECOND).items["sessions"].clear()
    assert await becomes(copied, INTO_THIRD) == (UNCERTAIN, None)
    again = {"resourceId": SECOND, "existing": "replace", **LEAVE}
    assert await becomes(copied, again) == (UNCERTAIN, None)


async def test_the_account_of_a_link_is_none_of_them(pulled: Installation, arm: Arm) -> None:
    await unlink(pulled)
    done = await push(pulled, INTO_SECOND, ONE)
    assert done.result is not None
    assert done.result["linked"] is True
    assert await into(pulled) == []
    await push(pulled, {"existing": "replace", **LEAVE}, ONE)
    assert await into(pulled) == []


async def test_an_agreement_that_trades_first_after_the_copy_is_no_loss(
    copied: Installation, arm: Arm
) -> None:
    """The copy has the agreement, and no such number: none was ever there."""
    put(arm, IA, 60, YEARS[0], kind="GCN")
    await pull(copied)
    assert await becomes(copied, INTO_THIRD) == ([], 5500)


async def test_no_more_are_remembered_than_can_be_read(copied: Installation, arm: Arm) -> None:
    listed = await copied.services.require(ONE)
    many = [PushedAccount(resource_id=f"{IA}-{number}") for number in range(MOST_PUSHED_INTO)]
    full = listed.service.model_copy(update={"pushed_into": many})
    await copied.directory.change(full, listed.etag)
    (error,) = (await plan(copied, {**INTO_THIRD, **advance(1)}, ONE)).errors
    assert error.target == "/resourceId"
    assert str(MOST_PUSHED_INTO) in error.message
    known = {**made(f"{IA}-7"), **LEAVE, **advance(1)}
    assert (await plan(copied, known, ONE)).errors == []
