"""What people are told of a refusal, and what to do: with the role, the action, and who asked."""

import pytest

from shared.arm.addresses import asked_of, of_account
from shared.arm.problems import as_problems, problem_of, role_for
from shared.arm.refusals import ArmRefused, Meaning
from shared.model.integration_account import Child
from shared.model.problem import Code, Problem
from tests.arm.scripted import ACCOUNT

READ = asked_of("GET", of_account(ACCOUNT, Child.PARTNERS))
WRITE = asked_of("PUT", of_account(ACCOUNT, Child.PARTNERS, "Northwind"))


@pytest.mark.parametrize(
    ("meaning", "code"),
    [
        (Meaning.ACCOUNT_GONE, "IntegrationAccountNotFound"),
        (Meaning.GROUP_GONE, "IntegrationAccountNotFound"),
        (Meaning.SUBSCRIPTION_GONE, "IntegrationAccountNotFound"),
        (Meaning.CHILD_GONE, "IntegrationAccountUnavailable"),
        (Meaning.RESOURCE_GONE, "IntegrationAccountRefused"),
        (Meaning.FORBIDDEN, "IntegrationAccountForbidden"),
        (Meaning.UNAUTHORIZED, "IntegrationAccountForbidden"),
        (Meaning.BUSY, "IntegrationAccountUnavailable"),
        (Meaning.UNAVAILABLE, "IntegrationAccountUnavailable"),
        (Meaning.UNCLEAR, "IntegrationAccountUnavailable"),
        (Meaning.CONTENT_UNREADABLE, "IntegrationAccountUnavailable"),
        (Meaning.CHANGED, "IntegrationAccountRefused"),
        (Meaning.LIMIT, "IntegrationAccountRefused"),
        (Meaning.ELSEWHERE, "IntegrationAccountRefused"),
        (Meaning.KIND_UNKNOWN, "IntegrationAccountRefused"),
        (Meaning.REFUSED, "IntegrationAccountRefused"),
    ],
)
def test_each_meaning_is_a_problem(meaning: Meaning, code: str) -> None:
    problem = problem_of(ArmRefused(meaning, READ, status=409, code="Some"), ACCOUNT)
    assert problem.code == code
    assert str(ACCOUNT) in problem.message
    statuses = {"NotFound": 404, "Forbidden": 403, "Unavailable": 503, "Refused": 409}
    assert problem.code.status == statuses[code.removeprefix("IntegrationAccount")]
    assert (problem.retry_after_seconds is not None) == (problem.code.status == 503)


def test_every_meaning_is_listed_above() -> None:
    (mark,) = [
        mark
        for mark in test_each_meaning_is_a_problem.pytestmark  # type: ignore[attr-defined]
        if mark.name == "parametrize"
    ]
    assert {meaning for meaning, _ in mark.args[1]} == set(Meaning)


def test_a_missing_right_is_told_with_the_role_that_has_it_and_who_asked() -> None:
    refused = ArmRefused(
        Meaning.FORBIDDEN,
        READ,
        status=403,
        code="AuthorizationFailed",
        action="Microsoft.Logic/integrationAccounts/read",
        scope=str(ACCOUNT),
        identity="2f7c1d0e-5b8a-4c6f-9e3d-2a1b0c9d8e7f",
    )
    problem = problem_of(refused, ACCOUNT)
    assert problem.code is Code.INTEGRATION_ACCOUNT_FORBIDDEN
    for told in (
        "object id 2f7c1d0e-5b8a-4c6f-9e3d-2a1b0c9d8e7f",
        "may not do Microsoft.Logic/integrationAccounts/read on",
        "The role Reader allows it",
        "403 AuthorizationFailed",
    ):
        assert told in problem.message
    assert not problem.again
    written = problem_of(ArmRefused(Meaning.FORBIDDEN, WRITE, status=403), ACCOUNT)
    assert "The role Logic App Contributor allows it" in written.message


@pytest.mark.parametrize(
    ("action", "role"),
    [
        ("Microsoft.Logic/integrationAccounts/partners/read", "Reader"),
        ("Microsoft.Authorization/permissions/read", "Reader"),
        ("Microsoft.Logic/integrationAccounts/partners/write", "Logic App Contributor"),
        ("Microsoft.Logic/integrationAccounts/sessions/delete", "Logic App Contributor"),
        (
            "Microsoft.Logic/integrationAccounts/listKeyVaultKeys/action",
            "Logic App Contributor",
        ),
    ],
)
def test_roles(action: str, role: str) -> None:
    assert role_for(action) == role


def test_an_app_without_a_token_may_have_one_at_the_next_attempt() -> None:
    problem = problem_of(ArmRefused(Meaning.UNAUTHORIZED, READ), ACCOUNT)
    assert problem.again
    assert "was given no token" in problem.message
    ended = ArmRefused(Meaning.UNAUTHORIZED, READ, status=401, code="InvalidAuthenticationToken")
    assert "401 InvalidAuthenticationToken" in problem_of(ended, ACCOUNT).message


@pytest.mark.parametrize(("asked", "told"), [(0.2, 1), (17.0, 17), (0.0, 30)])
def test_a_wait_is_told_in_whole_seconds(asked: float, told: int) -> None:
    refused = ArmRefused(Meaning.BUSY, READ, status=429, retry_after=asked)
    problem = problem_of(refused, ACCOUNT)
    assert problem.retry_after_seconds == told
    assert problem.wait_seconds == (told if asked else 0), "an attempt waits as long"
    silent = ArmRefused(Meaning.UNAVAILABLE, READ, status=503, retry_after=asked)
    assert problem_of(silent, ACCOUNT).wait_seconds == 0


def test_arms_own_words_are_told_of_what_is_refused_for_good() -> None:
    refused = ArmRefused(
        Meaning.REFUSED, WRITE, status=409, code="ScopeLocked", message="The scope is locked."
    )
    message = problem_of(refused, ACCOUNT).message
    assert "(409 ScopeLocked): The scope is locked. Change" in message
    assert "Microsoft.Logic/integrationAccounts/partners/write" in message


def test_a_body_is_run_with_its_refusals_as_problems() -> None:
    with pytest.raises(Problem) as told, as_problems(ACCOUNT):
        raise ArmRefused(Meaning.GROUP_GONE, READ, status=404, code="ResourceGroupNotFound")
    assert told.value.code is Code.INTEGRATION_ACCOUNT_NOT_FOUND
    assert "404 ResourceGroupNotFound" in told.value.message
    with pytest.raises(KeyError), as_problems(ACCOUNT):
        raise KeyError
