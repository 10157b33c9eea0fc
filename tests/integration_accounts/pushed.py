"""Services and accounts for tests of pushes: an account that is pulled, backed up, lost, restored
as another service, and pushed."""

from collections.abc import Callable
from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT, fill
from localhost.arm.state import Account
from shared.installation.installation import Installation
from shared.model.operation import Operation
from shared.model.push import PushBody, PushPlan
from shared.model.restore import RestoreBody
from shared.state.operations import OperationRow, place
from tests.integration_accounts.linked import ONE, backup, create, link, service
from tests.integration_accounts.pulled import pull
from tests.support.arm import Arm
from tests.support.scenes import run

BACKUP = "contoso-nightly"
COPY = "contoso-copy"
SAMPLE_SUBSCRIPTION = ACCOUNT.split("/")[2]
OTHER = "/".join([*ACCOUNT.split("/")[:-1], "contoso-north"])
"""An account beside the sample, which is not there."""

NEW = {"create": {"resourceId": OTHER, "location": "northeurope", "sku": "Standard"}}
"""The request that makes it."""

REPLACING = {"resourceId": OTHER, "existing": "replace", "extra": "delete"}
"""The request after which it is as the service is."""


def settings(arm: Arm) -> dict[str, str]:
    """Those of an app that may name the sample's accounts."""
    return arm.settings(f"/subscriptions/{SAMPLE_SUBSCRIPTION}")


async def pulled(app: Installation, arm: Arm, name: str = ONE) -> None:
    """A service that is linked to the sample account, and has pulled it."""
    fill(arm.state)
    await create(app, name)
    await link(app, name, ACCOUNT)
    ended = await pull(app, name)
    assert ended.status == "Succeeded", ended.error


async def restored(app: Installation, arm: Arm, name: str = COPY) -> None:
    """A service that was restored from a backup of one that was linked to the sample account."""
    await pulled(app, arm)
    await backup(app, BACKUP)
    body = {
        "backup": {"storageAccount": "offsite", "container": BACKUP},
        "service": {"name": name},
    }
    await run(app, await app.restores.start(RestoreBody.model_validate(body), "somebody", None))
    assert (await service(app, name)).state == "Suspended"


def lose(arm: Arm, account: str = ACCOUNT) -> Account:
    """Delete an account with all that is in it."""
    parts = account.split("/")
    return arm.state.group(parts[2], parts[4]).accounts.pop(parts[-1].lower())


async def plan(app: Installation, body: dict[str, Any], name: str = COPY) -> PushPlan:
    """The plan of a push."""
    return await app.pushes.plan(await service(app, name), PushBody.model_validate(body))


async def started(app: Installation, body: dict[str, Any], name: str = COPY) -> OperationRow:
    """A push that was started."""
    wanted = PushBody.model_validate(body)
    return await app.pushes.start(await service(app, name), wanted, "somebody", None)


async def push(app: Installation, body: dict[str, Any], name: str = COPY) -> Operation:
    """A push, run to its end."""
    return await ended(app, await started(app, body, name))


async def ended(app: Installation, record: OperationRow) -> Operation:
    """An operation after one more attempt."""
    operation = record.operation
    await app.engine.run(operation.service, operation.id, place(operation))
    found = await app.records.find(operation.service, operation.id)
    assert found is not None
    return found[0].operation


def broken_once(
    monkeypatch: pytest.MonkeyPatch, holder: type, name: str, then: Callable[[], Any] = lambda: None
) -> None:
    """The next call of a method breaks when it is done: the first attempt ends.

    :param then: what is done right after that call, before it breaks.
    """
    former = getattr(holder, name)
    broken: list[bool] = []

    async def once(self: Any, *args: Any, **more: Any) -> Any:
        found = await former(self, *args, **more)
        if not broken:
            broken.append(True)
            then()
            raise ConnectionError("broken")
        return found

    monkeypatch.setattr(holder, name, once)


def number_in(arm: Arm, account: str, session: str) -> int | None:
    """The control number that a session of an account has; None where there is none."""
    items = arm.account(account).items.get("sessions", {})
    found = items.get(session.lower())
    return int(found.properties["content"]["ControlNumber"]) if found is not None else None


def partner(account: str, name: str, value: str) -> dict[str, Any]:
    """A partner of an account, as ``Arm.load`` takes it."""
    identities = [{"qualifier": "ZZ", "value": value}]
    return {
        "id": f"{account}/partners/{name}",
        "properties": {
            "partnerType": "B2B",
            "content": {"b2b": {"businessIdentities": identities}},
        },
    }


def half_filled(arm: Arm, account: str = OTHER) -> None:
    """An account with one partner otherwise than the sample has it, one just so, and one that the
    sample has not."""
    arm.load(
        [
            {"id": account, "location": "northeurope", "sku": {"name": "Standard"}},
            partner(account, "Fabrikam", "ELSEWHERE"),
            partner(account, "Tailspin", "TAILSPIN"),
        ]
    )
    same = arm.account(ACCOUNT).items["partners"]["northwind"]
    arm.load(
        [{"id": f"{account}/partners/Northwind", "properties": {**same.properties}}],
    )


def issue(arm: Arm, account: str, session: str, number: int) -> None:
    """What a workflow does: issue a control number."""
    content = {
        "ControlNumber": str(number),
        "ControlNumberChangedTime": "2030-01-01T00:00:00.0000000Z",
        "MessageType": 0,
    }
    arm.state.set_session(arm.account(account), session, content)
