"""Every change is in the operation log, whoever made it and however it met others."""

import asyncio
from typing import Any

import pytest

from tests.support.api import Api, partner_document, unique, x12_document

UPDATE = "ServiceUpdateBizTalkService"


async def updates(api: Api, service: str) -> list[Any]:
    """The changes in the log, the oldest first: who, what, how it ended."""
    log = await api.get(f"services/{service}/operations?operation={UPDATE}")
    assert log.status == 200, log.body
    return list(reversed(log.body["value"]))


async def test_each_change_is_one_record(api: Api) -> None:
    name = await api.service()
    partner, base = partner_document("Fabrikam"), f"services/{name}"
    await api.put(f"{base}/artifacts/partners/Fabrikam", {"document": partner})
    await api.put(f"{base}/artifacts/partners/Fabrikam", {"document": partner})
    await api.put(f"{base}/artifacts/schemas/Order", {"document": {}})
    await api.put(f"{base}/artifacts/schemas/Order/content", data=b"<schema/>")
    await api.delete(f"{base}/artifacts/schemas/Order")
    items = [{"section": "partners", "name": f"P{i}", "document": {}} for i in range(3)]
    await api.post(f"{base}/import", {"artifacts": items})
    await api.agreement(name, "A", x12_document())
    await api.put(f"{base}/control-numbers/A", {"kind": "interchange", "next": 70})
    number = {"kind": "group", "value": 7, "validityDays": 30, "messageId": "m"}
    await api.post(f"{base}/received-control-numbers/A", number)
    await api.delete(f"{base}/received-control-numbers/A?kind=group&value=7")
    schedule = {"status": "None"}
    await api.put(f"{base}/backup-schedule", schedule)
    await api.delete(f"{base}/backup-schedule")
    backup = await api.backup(name)
    await api.call("PATCH", f"{base}/backups/{backup}", json={"pinned": True})
    log = await updates(api, name)
    changes = [record["parameters"]["change"] for record in log]
    assert list(dict.fromkeys(changes)) == [
        "PutArtifact",
        "PutContent",
        "DeleteArtifact",
        "ImportArtifacts",
        "SetControlNumber",
        "ReleaseReceivedNumber",
        "PutSchedule",
        "DeleteSchedule",
        "PinBackup",
    ]
    assert len(changes) == 14
    assert {record["status"] for record in log} == {"Succeeded"}
    imported = next(r for r in log if r["parameters"].get("artifacts") == 3)
    assert imported["result"] == {"written": 3, "refused": 0}
    put = log[0]
    assert put["parameters"] == {"change": "PutArtifact", "section": "partners", "name": "Fabrikam"}
    assert put["caller"]
    assert put["trigger"] == "http"
    number = next(r for r in log if r["parameters"]["change"] == "SetControlNumber")
    assert (number["parameters"]["agreement"], number["parameters"]["next"]) == ("A", 70)


async def test_what_is_refused_leaves_no_record(api: Api) -> None:
    name = await api.service()
    refused = [
        await api.delete(f"services/{name}/artifacts/partners/Nobody"),
        await api.put(
            f"services/{name}/artifacts/partners/P",
            {"document": {}},
            headers={"If-Match": '"other"'},
        ),
        await api.put(f"services/{name}/control-numbers/A", {"kind": "interchange", "next": 7}),
        await api.delete(f"services/{name}/backup-schedule"),
    ]
    assert [reply.status for reply in refused] == [404, 412, 404, 404]
    assert await updates(api, name) == []


async def test_an_import_that_was_refused_in_part_says_so(api: Api) -> None:
    name = await api.service()
    items = [{"section": "partners", "name": f"P{i}", "document": {}} for i in range(110)]
    items[50]["document"] = {"$sealed": "x"}
    report = await api.post(f"services/{name}/import", {"artifacts": items})
    assert report.status == 207
    [record] = await updates(api, name)
    assert record["status"] == "PartiallySucceeded"
    assert record["result"] == {"written": 109, "refused": 1}


async def test_transitions_that_meet_wait_for_each_other(api: Api) -> None:
    name = await api.service()
    ids = [unique("stop") for _ in range(6)]
    stops = await asyncio.gather(
        *(api.post(f"services/{name}/stop", headers={"Operation-Id": each}) for each in ids)
    )
    assert sorted(reply.status for reply in stops) == [200, 409, 409, 409, 409, 409]
    assert {reply.code for reply in stops if reply.status == 409} == {"OperationNotAllowed"}
    assert (await api.post(f"services/{name}/start")).status == 200
    for each, first in zip(ids, stops, strict=True):
        again = await api.post(f"services/{name}/stop", headers={"Operation-Id": each})
        if first.status == 200:
            assert again.status == 200, again.body
    suspends = await asyncio.gather(*(api.post(f"services/{name}/suspend") for _ in range(8)))
    assert {reply.status for reply in suspends} <= {200, 409}
    shown = await api.get(f"services/{name}")
    assert shown.body["state"] in ("Suspended", "Stopped")


async def test_eight_suspends_at_once_all_find_it_suspended(api: Api) -> None:
    name = await api.service()
    replies = await asyncio.gather(*(api.post(f"services/{name}/suspend") for _ in range(8)))
    assert [reply.status for reply in replies] == [200] * 8
    assert {reply.body["state"] for reply in replies} == {"Suspended"}


async def test_settings_are_saved_beside_writers_of_artifacts(api: Api) -> None:
    name = await api.service()

    async def write(writer: int) -> list[int]:
        path = f"services/{name}/artifacts/partners/P{writer}"
        return [(await api.put(path, {"document": {"n": i}})).status for i in range(8)]

    async def save(times: int) -> list[int]:
        settings = {"edition": "Basic", "region": "Somewhere"}
        return [
            (
                await api.put(
                    f"services/{name}", {**settings, "domainUrl": f"https://d{i}.example.com"}
                )
            ).status
            for i in range(times)
        ]

    *writers, saved = await asyncio.gather(*(write(i) for i in range(4)), save(8))
    assert set(saved) == {200}
    assert {status for each in writers for status in each} <= {200, 201}


@pytest.mark.parametrize("condition", [{}, {"If-None-Match": "*"}])
async def test_a_creation_is_repeated_under_its_operation_id(
    api: Api, condition: dict[str, str]
) -> None:
    name, headers = unique("svc"), {"Operation-Id": unique("create"), **condition}
    wanted = {"edition": "Basic", "accessControl": {"namespace": "acs", "key": "the-one-key"}}
    first = await api.put(f"services/{name}", wanted, headers=headers)
    again = await api.put(f"services/{name}", wanted, headers=headers)
    assert (first.status, again.status) == (201, 201), again.body
    assert first.body == again.body
    other = {**wanted, "accessControl": {"namespace": "acs", "key": "another-key"}}
    refused = await api.put(f"services/{name}", other, headers=headers)
    assert (refused.status, refused.code) == (400, "OperationIdInUse")
    log = await api.get(f"services/{name}/operations")
    assert [record["status"] for record in log.body["value"]] == ["Succeeded"]
    assert b"the-one-key" not in log.content


async def test_another_secret_under_the_same_operation_id_is_another_request(api: Api) -> None:
    name = await api.service()
    headers = {"Operation-Id": unique("save")}

    def wanted(key: str) -> Any:
        return {"edition": "Basic", "accessControl": {"namespace": "acs", "key": key}}

    assert (await api.put(f"services/{name}", wanted("a"), headers=headers)).status == 200
    assert (await api.put(f"services/{name}", wanted("a"), headers=headers)).status == 200
    refused = await api.put(f"services/{name}", wanted("b"), headers=headers)
    assert (refused.status, refused.code) == (400, "OperationIdInUse")
