"""What a linked service refuses, over all routes that write: each is refused, or it is said why it
is not."""

import pytest

from tests.app.requests import GOOD, Ask
from tests.app.test_refusals import WRITING, Stage, staged
from tests.integration_accounts.linked import account
from tests.support.api import Api, unique
from tests.support.arm import Arm, account_id
from tests.support.deployed import Deployed

MANAGED = {
    "put_artifact",
    "delete_artifact",
    "put_content",
    "import_artifacts",
    "advance_control_numbers",
    "allocate_control_numbers",
    "receive_control_number",
    "release_received_number",
    "put_mic_value",
}
"""What the account alone changes."""

OPEN = {
    "put_batch_activity": "no account holds it: it says what a backup would lack",
    "put_service": "settings of the service are none of the account",
    "scale_service": "units are none of the account's",
    "set_control_number": "it is set in the account",
    "suspend_service": "it disables the account's workflows",
    "resume_service": "as suspend",
    "stop_service": "a state of the service, which the account does not have",
    "start_service": "as stop",
    "restart_service": "as stop",
    "disable_service": "as stop",
    "enable_service": "as stop",
    "start_backup": "what the service is linked for",
    "pin_backup": "of the history",
    "verify_backup": "of the history",
    "delete_backup": "of the history",
    "register_backup": "of the history",
    "put_schedule": "when the service is backed up",
    "preview_schedule": "it only asks",
    "delete_schedule": "when the service is backed up",
    "cancel_operation": "of operations",
    "start_restore": "it makes another service",
    "put_link": "how the link pulls",
    "pull": "how the account changes it",
    "push": "how it changes an account",
    "rotate_keys": "of the installation",
    "seal_secrets": "of the installation: what is stored stays as it is, sealed",
    "delete_link": "the way out",
    "delete_service": "it frees the account",
}
"""What stays open, in an order in which all can be asked of one service, and why."""

BESIDE = ["/import?validateOnly=true", "/control-numbers/advance?validateOnly=true"]
"""Of what is refused, what would only be planned: it is refused too."""


def test_every_route_that_writes_is_refused_or_listed() -> None:
    assert MANAGED | OPEN.keys() == WRITING.keys()
    assert not MANAGED & OPEN.keys()


async def test_a_linked_service_takes_nothing_but_what_is_listed(
    api: Api, deployed: Deployed, azure: Arm
) -> None:
    names = await staged(api)
    stage = Stage(api, deployed, names)
    resource_id = account_id(unique("managed"))
    azure.load([account(resource_id)])
    path = f"services/{names['service']}"
    linked = await api.put(f"{path}/integration-account", {"resourceId": resource_id})
    assert linked.status == 201, linked.body
    before = await api.get(f"{path}/artifacts")
    numbers = await api.get(f"{path}/control-numbers/A")
    for name in sorted(MANAGED):
        await stage.refuse(WRITING[name].method, GOOD[name], "ManagedByAccount")
    for place in BESIDE:
        body = GOOD["import_artifacts" if "import" in place else "advance_control_numbers"].body
        await stage.refuse("POST", Ask(place, body), "ManagedByAccount")
    refused = await api.delete(f"{path}/artifacts/schemas/s")
    assert resource_id in refused.body["error"]["message"]
    assert "integration-account" in refused.body["error"]["message"]
    assert (await api.get(f"{path}/artifacts")).body == before.body
    assert (await api.get(f"{path}/control-numbers/A")).body == numbers.body


@pytest.mark.timeout(300)
async def test_what_is_listed_is_not_refused_because_of_the_account(
    api: Api, azure: Arm, deployed: Deployed
) -> None:
    names = await staged(api)
    resource_id = account_id(unique("managed"))
    azure.load([account(resource_id)])
    path = f"services/{names['service']}"
    body = {"resourceId": resource_id}
    assert (await api.put(f"{path}/integration-account", body)).status == 201
    filled = Stage(api, deployed, names)
    for name in OPEN:
        ask = GOOD[name]
        where = ask.path[2:] if ask.path.startswith("//") else f"{path}{ask.path}"
        sent = body if name == "put_link" else filled._filled(ask.body)
        reply = await api.call(
            WRITING[name].method, filled._filled(where), sent, data=ask.data, headers=ask.headers
        )
        assert reply.code != "ManagedByAccount", name
        if name in ("put_service", "put_batch_activity", "put_schedule", "put_link"):
            assert reply.status in (200, 201), (name, reply.body)
        if name in ("start_backup", "delete_link", "delete_service"):
            assert reply.status in (202, 204), (name, reply.body)
        if reply.status == 202:
            await api.ended(reply)
