"""What a push's request must hold in itself."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.model.integration_account import Sku
from shared.model.push import (
    CreateAccount,
    PlannedNumbers,
    PushBody,
    PushNumbersPolicy,
    VaultChange,
    WorkflowsPolicy,
)
from shared.model.service import Edition, Service, State
from shared.rules.integration_accounts.push_request import Move, before_resuming, wrong_request
from shared.rules.integration_accounts.push_workflows import not_resumed, to_resume
from shared.rules.states import ALLOWED, MENDED, TRANSITIONS, ServiceOperation, require_allowed

NEW = CreateAccount(resource_id="/x", location="westeurope", sku=Sku.FREE)
ODD = CreateAccount(resource_id="/x", location="westeurope", sku=Sku.NOT_SPECIFIED)
PREMIUM = CreateAccount(resource_id="/x", location="westeurope", sku=Sku.PREMIUM)


@pytest.mark.parametrize(
    ("body", "linked", "places"),
    [
        (PushBody(), True, []),
        (PushBody(), False, ["/resourceId"]),
        (PushBody(resource_id="/x"), False, []),
        (PushBody(create=NEW), False, []),
        (PushBody(create=NEW, resource_id="/x"), True, ["/create"]),
        (PushBody(create=ODD), True, ["/create/sku"]),
        (PushBody(create=PREMIUM), True, ["/create/sku"]),
    ],
)
def test_a_request_names_one_account(body: PushBody, linked: bool, places: list[str]) -> None:
    assert [one.target for one in wrong_request(body, linked=linked)] == places


def test_a_premium_account_is_made_in_azure() -> None:
    [problem] = wrong_request(PushBody(create=PREMIUM), linked=False)
    assert "name it in resourceId" in problem.message


CALM = PlannedNumbers(policy=PushNumbersPolicy.CONTINUE)
NEAR = Move(former="/former", former_location="westeurope", location="West Europe")
FAR = replace(NEAR, location="northeurope")


def test_what_is_to_do_before_resuming() -> None:
    [standard] = before_resuming(PushBody(), CALM, moves=None, disabled=0, comes_back="")
    assert "Standard logic apps" in standard
    much = PushBody(workflows=WorkflowsPolicy.LEAVE, key_vaults=[VaultChange(from_="/a", to="/b")])
    risky = PlannedNumbers(policy=PushNumbersPolicy.AS_KNOWN, exhausted=1, issued_again=3)
    found = before_resuming(much, risky, moves=NEAR, disabled=2, comes_back="Resume it.")
    for index, words in enumerate(
        (
            "Before the push: see that the former account",
            "Standard",
            "in progress or waiting finish",
            "left as they are",
            "moves no workflow",
            "other vaults",
            "come twice",
            "upper bound",
            "Resume it.",
        )
    ):
        assert words in found[index]
    assert len(found) == 9


@pytest.mark.parametrize(
    ("moves", "deploys"),
    [
        (NEAR, False),
        (replace(NEAR, former_location=""), False),
        (FAR, True),
        (replace(NEAR, within_subscription=False), True),
    ],
)
def test_workflows_of_another_region_cannot_choose_the_account(moves: Move, deploys: bool) -> None:
    found = before_resuming(PushBody(), CALM, moves=moves, disabled=0, comes_back="")
    told = [one for one in found if "moves no workflow" in one]
    assert [one.startswith("Deploy the logic apps") for one in told] == [deploys]
    assert not deploys or moves.location in told[0]


@pytest.mark.parametrize(
    ("runs", "holder", "words"),
    [
        (None, "", ("disable the workflows that use it",)),
        (0, "contoso-b2b", ("no workflow that uses it is enabled",)),
        (2, "", ("disable the 2 workflows that use it",)),
        (2, "contoso-b2b", ("suspend service 'contoso-b2b', which disables the 2 workflows",)),
    ],
)
def test_what_stops_the_former_account(
    runs: int | None, holder: str, words: tuple[str, ...]
) -> None:
    moves = replace(NEAR, runs=runs, holder=holder)
    warned = moves.still_runs()
    assert (warned is not None) is bool(runs)
    for text in (moves.before(), *([warned.message] if warned else [])):
        assert all(one in text for one in words)
        assert "runs that are in progress or waiting have ended" in text


HOLDER = Service(
    name="contoso-b2b",
    id="1",
    edition=Edition.BASIC,
    unit_count=1,
    state=State.ACTIVE,
    created_at=datetime(2026, 11, 1, tzinfo=UTC),
    changed_at=datetime(2026, 11, 1, tzinfo=UTC),
)
COPY = HOLDER.model_copy(update={"name": "contoso-copy", "id": "2"})


RESUMED = {State.ACTIVE, State.SUSPENDED, State.SUSPEND_FAILED, State.RESUME_FAILED}
"""The states out of which resume leads: Active as the push suspends such a service."""
ONLY_DELETED = {State.SERVICE_UPDATE_FAILED, State.CREATE_FAILED, State.RESTORE_FAILED}
UNDER_WAY = {State.CREATING, State.RESTORING, State.UPDATING, State.DELETING}


@pytest.mark.parametrize("state", State)
def test_the_service_that_has_the_account_is_the_one_to_resume(state: State) -> None:
    holder = HOLDER.model_copy(update={"state": state})
    line = to_resume(COPY, holder, 2)
    resumes = line.startswith("Resume service 'contoso-b2b', which is linked")
    assert resumes is (state in RESUMED)
    assert "2 workflows" in line
    assert not to_resume(holder, holder, 1).startswith("Resume service 'contoso-copy'")


@pytest.mark.parametrize("state", sorted(set(State) - RESUMED))
def test_the_advice_leads_through_the_state_chart(state: State) -> None:
    text = not_resumed(HOLDER.model_copy(update={"state": state}))
    if state in ONLY_DELETED | UNDER_WAY:
        says = "delete it, link another" if state in ONLY_DELETED else "wait until the operation"
        assert says in text
        assert ("delete" in ALLOWED[state]) is (state in ONLY_DELETED)
        return
    row = re.search(r": ([a-z, ]+) and (resume) it, and they are enabled again\.$", text)
    assert row is not None
    now = state
    for word in [*row[1].split(", "), row[2]]:
        operation = ServiceOperation(word)
        require_allowed("Contoso", now, operation)
        now = TRANSITIONS[operation][1] if operation in TRANSITIONS else MENDED[now][1]
    assert now is State.ACTIVE


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (State.STOPPED, "start, suspend and resume it"),
        (State.DISABLED, "enable and resume it"),
        (State.DISABLE_FAILED, "disable, enable and resume it"),
        (State.CONFIG_UPDATE_FAILED, "restart, suspend and resume it"),
        (State.SCALE_FAILED, "scale, suspend and resume it"),
    ],
)
def test_the_advice_is_the_shortest_way(state: State, says: str) -> None:
    assert f"of: {says}, and" in not_resumed(HOLDER.model_copy(update={"state": state}))


def test_where_no_service_has_the_account_it_says_so() -> None:
    assert "no service is linked to it: link one" in to_resume(COPY, None, 2)
