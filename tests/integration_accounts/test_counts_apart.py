"""Accounts that restores connect count apart: what a copy issues is not issued by its original."""

from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.numbers import Counter, Kind, SetNextBody
from shared.model.restore import RestoreBody
from shared.rules.states import ServiceOperation
from tests.integration_accounts.linked import IA, ONE, backup, service
from tests.integration_accounts.pulled import pull
from tests.integration_accounts.pushed import plan, push
from tests.integration_accounts.small import AGREEMENT, LATER, resource, session
from tests.support.api import x12_document
from tests.support.arm import Arm
from tests.support.scenes import ASKED, run

TEST = "contoso-test"
COPY = f"{IA}-test"
THIRD = f"{IA}-third"
MUCH_LATER = "2026-12-04T05:06:07.8901234Z"


def made(account: str) -> dict[str, Any]:
    return {"create": {"resourceId": account, "location": "westeurope", "sku": "Standard"}}


async def restore(app: Installation, container: str, name: str) -> None:
    body = {
        "backup": {"storageAccount": "offsite", "container": container},
        "service": {"name": name},
    }
    await run(app, await app.restores.start(RestoreBody.model_validate(body), "somebody", None))


async def counter(app: Installation, name: str) -> Counter:
    found = await app.counters.get(await service(app, name), AGREEMENT)
    return found.counters[Kind.INTERCHANGE]


async def backed_up(app: Installation, name: str) -> dict[str, Any]:
    cut = await app.source(await service(app, name)).cut("anything", hold=False)
    try:
        pages = [page async for page in cut.records("control-numbers")]
    finally:
        await cut.end()
    return {one.name: one.document for page in pages for one in page}


@pytest.fixture
async def copied(pulled: Installation, arm: Arm) -> Installation:
    """An account at 41, and a copy of it that went on to 900,000; both were pulled since."""
    await backup(pulled, "before-copy")
    await restore(pulled, "before-copy", TEST)
    ended = await push(pulled, made(COPY), TEST)
    assert ended.status == "Succeeded", ended.error
    far = session(f"{AGREEMENT}-ICN", 900_000, MUCH_LATER)
    arm.load([{**far, "id": far["id"].replace(IA, COPY)}])
    for name in (TEST, ONE):
        ended = await pull(pulled, name)
        assert (ended.status, ended.warnings) == ("Succeeded", [])
    return pulled


async def test_a_linked_service_says_what_its_own_account_issued(copied: Installation) -> None:
    assert (await counter(copied, ONE)).last == 41
    assert (await counter(copied, TEST)).last == 900_000
    assert (await backed_up(copied, ONE))[AGREEMENT]["interchange"]["last"] == 41
    assert (await backed_up(copied, TEST))[AGREEMENT]["interchange"]["last"] == 900_000


async def test_the_next_number_is_set_in_the_account_by_what_it_issued(
    copied: Installation, arm: Arm
) -> None:
    body = SetNextBody.model_validate({"kind": "interchange", "next": 1000})
    found = await copied.setting_numbers.set_next(await service(copied, ONE), AGREEMENT, body)
    assert found.counters[Kind.INTERCHANGE].next == 1000


def planned_number(found: Any) -> Any:
    assert found.errors == []
    return next(one for one in found.control_numbers.items if one.kind is Kind.INTERCHANGE)


async def test_its_own_account_is_not_taken_for_set_back(copied: Installation) -> None:
    number = planned_number(await plan(copied, {"existing": "replace"}, ONE))
    assert (number.last_known, number.becomes, number.written) == (41, 41, False)


async def test_another_account_goes_on_after_all_of_them(copied: Installation) -> None:
    number = planned_number(await plan(copied, {**made(THIRD), "workflows": "leave"}, ONE))
    assert (number.becomes, number.known_by) == (900_000, "ledger")


async def test_what_is_restored_goes_back_behind_all_that_is_known(
    copied: Installation, arm: Arm
) -> None:
    """Nobody can tell for sure whether a copy issued it, or a service did itself: it is a gap, and
    the account does not count as set back."""
    await backup(copied, "after-copy")
    await restore(copied, "after-copy", "contoso-back")
    assert (await counter(copied, "contoso-back")).last == 900_000
    body = {"resourceId": IA, "existing": "replace", "workflows": "leave"}
    number = planned_number(await plan(copied, body, "contoso-back"))
    assert (number.last_known, number.becomes, number.written) == (900_000, 900_000, True)
    ended = await push(copied, body, "contoso-back")
    assert ended.status == "Succeeded", ended.error
    content = arm.account(IA).items["sessions"][f"{AGREEMENT}-ICN".lower()].properties["content"]
    assert content["ControlNumber"] == "900000"


async def test_what_a_service_issued_itself_does_not_come_again(
    pulled: Installation, arm: Arm
) -> None:
    """It was restored and resumed while its account stood still; what it issued is in its backup,
    and in what is restored from that."""
    await backup(pulled, "backup-one")
    await restore(pulled, "backup-one", TEST)
    listed = await pulled.services.require(TEST)
    await pulled.transitions.move(listed, ServiceOperation.RESUME, ASKED)
    await pulled.allocator.allocate(TEST, AGREEMENT, [Kind.INTERCHANGE], 50)
    await backup(pulled, "backup-two", TEST)
    await restore(pulled, "backup-two", "contoso-back")
    body = {"resourceId": IA, "existing": "replace", "workflows": "leave"}
    ended = await push(pulled, body, "contoso-back")
    assert ended.status == "Succeeded", ended.error
    content = arm.account(IA).items["sessions"][f"{AGREEMENT}-ICN".lower()].properties["content"]
    assert content["ControlNumber"] == "91"


async def test_an_account_that_was_set_back_is_still_known_to_be(
    copied: Installation, arm: Arm
) -> None:
    await backup(copied, "after-copy")
    await restore(copied, "after-copy", "contoso-back")
    arm.load([session(f"{AGREEMENT}-ICN", 60, LATER)])
    await pull(copied, ONE)
    arm.load([session(f"{AGREEMENT}-ICN", 50, MUCH_LATER)])
    body = {"resourceId": IA, "existing": "replace", "workflows": "leave"}
    found = await plan(copied, body, "contoso-back")
    assert "ControlNumbersUncertain" in {one.code for one in found.errors}


async def test_agreements_between_the_same_parties_count_apart(
    pulled: Installation, arm: Arm
) -> None:
    second = resource("agreements", "Second", LATER, **x12_document())
    arm.load([second, session("Second-ICN", 5000, LATER)])
    await pull(pulled)
    assert (await counter(pulled, ONE)).last == 41
    found = await backed_up(pulled, ONE)
    assert [found[name]["interchange"]["last"] for name in (AGREEMENT, "Second")] == [41, 5000]
    for policy in ("continue", "asKnown"):
        body = {**made(THIRD), "workflows": "leave", "controlNumbers": {"policy": policy}}
        numbers = (await plan(pulled, body, ONE)).control_numbers.items
        of_kind = [one for one in numbers if one.kind is Kind.INTERCHANGE]
        assert [(one.agreement, one.becomes) for one in of_kind] == [
            (AGREEMENT, 41),
            ("Second", 5000),
        ]
