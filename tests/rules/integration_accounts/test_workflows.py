"""What suspending and resuming does to a workflow: every state of it, and of what is remembered."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.model.workflow import RememberedWorkflow
from shared.rules.integration_accounts.ids import account_id_of
from shared.rules.integration_accounts.workflows import (
    Do,
    Workflow,
    on_resume,
    on_suspend,
    uses,
    workflow_of,
)

ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Logic/workflows/w"
ACCOUNT = account_id_of(
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/Contoso"
    "/providers/Microsoft.Logic/integrationAccounts/B2B"
)
ASKED_AT = datetime(2026, 11, 2, 10, 0, 0, tzinfo=UTC)
SEEN, LATER = "2026-11-02T10:00:01.1234567Z", "2026-11-02T18:00:00.0000001Z"


def now(state: str, changed_time: str = SEEN) -> Workflow:
    return Workflow(ID, "w", state, changed_time)


def known(changed_time: str = SEEN, enabling: str = "") -> RememberedWorkflow:
    return RememberedWorkflow(
        resource_id=ID,
        name="w",
        operation="o",
        asked_at=ASKED_AT,
        changed_time=changed_time,
        enabling=enabling,
    )


UNSEEN, ENABLING = known(""), known(enabling="r")


@pytest.mark.parametrize(
    ("workflow", "remembered", "do", "forget"),
    [
        (now("Enabled"), None, Do.DISABLE, False),
        (now("enabled"), known(), Do.DISABLE, False),
        (now("Enabled"), UNSEEN, Do.DISABLE, False),
        (now("Enabled"), ENABLING, Do.DISABLE, False),
        (now("Disabled"), None, Do.LEAVE, False),
        (now("Disabled"), known(), Do.HELD, False),
        (now("Disabled"), ENABLING, Do.HELD, False),
        (now("Disabled", LATER), known(), Do.LEAVE, True),
        (now("Disabled"), UNSEEN, Do.NOTE, False),
        (now("Disabled", LATER), UNSEEN, Do.LEAVE, True),
        (now("Suspended"), None, Do.LEAVE, False),
        (now("Suspended"), known(), Do.LEAVE, True),
        (now("Completed"), None, Do.LEAVE, False),
    ],
)
def test_suspending(
    workflow: Workflow, remembered: RememberedWorkflow | None, do: Do, forget: bool
) -> None:
    decision = on_suspend(workflow, remembered)
    assert (decision.do, decision.forget) == (do, forget)
    assert bool(decision.why) == (do is Do.LEAVE)


@pytest.mark.parametrize(
    ("workflow", "remembered", "do"),
    [
        (None, known(), Do.LEAVE),
        (now("Enabled", LATER), known(), Do.LEAVE),
        (now("Enabled", LATER), ENABLING, Do.DONE),
        (now("Disabled"), known(), Do.ENABLE),
        (now("Disabled", "2026-11-02T10:00:01.123456700Z"), known(), Do.ENABLE),
        (now("Disabled"), UNSEEN, Do.ENABLE),
        (now("Disabled", ""), UNSEEN, Do.ENABLE),
        (now("Disabled", LATER), UNSEEN, Do.LEAVE),
        (now("Disabled", LATER), known(), Do.LEAVE),
        (now("Disabled", LATER), ENABLING, Do.LEAVE),
        (now("Disabled"), ENABLING, Do.ENABLE),
        (now("Suspended"), known(), Do.LEAVE),
        (now("NotSpecified"), known(), Do.LEAVE),
    ],
)
def test_resuming(workflow: Workflow | None, remembered: RememberedWorkflow, do: Do) -> None:
    decision = on_resume(workflow, remembered)
    assert decision.do is do
    assert decision.forget == (do is not Do.ENABLE)
    assert bool(decision.why) == (do is Do.LEAVE)


@pytest.mark.parametrize(
    ("properties", "found"),
    [
        ({"integrationAccount": {"id": str(ACCOUNT)}}, True),
        ({"IntegrationAccount": {"ID": str(ACCOUNT).upper()}}, True),
        ({"integrationAccount": {"id": f"{ACCOUNT}2"}}, False),
        ({"integrationAccount": None}, False),
        ({}, False),
        (None, False),
    ],
)
def test_which_use_an_account(properties: Any, found: bool) -> None:
    assert uses({"id": ID, "properties": properties}, ACCOUNT) is found


@pytest.mark.parametrize(
    "resource_id",
    [
        "",
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Logic/integrationAccounts/w",
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/w",
        f"{ID}/runs/1",
        "https://elsewhere.example/w",
    ],
)
def test_what_is_no_workflow(resource_id: str) -> None:
    assert workflow_of({"id": resource_id, "properties": {"state": "Enabled"}}) is None


def test_a_workflow_without_members_has_no_state_that_says_anything() -> None:
    assert workflow_of({"id": ID}) == Workflow(ID, "w", "NotSpecified", "")
