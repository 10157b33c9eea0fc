"""Every state of the chart × every operation of it, through HTTP; the transitional ones too."""

from collections.abc import AsyncIterator

import pytest

from shared.installation import Installation
from shared.model.operation import OperationName
from shared.model.service import State
from shared.rules.states import ServiceOperation
from tests.api import Api, Reply, unique
from tests.app.test_refusals import under_way
from tests.deployed import Deployed
from tests.rules.test_states import EXPECTED

IN_PLACE = (ServiceOperation.SCALE, ServiceOperation.UPDATE_CONFIGURATION)
MENDED = {State.SCALE_FAILED: State.ACTIVE, State.CONFIG_UPDATE_FAILED: State.ACTIVE}
"""Failures that end with the success of what failed."""


@pytest.fixture
async def parts(deployed: Deployed) -> AsyncIterator[Installation]:
    """The same installation as the host's, to put services into states that HTTP never leads to."""
    installation = Installation(deployed.read())
    yield installation
    await installation.close()


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


@pytest.mark.parametrize("state", State)
async def test_each_operation_in_each_state(api: Api, parts: Installation, state: State) -> None:
    for operation in ServiceOperation:
        name = await api.service()
        listed = await parts.services.require(name)
        forced = listed.service.model_copy(update={"state": state})
        await parts.directory.change(forced, listed.etag)
        if state is State.DELETING:  # without a deletion under way it may be begun again
            await under_way(parts, listed.service, OperationName.DELETE)
        logged = (await api.get(f"services/{name}/operations")).body["value"]
        before = await api.get(f"services/{name}")
        assert before.body["allowedOperations"] == sorted(EXPECTED[state])
        reply = await ask(api, name, operation)
        if operation in EXPECTED[state]:
            assert reply.status in (200, 202), (operation, reply.body)
            if operation in IN_PLACE:
                assert reply.body["state"] == MENDED.get(state, state), operation
            continue
        assert (reply.status, reply.code) == (409, "OperationNotAllowed"), operation
        assert state in reply.body["error"]["message"]
        after = await api.get(f"services/{name}")
        assert after.body == before.body, "a refusal changed something"
        log = (await api.get(f"services/{name}/operations")).body["value"]
        assert log == logged
