"""Every state of the chart × every operation of it, through HTTP; the transitional ones too."""

import pytest

from shared.installation.installation import Installation
from shared.model.operation import OperationName
from shared.model.service import State
from shared.rules.states import ServiceOperation
from tests.app.test_refusals import under_way
from tests.rules.test_states import EXPECTED
from tests.support.api import Api, Reply, unique

IN_PLACE = (ServiceOperation.SCALE, ServiceOperation.UPDATE_CONFIGURATION)
MENDED = {State.SCALE_FAILED: State.ACTIVE, State.CONFIG_UPDATE_FAILED: State.ACTIVE}
"""Failures that end with the success of what failed."""


async def ask(api: Api, name: str, operation: ServiceOperation) -> Reply:
    match operation:
        case ServiceOperation.DELETE:
            return await api.delete(f"services/{name}")
        case ServiceOperation.SCALE:
            return await api.post(f"services/{name}/scale", {"unitCount": 2})
        case ServiceOperation.UPDATE_CONFIGURATION:
            return await api.put(f"services/{name}", {"edition": "Basic", "region": "Elsewhere"})
        case ServiceOperation.BACKUP:
            body = {"name": unique("backup"), "storageAccount": "offsite"}
            return await api.post(f"services/{name}/backups", body)
        case _:
            return await api.post(f"services/{name}/{operation}")


async def service_in(api: Api, host_app: Installation, state: State) -> str:
    """A service in a state."""
    name = await api.service()
    listed = await host_app.services.require(name)
    await host_app.directory.change(listed.service.model_copy(update={"state": state}), listed.etag)
    if state is State.DELETING:  # without a deletion under way it may be begun again
        await under_way(host_app, listed.service, OperationName.DELETE)
    return name


@pytest.mark.parametrize("state", State)
async def test_what_a_state_does_not_allow_changes_nothing(
    api: Api, host_app: Installation, state: State
) -> None:
    name = await service_in(api, host_app, state)
    log = await api.get(f"services/{name}/operations")
    before = await api.get(f"services/{name}")
    assert before.body["allowedOperations"] == sorted(EXPECTED[state])
    for operation in ServiceOperation:
        if operation in EXPECTED[state]:
            continue
        reply = await ask(api, name, operation)
        assert (reply.status, reply.code) == (409, "OperationNotAllowed"), operation
        assert state in reply.body["error"]["message"]
    assert (await api.get(f"services/{name}")).body == before.body, "a refusal changed something"
    assert (await api.get(f"services/{name}/operations")).body == log.body


@pytest.mark.parametrize("state", [state for state in State if EXPECTED[state]])
async def test_what_a_state_allows(api: Api, host_app: Installation, state: State) -> None:
    for operation in ServiceOperation:
        if operation not in EXPECTED[state]:
            continue
        reply = await ask(api, await service_in(api, host_app, state), operation)
        assert reply.status in (200, 202), (operation, reply.body)
        if operation in IN_PLACE:
            assert reply.body["state"] == MENDED.get(state, state), operation
