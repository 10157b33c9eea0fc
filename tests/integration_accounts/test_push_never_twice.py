"""Numbers that a push must not set back: those that the service issued itself, those of a cycle
that ended, and those of an account that it was pulled from before."""

from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.numbers import Kind
from tests.integration_accounts.linked import IA, ONE, backup, create, link, service, unlink
from tests.integration_accounts.pulled import pull
from tests.integration_accounts.pushed import plan, push
from tests.integration_accounts.small import AGREEMENT, LATER, session
from tests.integration_accounts.test_counts_apart import COPY, TEST, THIRD, counter, made, restore
from tests.support.arm import Arm

SECOND = f"{IA}-second"
STRAY = f"{IA}-stray"
NEAR_END = 999_999_985
BACK: dict[str, Any] = {"resourceId": IA, "existing": "replace", "workflows": "leave"}
YEARS = ("2029-12-04T05:06:07.8901234Z", "2030-12-04T05:06:07.8901234Z")


def put(arm: Arm, account: str, number: int, time: str = LATER, kind: str = "ICN") -> None:
    """The account issued up to a number."""
    found = session(f"{AGREEMENT}-{kind}", number, time)
    arm.load([{**found, "id": found["id"].replace(IA, account)}])


def there(arm: Arm, account: str) -> int:
    """The last number of an account."""
    one = arm.account(account).items["sessions"][f"{AGREEMENT}-ICN".lower()]
    return int(one.properties["content"]["ControlNumber"])


async def becomes(
    app: Installation, body: dict[str, Any], name: str = ONE
) -> tuple[list[str], int | None]:
    """The codes of what forbids a push, and what the interchange number becomes."""
    found = await plan(app, body, name)
    numbers = {one.kind: one.becomes for one in found.control_numbers.items}
    return [str(one.code) for one in found.errors], numbers.get(Kind.INTERCHANGE)


async def moved_to_second(app: Installation) -> None:
    """The service is pushed into another account, which it is linked to from then on."""
    await unlink(app, ONE)
    done = await push(app, {**made(SECOND), "workflows": "leave"}, ONE)
    assert done.status == "Succeeded", done.error


async def test_what_the_service_issued_itself_is_not_issued_by_its_account(
    pulled: Installation, arm: Arm
) -> None:
    await unlink(pulled, ONE)
    await pulled.allocator.allocate(ONE, AGREEMENT, [Kind.INTERCHANGE], 50)
    assert await becomes(pulled, BACK) == (["ControlNumbersUncertain"], None)
    answered = {**BACK, "controlNumbers": {"policy": "advance", "by": 5}}
    assert await becomes(pulled, answered) == ([], 96)


@pytest.mark.parametrize("again", [SECOND, THIRD])
async def test_an_account_of_before_that_stopped_sets_no_later_cycle_back(
    pulled: Installation, arm: Arm, again: str
) -> None:
    put(arm, IA, NEAR_END)
    await pull(pulled)
    await moved_to_second(pulled)
    for number, year in zip((999_999_998, 20), YEARS, strict=True):
        put(arm, SECOND, number, year)
        assert (await pull(pulled)).warnings == []
    target = {"resourceId": SECOND, "existing": "replace"} if again == SECOND else made(again)
    assert await becomes(pulled, {**target, "workflows": "leave"}) == ([], 20)


async def test_a_copy_in_its_next_cycle_sets_the_original_not_back(
    pulled: Installation, arm: Arm
) -> None:
    await backup(pulled, "before-copy")
    await restore(pulled, "before-copy", TEST)
    await push(pulled, made(COPY), TEST)
    put(arm, IA, 700_000)
    await pull(pulled, ONE)
    for number, year in zip((999_999_990, 3), YEARS, strict=True):
        put(arm, COPY, number, year)
        await pull(pulled, TEST)
    assert (await counter(pulled, TEST)).last == 3
    new = {**made(THIRD), "workflows": "leave"}
    assert await becomes(pulled, new) == ([], 700_000)
    onward = {**new, "controlNumbers": {"policy": "advance", "by": 100}}
    assert await becomes(pulled, onward) == ([], 700_100)
    await unlink(pulled, ONE)
    assert await becomes(pulled, new) == ([], 700_000)


async def test_an_account_of_before_that_lost_a_session_is_uncertain_as_the_target_too(
    pulled: Installation, arm: Arm
) -> None:
    put(arm, IA, 60, kind="GCN")
    await pull(pulled)
    await moved_to_second(pulled)
    await unlink(pulled, ONE)
    arm.account(IA).items["sessions"].pop(f"{AGREEMENT}-ICN".lower())
    assert (await becomes(pulled, BACK))[0] == ["ControlNumbersUncertain"]


async def test_a_link_that_was_never_pulled_hides_no_account_from_a_backup(
    app: Installation, arm: Arm
) -> None:
    await create(app)
    arm.load([{"id": STRAY, "location": "westeurope", "sku": {"name": "Standard"}}])
    done = await push(app, {**made(SECOND), "workflows": "leave"}, ONE)
    assert done.status == "Succeeded", done.error
    await unlink(app, ONE)
    await link(app, ONE, STRAY)
    await unlink(app, ONE)
    await backup(app, "after-stray")
    await restore(app, "after-stray", "contoso-back")
    facts = (await service(app, "contoso-back")).integration_account
    assert facts is not None
    assert facts.latest is not None
    assert facts.latest.key == SECOND.lower()


async def test_a_link_that_was_never_pulled_hides_no_account_from_a_push(
    pulled: Installation, arm: Arm
) -> None:
    await backup(pulled, "first")
    await restore(pulled, "first", "contoso-back")
    arm.load([{"id": STRAY, "location": "westeurope", "sku": {"name": "Standard"}}])
    await link(pulled, "contoso-back", STRAY)
    await unlink(pulled, "contoso-back")
    put(arm, IA, 500)
    await pull(pulled, ONE)
    put(arm, IA, 60, YEARS[0])
    assert (await becomes(pulled, BACK, "contoso-back"))[0] == ["ControlNumbersUncertain"]


async def test_the_first_pull_after_a_push_sees_that_the_account_rolled_over(
    pulled: Installation, arm: Arm
) -> None:
    put(arm, IA, NEAR_END)
    await pull(pulled)
    await moved_to_second(pulled)
    assert there(arm, SECOND) == NEAR_END
    put(arm, SECOND, 20, YEARS[0])
    assert (await pull(pulled)).warnings == []
    found = await counter(pulled, ONE)
    assert (found.cycle, found.last) == (1, 20)
    await unlink(pulled, ONE)
    (got,) = await pulled.allocator.allocate(ONE, AGREEMENT, [Kind.INTERCHANGE], 1)
    assert got.value == 21
