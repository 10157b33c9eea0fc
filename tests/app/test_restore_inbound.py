"""What a restore's plan says of messages that came in: duplicates of them that may pass."""

import asyncio
import json
from typing import Any

from azure.storage.blob import BlobClient

from tests.support.api import Api, nobodys, unique, x12_document
from tests.support.deployed import Deployed

AS2: Any = {"agreementType": "AS2", "content": {"aS2": {}}}


def checking(*kinds: str) -> Any:
    """An X12 agreement of nobody whose receiver refuses duplicates."""
    document = nobodys(x12_document())
    checks = {f"checkDuplicate{kind}ControlNumber": True for kind in kinds}
    x12 = document["content"]["x12"]
    x12["receiveAgreement"]["protocolSettings"]["validationSettings"] = checks
    return document


async def received(api: Api, service: str, agreement: str, *values: int) -> None:
    for value in values:
        body = {
            "kind": "interchange",
            "value": value,
            "validityDays": 30,
            "messageId": f"{agreement}/{value}",
        }
        reply = await api.post(f"services/{service}/received-control-numbers/{agreement}", body)
        assert reply.body["duplicate"] is False


async def signed(api: Api, service: str, agreement: str, *messages: str) -> None:
    for message in messages:
        body = {
            "messageId": message,
            "mic": "q83v",
            "algorithm": "SHA1",
            "as2From": "f",
            "as2To": "t",
        }
        assert (await api.put(f"services/{service}/mic-values/{agreement}", body)).status == 201


async def planned(api: Api, container: str, **more: Any) -> Any:
    body = {"backup": {"storageAccount": "offsite", "container": container}, **more}
    plan = await api.post("restores?validateOnly=true", body)
    assert plan.status == 200, plan.body
    return plan.body


async def backed_up(api: Api) -> tuple[str, str]:
    """A service that received before its backup and after it."""
    name = await api.service(edition="Standard")
    for agreement, document in (
        ("Checks", checking("Group", "Interchange")),
        ("Quiet", nobodys(x12_document())),
        ("Later", nobodys(x12_document())),
        ("Receives", nobodys(x12_document())),
        ("Signs", AS2),
    ):
        await api.agreement(name, agreement, document)
    await received(api, name, "Receives", 1, 2)
    await received(api, name, "RECEIVES", 3)
    await signed(api, name, "Signs", "m/1")
    container = await api.backup(name)
    await received(api, name, "receives", 4)
    await received(api, name, "Later", 1, 2)
    await signed(api, name, "signs", "m/2", "m/3", "m/4")
    return name, container


async def test_exposure_to_duplicates_that_come_in_agreement_by_agreement(
    api: Api, deployed: Deployed
) -> None:
    name, container = await backed_up(api)
    with BlobClient.from_connection_string(deployed.offsite, container, f"{container}.txt") as blob:
        descriptor = json.loads(await asyncio.to_thread(lambda: blob.download_blob().readall()))
    # While the service that was backed up lives, its tables tell what came after the backup.
    target = {"name": unique("other")}
    answer = await planned(api, container, service=target)
    inbound = answer["inbound"]
    assert inbound["since"] == descriptor["consistency"]["runtimeReadFrom"]
    assert inbound["since"] == answer["controlNumbers"]["since"]
    totals = {"receivedNumbers": 3, "micValues": 1, "receivedSince": 3, "micsSince": 3}
    assert {member: inbound[member] for member in totals} == totals
    assert inbound["knownBy"] == name
    by_agreement = [
        ("Checks", ["interchange", "group"], 0, 0, 0, 0),
        ("Later", [], 0, 0, 2, 0),
        ("Receives", [], 3, 0, 1, 0),
        ("Signs", [], 0, 1, 0, 3),
    ]
    members = ("agreement", "checks", "receivedNumbers", "micValues", "receivedSince", "micsSince")
    assert inbound["agreements"] == [
        dict(zip(members, one, strict=True)) for one in by_agreement
    ], "an agreement that checks nothing and received nothing is not told of"
    assert any("Look at what came in" in step for step in answer["beforeResuming"])
    # Of a part, what is restored alone counts.
    of_part = await planned(
        api, container, service=target, include=[{"section": "agreements", "name": "signs"}]
    )
    [signs] = of_part["inbound"]["agreements"]
    assert signs == inbound["agreements"][-1]
    assert (of_part["inbound"]["receivedNumbers"], of_part["inbound"]["receivedSince"]) == (0, 0)
    # The start's answer leads to the same plan.
    body = {"backup": {"storageAccount": "offsite", "container": container}, "service": target}
    monitor = await api.succeeded(await api.post("restores", body))
    record = (await api.get(f"restores/{target['name']}.{monitor['id']}")).body
    assert record["plan"]["inbound"] == inbound
    # Once it is gone, nobody can say.
    await api.succeeded(await api.delete(f"services/{name}"))
    gone = (await planned(api, container))["inbound"]
    assert (gone["receivedNumbers"], gone["micValues"]) == (3, 1)
    assert not {"knownBy", "receivedSince", "micsSince"} & gone.keys()
    assert [one["agreement"] for one in gone["agreements"]] == ["Checks", "Receives", "Signs"]
    assert not any("receivedSince" in one for one in gone["agreements"])
    # The next service of that name received other things: it does not tell of them.
    await api.restore(container)
    again = (await planned(api, container, service={"name": unique("third")}))["inbound"]
    assert "knownBy" not in again
    # And what the plan says will pass, passes.
    await api.post(f"services/{name}/resume")
    await received(api, name, "Later", 1, 2)
    body = {"kind": "interchange", "value": 3, "validityDays": 30, "messageId": "another"}
    path = f"services/{name}/received-control-numbers/Receives"
    assert (await api.post(path, body)).body["duplicate"] is True
