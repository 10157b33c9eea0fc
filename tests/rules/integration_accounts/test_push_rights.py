"""What a push may do, as Azure's permissions say it."""

import pytest

from shared.model.integration_account import Child
from shared.model.problem import Code
from shared.model.wire import JsonObject
from shared.rules.integration_accounts.push_rights import (
    CREATES_ACCOUNT,
    MOVES_WORKFLOWS,
    lacking_rights,
    refused_rights,
    refused_workflow_rights,
    wanted_rights,
)

_LOGIC = "Microsoft.Logic"
PARTNERS = f"{_LOGIC}/integrationAccounts/partners/write"
SESSIONS = f"{_LOGIC}/integrationAccounts/sessions/write"
DELETES = f"{_LOGIC}/integrationAccounts/partners/delete"


def test_a_push_wants_what_it_does() -> None:
    wanted = wanted_rights({Child.PARTNERS, Child.SESSIONS}, {Child.PARTNERS}, creates=False)
    assert wanted == (DELETES, PARTNERS, SESSIONS)
    assert CREATES_ACCOUNT in wanted_rights(set(), set(), creates=True)


@pytest.mark.parametrize(
    ("permissions", "lacking"),
    [
        ([{"actions": ["*"], "notActions": []}], ()),
        ([{"actions": ["*/read"]}], (PARTNERS, SESSIONS)),
        ([{"actions": [f"{_LOGIC}/*"]}], ()),
        ([{"Actions": [f"{_LOGIC.lower()}/INTEGRATIONACCOUNTS/*/write"]}], ()),
        ([{"actions": ["*"], "notActions": [f"{_LOGIC}/*/sessions/*"]}], (SESSIONS,)),
        (
            [
                {"actions": ["*"], "notActions": [f"{_LOGIC}/*/sessions/*"]},
                {"actions": [SESSIONS]},
            ],
            (),
        ),
        ([{"actions": [f"{_LOGIC}/integrationAccounts/write"]}], (PARTNERS, SESSIONS)),
        ([{"actions": [7, None]}, {}], (PARTNERS, SESSIONS)),
        ([], (PARTNERS, SESSIONS)),
    ],
)
def test_what_no_role_allows_is_lacking(
    permissions: list[dict[str, object]], lacking: tuple[str, ...]
) -> None:
    assert lacking_rights(permissions, (PARTNERS, SESSIONS)) == lacking  # type: ignore[arg-type]


def test_what_is_lacking_is_named_with_its_scope() -> None:
    problem = refused_rights([PARTNERS], "/subscriptions/s/resourceGroups/g")
    assert problem.code is Code.INTEGRATION_ACCOUNT_FORBIDDEN
    assert PARTNERS in problem.message
    assert "/subscriptions/s/resourceGroups/g" in problem.message
    assert problem.target == "/resourceId"
    assert refused_rights([CREATES_ACCOUNT], "").target == "/create/resourceId"


def test_what_is_lacking_to_switch_workflows_is_named_with_a_way_out() -> None:
    disables, enables = MOVES_WORKFLOWS
    reads: JsonObject = {"actions": ["*/read", disables]}
    lacking = lacking_rights([reads], MOVES_WORKFLOWS)
    assert lacking == (enables,)
    assert lacking_rights([{"actions": [f"{_LOGIC}/workflows/*"]}], MOVES_WORKFLOWS) == ()
    problem = refused_workflow_rights(lacking, "/subscriptions/s/resourceGroups/g")
    assert (problem.code, problem.target) == (Code.INTEGRATION_ACCOUNT_FORBIDDEN, "/workflows")
    for words in (enables, "/subscriptions/s/resourceGroups/g", "workflows: leave"):
        assert words in problem.message
