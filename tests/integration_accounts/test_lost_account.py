"""An account that is lost is seen: in the summary, in the list of accounts, and at its link."""

from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.integration_accounts.linking.shown import shown_link
from shared.model.attention import AttentionReason, Severity
from tests.integration_accounts.linked import IA, ONE, link, service, unlink
from tests.integration_accounts.pulled import pull
from tests.integration_accounts.pushed import ended, started
from tests.integration_accounts.test_last_seen import move_on
from tests.support.arm import Arm

NOT_FOUND = "IntegrationAccountNotFound"
NEW = f"{IA}-new"


async def pull_reasons(app: Installation) -> list[tuple[Severity, str | None]]:
    """What the summary says of pulls."""
    standing = await app.standings.now(10)
    found = [one for urgent in standing.worst for one in urgent.reasons]
    told = [one for one in found if one.reason is AttentionReason.PULL_FAILED]
    assert standing.reasons[AttentionReason.PULL_FAILED] == len(told)
    return [(one.severity, one.code) for one in told]


async def listed(app: Installation, linked: bool | None = None) -> list[Any]:
    found = await app.discovery.listed("", 10, linked)
    return [one.to_json() for one in found.accounts]


async def failure(app: Installation) -> Any:
    """Why nothing is pulled, as the link shows it."""
    of = await service(app)
    return shown_link((await app.linking.get(of)).value, of.integration_account).get("failure")


async def test_a_pull_that_fails_is_told_until_one_succeeds(pulled: Installation, arm: Arm) -> None:
    assert await pull_reasons(pulled) == []
    lost = dict(arm.account(IA).items), arm.account(IA).resource
    arm.lose(IA)
    done = await pull(pulled)
    assert done.error is not None
    assert "push what its service holds" in done.error.message
    assert await pull_reasons(pulled) == [(Severity.ERROR, NOT_FOUND)]
    assert (await failure(pulled))["code"] == NOT_FOUND
    arm.load([{"id": IA, **lost[1]}])
    arm.account(IA).items.update(lost[0])
    assert (await pull(pulled)).error is None
    assert await pull_reasons(pulled) == []
    assert await failure(pulled) is None


async def test_the_timer_sees_first_that_an_account_is_lost(
    pulled: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    await link(pulled, minutes=5)
    lost = dict(arm.account(IA).items), arm.account(IA).resource
    busy = arm.fault(part="/sessions", status=503, times=1000)
    move_on(monkeypatch, 6)
    assert await pulled.session_pulls.run() == 0
    assert await pull_reasons(pulled) == [(Severity.WARNING, "IntegrationAccountUnavailable")]
    busy.times = 0
    arm.lose(IA)
    move_on(monkeypatch, 6)
    assert await pulled.session_pulls.run() == 0
    assert await pull_reasons(pulled) == [(Severity.ERROR, NOT_FOUND)]
    assert (await pull(pulled)).error is not None
    arm.load([{"id": IA, **lost[1]}])
    arm.account(IA).items.update(lost[0])
    move_on(monkeypatch, 6)
    assert await pulled.session_pulls.run() == 1
    assert await pull_reasons(pulled) == [], "it is there again"


async def test_a_linked_account_that_is_gone_is_listed(pulled: Installation, arm: Arm) -> None:
    (there,) = await listed(pulled, linked=True)
    assert "gone" not in there
    arm.lose(IA)
    for linked in (True, None):
        (gone,) = await listed(pulled, linked)
        assert gone.pop("gone") is True
        assert "state" not in gone
        assert gone == {name: value for name, value in there.items() if name != "state"}
    assert await listed(pulled, linked=False) == []
    await unlink(pulled)
    assert await listed(pulled) == []


async def test_of_an_account_whose_scope_is_not_read_nothing_is_said(
    pulled: Installation, arm: Arm
) -> None:
    arm.fault(part="integrationAccounts?", status=403, times=1000)
    arm.lose(IA)
    with pytest.raises(Exception, match="cannot be used now"):
        await listed(pulled, linked=True)


async def test_an_account_that_a_list_lacks_for_now_is_not_gone(
    pulled: Installation, arm: Arm
) -> None:
    arm.fault(part="integrationAccounts?", status=200, body={"value": []}, times=1000)
    (there,) = await listed(pulled, linked=True)
    assert (there["resourceId"], there["state"]) == (IA, "Enabled")
    assert "gone" not in there


@pytest.mark.parametrize("resource_id", [IA, NEW])
async def test_the_service_of_a_lost_account_is_pushed_without_a_restore(
    pulled: Installation, arm: Arm, resource_id: str
) -> None:
    arm.lose(IA)
    assert (await pull(pulled)).error is not None
    if resource_id == NEW:
        await unlink(pulled)
    body = {
        "create": {"resourceId": resource_id, "location": "westeurope", "sku": "Standard"},
        "controlNumbers": {"policy": "advance", "by": 10},
    }
    done = await ended(pulled, await started(pulled, body, ONE))
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert done.result is not None
    assert done.result["linked"] is True
    facts = (await service(pulled)).integration_account
    assert facts is not None
    assert (facts.resource_id, facts.linked) == (resource_id, True)
    assert arm.account(resource_id).items["partners"]
    assert (await pull(pulled)).error is None
    assert await pull_reasons(pulled) == []
