"""Suspending and resuming a linked service, and setting its numbers, over HTTP."""

from typing import Any

import pytest

from tests.integration_accounts.linked import account
from tests.integration_accounts.using import state_of, workflow
from tests.support.api import Api, unique, x12_document
from tests.support.arm import Arm, account_id


@pytest.fixture
def mine(azure: Arm) -> str:
    """The id of an account of this test's own, with an agreement and its number."""
    resource_id = account_id(unique("ia"))
    agreement: dict[str, Any] = {"id": f"{resource_id}/agreements/A", "properties": x12_document()}
    azure.load([account(resource_id), agreement])
    azure.session(resource_id, "A-ICN", "256")
    return resource_id


async def linked(api: Api, resource_id: str) -> str:
    """The path of a service that is linked to an account."""
    path = f"services/{await api.service()}"
    body = {"resourceId": resource_id}
    assert (await api.put(f"{path}/integration-account", body)).status == 201
    return path


async def test_from_suspend_to_resume(api: Api, azure: Arm, mine: str) -> None:
    runs, off = unique("runs"), unique("off")
    azure.load([workflow(runs, uses=mine), workflow(off, "Disabled", uses=mine)])
    path = await linked(api, mine)
    suspended = await api.post(f"{path}/suspend")
    assert (suspended.status, suspended.body["state"]) == (200, "Suspended")
    done = suspended.body["workflows"]
    assert [one["name"] for one in done["disabled"]] == [runs]
    assert done["disabled"][0]["resourceId"].endswith(f"/workflows/{runs}")
    assert [(one["name"], one["why"]) for one in done["left"]] == [
        (off, "It was disabled already: not by Interkeep.")
    ]
    assert (done["movedCount"], done["leftCount"]) == (1, 1)
    assert state_of(azure, runs) == "Disabled"
    log = (await api.get(f"{path}/operations")).body["value"]
    assert log[0]["operation"] == "SuspendBizTalkService"
    assert log[0]["result"]["workflows"] == done
    assert "workflows" not in (await api.get(path)).body
    resumed = await api.post(f"{path}/resume")
    assert (resumed.status, resumed.body["state"]) == (200, "Active")
    assert [one["name"] for one in resumed.body["workflows"]["enabled"]] == [runs]
    assert state_of(azure, runs) == "Enabled"
    assert state_of(azure, off) == "Disabled"
    again = await api.post(f"{path}/resume")
    assert (again.status, again.code) == (409, "OperationNotAllowed")


async def test_a_role_that_is_missing_is_named_and_nothing_changes(
    api: Api, azure: Arm, mine: str
) -> None:
    runs = unique("runs")
    azure.load([workflow(runs, uses=mine)])
    path = await linked(api, mine)
    body = {
        "error": {
            "code": "AuthorizationFailed",
            "message": "The client 'x' with object id 'x' does not have authorization to perform "
            "action 'Microsoft.Logic/workflows/disable/action' over scope '/subscriptions/x'.",
        }
    }
    azure.fault(method="POST", part=f"/{runs}/disable", status=403, body=body, times=9)
    refused = await api.post(f"{path}/suspend")
    assert (refused.status, refused.code) == (403, "IntegrationAccountForbidden")
    message = refused.body["error"]["message"]
    assert "Microsoft.Logic/workflows/disable/action" in message
    assert "Logic App Contributor" in message
    assert "is Active as before, and no workflow is disabled by Interkeep" in message
    assert (await api.get(path)).body["state"] == "Active"
    assert state_of(azure, runs) == "Enabled"


async def test_a_number_is_set_in_the_account(api: Api, azure: Arm, mine: str) -> None:
    path = await linked(api, mine)
    assert (await api.ended(await api.post(f"{path}/pull", {})))["status"] == "Succeeded"
    read = await api.get(f"{path}/control-numbers/A")
    assert read.body["counters"]["interchange"]["next"] == 257
    body = {"kind": "interchange", "next": 900}
    stale = {"If-Match": '"0000000000000000"'}
    refused = await api.put(f"{path}/control-numbers/A", body, headers=stale)
    assert (refused.status, refused.code) == (412, "ConditionNotMet")
    tag = {"If-Match": read.headers["ETag"]}
    done = await api.put(f"{path}/control-numbers/A", body, headers=tag)
    assert (done.status, done.body["counters"]["interchange"]["next"]) == (200, 900)
    session = azure.account(mine).items["sessions"]["a-icn"]
    assert session.properties["content"] == "899"
    lower = await api.put(f"{path}/control-numbers/A", {**body, "next": 5})
    assert (lower.status, lower.code) == (409, "ControlNumberIssued")
    log = (await api.get(f"{path}/operations")).body["value"]
    assert log[0]["parameters"]["change"] == "SetControlNumber"
