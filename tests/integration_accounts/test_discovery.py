"""The accounts of all scopes, and the scopes that could not be read."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.integration_accounts.linking.discovery import FoundAccounts
from shared.model.problem import Code
from tests.integration_accounts.linked import IA, account, refused
from tests.support.arm import SUBSCRIPTION, Arm, account_id
from tests.support.deployed import Deployed, Emulator

WHOLE = f"/subscriptions/{SUBSCRIPTION}"
ELSEWHERE = "11111111-2222-4333-8444-555555555555"
OTHER = f"/subscriptions/{ELSEWHERE}"
THEIRS = f"{OTHER}/resourceGroups/edi"
GONE = account_id("contoso-gone")
LISTS = "/providers/Microsoft.Logic/integrationAccounts?"

Opened = Callable[..., Any]


@pytest.fixture
def opened(emulator: Emulator, tmp_path: Path, arm: Arm) -> Opened:
    """An installation that may name what is in these scopes."""
    arm.load([account(), account(f"{THEIRS}{LISTS[:-1]}/contoso-theirs")])

    @asynccontextmanager
    async def open_(*scopes: str) -> AsyncIterator[Installation]:
        settings = arm.settings(*scopes)
        app = Installation(Deployed.new(emulator, tmp_path, **settings).read())
        yield app
        await app.close()

    return open_


def forbid(arm: Arm, scope: str) -> None:
    said = (
        "The client 'a' with object id 'b7c1' does not have authorization to perform action "
        f"'Microsoft.Logic/integrationAccounts/read' over scope '{scope}'."
    )
    body = {"error": {"code": "AuthorizationFailed", "message": said}}
    arm.fault(part=f"{scope}{LISTS}", times=1000, status=403, body=body)


def told(found: FoundAccounts) -> list[tuple[str, str]]:
    return [(str(one.scope), one.problem.code) for one in found.unread]


def names(found: FoundAccounts) -> list[str]:
    return [one.id.name for one in found.accounts]


async def test_a_scope_that_is_forbidden_hides_no_account_of_another(
    opened: Opened, arm: Arm
) -> None:
    async with opened(OTHER, WHOLE) as app:
        assert names(await app.discovery.listed("", 10)) == ["contoso-ia", "contoso-theirs"]
        forbid(arm, OTHER)
        found = await app.discovery.listed("", 10)
        assert names(found) == ["contoso-ia"]
        assert told(found) == [(OTHER, "IntegrationAccountForbidden")]
        (one,) = found.unread
        shown = one.to_json()
        assert set(shown) == {"scope", "code", "message"}, "it does not pass by itself"
        for said in ("object id b7c1", "Microsoft.Logic/integrationAccounts/read", "role Reader"):
            assert said in str(shown["message"])
        assert f"to that identity on {OTHER};" in str(shown["message"])


async def test_a_group_that_is_forbidden_and_its_subscription(opened: Opened, arm: Arm) -> None:
    """A role on the group alone is enough for the group: what it lists is there all the same."""
    async with opened(OTHER, THEIRS) as app:
        forbid(arm, OTHER)
        found = await app.discovery.listed("", 10)
        assert names(found) == ["contoso-theirs"]
        assert told(found) == [(OTHER, "IntegrationAccountForbidden")]
        forbid(arm, THEIRS)
        problem = await refused(app.discovery.listed("", 10))
        assert problem is not None
        assert f"on {THEIRS} or its subscription;" in problem.details[1].message


async def test_what_is_gone_has_no_accounts_and_is_told(opened: Opened, arm: Arm) -> None:
    nothing = "/subscriptions/99999999-2222-4333-8444-555555555555"
    group = f"{WHOLE}/resourceGroups/nobody"
    async with opened(GONE, group, nothing, IA) as app:
        found = await app.discovery.listed("", 10)
        assert names(found) == ["contoso-ia"]
        code = "IntegrationAccountNotFound"
        assert told(found) == [(GONE, code), (group, code), (nothing, code)]
        messages = [one.problem.message for one in found.unread]
        assert "into a new account (create)" in messages[0]
        assert "no such resource group" in messages[1]
    async with opened(GONE) as app:
        found = await app.discovery.listed("", 10)
        assert (names(found), told(found)) == ([], [(GONE, code)]), "all that there is is known"


async def test_what_passes_by_itself_says_when_to_ask_again(opened: Opened, arm: Arm) -> None:
    async with opened(OTHER, WHOLE) as app:
        arm.throttle(times=1000, retry_after=600, part=f"{OTHER}{LISTS}")
        found = await app.discovery.listed("", 10)
        assert names(found) == ["contoso-ia"]
        assert told(found) == [(OTHER, "IntegrationAccountUnavailable")]
        assert found.unread[0].to_json()["retryAfterSeconds"] == 600


@pytest.mark.parametrize("again", [False, True])
async def test_a_list_of_which_nothing_is_known_is_no_empty_one(
    opened: Opened, arm: Arm, again: bool
) -> None:
    async with opened(OTHER, GONE, WHOLE) as app:
        forbid(arm, OTHER)
        if again:
            arm.throttle(times=1000, retry_after=600, part=f"{WHOLE}{LISTS}")
        else:
            forbid(arm, WHOLE)
        problem = await refused(app.discovery.listed("", 10))
        assert problem is not None
        code = "IntegrationAccountUnavailable" if again else "IntegrationAccountForbidden"
        assert problem.code == code
        assert problem.retry_after_seconds == (600 if again else None)
        assert "No scope of INTEGRATION_ACCOUNTS could be read" in problem.message
        assert [(one.target, one.code) for one in problem.details] == [
            (OTHER, Code.INTEGRATION_ACCOUNT_FORBIDDEN),
            (GONE, Code.INTEGRATION_ACCOUNT_NOT_FOUND),
            (WHOLE, Code(code)),
        ]


async def test_what_was_listed_before_a_scope_failed_is_there(opened: Opened, arm: Arm) -> None:
    arm.load([account(account_id(f"contoso-{number}")) for number in range(3)])
    arm.switches.page_size = 2
    async with opened(WHOLE) as app:
        arm.fault(part="skiptoken", times=1000, status=400, body={"error": {"code": "Odd"}})
        found = await app.discovery.listed("", 10)
        assert names(found) == ["contoso-0", "contoso-1"]
        assert told(found) == [(WHOLE, "IntegrationAccountRefused")]


async def test_every_page_says_what_it_lacks(opened: Opened, arm: Arm) -> None:
    arm.load([account(account_id(f"contoso-{number}")) for number in range(3)])
    async with opened(OTHER, WHOLE) as app:
        first = await app.discovery.listed("", 2, linked=False)
        assert (names(first), told(first)) == (["contoso-0", "contoso-1"], [])
        assert first.following is not None
        forbid(arm, OTHER)
        second = await app.discovery.listed(first.following, 2, linked=False)
        assert told(second) == [(OTHER, "IntegrationAccountForbidden")]
        assert (names(second), second.following) == (["contoso-2", "contoso-ia"], None)


async def test_many_scopes_are_read_in_their_order(opened: Opened, arm: Arm) -> None:
    groups = [f"{WHOLE}/resourceGroups/nobody-{number:02}" for number in range(20)]
    async with opened(*groups, IA) as app:
        found = await app.discovery.listed("", 10)
        assert names(found) == ["contoso-ia"]
        assert [scope for scope, _ in told(found)] == groups
