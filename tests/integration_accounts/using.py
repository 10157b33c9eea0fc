"""Workflows that use accounts, for tests of suspending and resuming."""

from typing import Any

from shared.installation.installation import Installation
from shared.model.wire import JsonObject
from shared.rules.states import ServiceOperation
from shared.services.services import Asked
from tests.integration_accounts.linked import IA, ONE
from tests.support.arm import SUBSCRIPTION, Arm
from tests.support.scenes import ASKED


def workflow_id(name: str, group: str = "contoso") -> str:
    """The ARM id of a workflow."""
    return (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}"
        f"/providers/Microsoft.Logic/workflows/{name}"
    )


def workflow(
    name: str, state: str = "Enabled", *, uses: str = IA, group: str = "contoso"
) -> dict[str, Any]:
    """A workflow's resource, as ``Arm.load`` takes it."""
    return {
        "id": workflow_id(name, group),
        "location": "westeurope",
        "properties": {
            "state": state,
            "changedTime": "2026-11-02T10:00:00.1234567Z",
            "integrationAccount": {"id": uses},
        },
    }


def state_of(arm: Arm, name: str, group: str = "contoso") -> str:
    """The state of a workflow, in Azure."""
    return str(arm.state.workflow(SUBSCRIPTION, group, name)["properties"]["state"])


def states(arm: Arm, *names: str) -> dict[str, str]:
    """The states of workflows, in Azure."""
    return {name: state_of(arm, name) for name in names}


def by_a_person(arm: Arm, name: str, state: str, when: str = "2026-12-24T18:00:00Z") -> None:
    """Somebody changes a workflow in Azure."""
    properties = arm.state.workflow(SUBSCRIPTION, "contoso", name)["properties"]
    properties |= {"state": state, "changedTime": when}


async def move(
    app: Installation, operation: ServiceOperation, name: str = ONE, asked: Asked = ASKED
) -> JsonObject:
    """Suspend or resume a service; what was done to workflows."""
    listed = await app.services.require(name)
    _, workflows = await app.transitions.move(listed, operation, asked)
    assert workflows is not None
    return workflows


async def suspend(app: Installation, asked: Asked = ASKED) -> JsonObject:
    return await move(app, ServiceOperation.SUSPEND, asked=asked)


async def resume(app: Installation, asked: Asked = ASKED) -> JsonObject:
    return await move(app, ServiceOperation.RESUME, asked=asked)


def names(shown: Any) -> list[str]:
    """The names of workflows that an answer lists."""
    return [one["name"] for one in shown]


def why(shown: JsonObject) -> dict[str, str]:
    """Of those that were left, why."""
    left = shown["left"]
    assert isinstance(left, list)
    return {one["name"]: one["why"] for one in left if isinstance(one, dict)}
