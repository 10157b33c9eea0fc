"""ETags and conditional requests (RFC 9110, section 13) on everything that is read alone."""

from urllib.parse import quote

import pytest

from tests.support.api import Api, Reply, unique, x12_document

MIC = {
    "messageId": "m/1",
    "mic": "q83v",
    "algorithm": "SHA1",
    "as2From": "NORTHWIND",
    "as2To": "FABRIKAM",
}
STALE = {"If-Match": '"0000000000000000"'}


def tag(reply: Reply) -> dict[str, str]:
    """The If-Match of what an answer showed."""
    assert reply.status in (200, 201), reply.body
    return {"If-Match": reply.headers["ETag"]}


async def unchanged(api: Api, path: str, etag: str) -> bool:
    """Whether a GET with this ETag is answered 304, without a body and with the ETag."""
    reply = await api.get(path, headers={"If-None-Match": f'"other", W/{etag}'})
    if reply.status == 304:
        assert reply.content == b""
        assert reply.headers["ETag"] == etag
    return reply.status == 304


@pytest.fixture
async def service(api: Api) -> str:
    """A service with one of each thing that is read alone."""
    name = await api.service()
    await api.agreement(name, "A")
    await api.put(f"services/{name}/mic-values/A", MIC)
    number = {"kind": "group", "value": 7, "validityDays": 30, "messageId": "m"}
    await api.post(f"services/{name}/received-control-numbers/A", number)
    await api.put(f"services/{name}/artifacts/schemas/s", {"document": {}})
    await api.put(f"services/{name}/artifacts/schemas/s/content", data=b"<a/>")
    return name


async def test_what_has_not_changed_is_not_sent_again(api: Api, service: str) -> None:
    backup = await api.backup(service)
    copy = unique("copy")
    restore = await api.restore(backup, name=copy)
    for path in (
        f"services/{service}",
        f"services/{service}/artifacts/schemas/s",
        f"services/{service}/artifacts/schemas/s/content",
        f"services/{service}/control-numbers/A",
        f"services/{service}/mic-values/A?messageId={quote('m/1', safe='')}",
        f"services/{service}/received-control-numbers/A?kind=group&value=7",
        f"services/{service}/backups/{backup}",
        f"services/{copy}/operations/{restore['id']}",
        f"restores/{copy}.{restore['id']}",
        "openapi.json",
    ):
        first = await api.get(path)
        assert first.status == 200, path
        assert await unchanged(api, path, first.headers["ETag"]), path
        assert (await api.get(path, headers={"If-None-Match": '"other"'})).body == first.body


@pytest.mark.parametrize("name", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize("tags", ["abc", '"a', '"a", b', "W/abc"])
async def test_a_condition_without_quotes_is_none(
    api: Api, service: str, name: str, tags: str
) -> None:
    path = f"services/{service}/artifacts/schemas/s"
    refused = await api.put(path, {"document": {"a": 1}}, headers={name: tags})
    assert (refused.status, refused.code) == (400, "InvalidRequest")
    assert (await api.get(path)).body["document"] == {}


async def test_a_services_etag_covers_its_settings_and_its_quota(api: Api, service: str) -> None:
    path = f"services/{service}"
    first = await api.get(path)
    wanted = {"edition": "Basic", "accessControl": {"namespace": "acs", "key": "first-key"}}
    second = await api.put(path, wanted, headers=tag(first))
    assert second.headers["ETag"] != first.headers["ETag"]
    lost = await api.put(path, {"edition": "Basic", "region": "Else"}, headers=tag(first))
    assert (lost.status, lost.code) == (412, "ConditionNotMet")
    assert (await api.get(path)).body == second.body

    wanted["accessControl"]["key"] = "second-key"  # type: ignore[index]
    third = await api.put(path, wanted, headers=tag(second))
    assert third.body == second.body, "the key shows as a mask"
    assert third.headers["ETag"] != second.headers["ETag"]

    await api.put(f"{path}/artifacts/bridges/b", {"document": {}})
    assert (await api.get(path)).headers["ETag"] != third.headers["ETag"]


@pytest.mark.parametrize(
    ("method", "operation", "body"),
    [
        ("POST", "/suspend", None),
        ("POST", "/stop", None),
        ("POST", "/scale", {"unitCount": 2}),
        ("PUT", "", {"edition": "Basic", "region": "Else"}),
        ("DELETE", "", None),
    ],
)
async def test_nothing_is_done_to_a_service_that_changed(
    api: Api, service: str, method: str, operation: str, body: object
) -> None:
    before = await api.get(f"services/{service}")
    refused = await api.call(method, f"services/{service}{operation}", body, headers=STALE)
    assert (refused.status, refused.code) == (412, "ConditionNotMet")
    assert (await api.get(f"services/{service}")).body == before.body
    done = await api.call(method, f"services/{service}{operation}", body, headers=tag(before))
    assert done.status in (200, 202), done.body


async def test_a_request_that_is_repeated_is_not_asked_for_its_condition(
    api: Api, service: str
) -> None:
    before = await api.get(f"services/{service}")
    headers = {**tag(before), "Operation-Id": unique("mine")}
    for _ in range(2):
        moved = await api.post(f"services/{service}/suspend", headers=headers)
        assert (moved.status, moved.body["state"]) == (200, "Suspended")
    log = (await api.get(f"services/{service}/operations")).body["value"]
    assert [o["operation"] for o in log].count("SuspendBizTalkService") == 1


async def test_counters_that_moved_on_are_not_set_blindly(api: Api, service: str) -> None:
    path = f"services/{service}/control-numbers/A"
    before = await api.get(path)
    await api.allocate(service, "A")
    ahead = {"kind": "interchange", "next": 500}
    refused = await api.put(path, ahead, headers=tag(before))
    assert (refused.status, refused.code) == (412, "ConditionNotMet")
    now = await api.get(path)
    assert now.body["counters"]["interchange"]["next"] == 2
    done = await api.put(path, ahead, headers=tag(now))
    assert done.status == 200
    assert await unchanged(api, path, done.headers["ETag"])
    again = await api.put(path, {**ahead, "next": 501}, headers={"If-None-Match": "*"})
    assert again.code == "ConditionNotMet"


async def test_content_that_changed_is_not_written_over(api: Api, service: str) -> None:
    artifact = f"services/{service}/artifacts/schemas/s"
    path = f"{artifact}/content"
    before = await api.get(path)
    await api.put(artifact, {"document": {"other": 1}})
    assert await unchanged(api, path, before.headers["ETag"]), "the bytes are the same"
    second = await api.put(path, data=b"<b/>", headers=tag(before))
    assert await unchanged(api, path, second.headers["ETag"])
    lost = await api.put(path, data=b"<c/>", headers=tag(before))
    assert (lost.status, lost.code) == (412, "ConditionNotMet")
    assert (await api.get(path)).content == b"<b/>"
    typed = {"Content-Type": "application/xml"}
    await api.put(path, data=b"<b/>", headers=typed)
    assert not await unchanged(api, path, second.headers["ETag"]), "of another type now"
    first_only = await api.put(path, data=b"<d/>", headers={"If-None-Match": "*"})
    assert first_only.code == "ConditionNotMet"


async def test_a_mic_and_a_batchs_activity_are_written_on_condition(api: Api, service: str) -> None:
    mic = f"services/{service}/mic-values/A"
    first_only = {"If-None-Match": "*"}
    assert (await api.put(mic, MIC, headers=first_only)).code == "ConditionNotMet"
    other = {**MIC, "messageId": "m/2"}
    created = await api.put(mic, other, headers=first_only)
    assert created.status == 201
    assert (await api.put(mic, other, headers=STALE)).code == "ConditionNotMet"
    assert (await api.put(mic, {**other, "mic": "AAAA"}, headers=tag(created))).status == 200
    assert (await api.put(mic, other, headers=tag(created))).code == "ConditionNotMet"

    await api.put(f"services/{service}/artifacts/batches/hourly", {"document": {}})
    batch = f"services/{service}/batch-activity/hourly"
    assert (await api.put(batch, {"activeMessages": 1}, headers=STALE)).code == "ConditionNotMet"
    reported = await api.put(batch, {"activeMessages": 1}, headers=first_only)
    assert (await api.put(batch, {"activeMessages": 2}, headers=tag(reported))).status == 200
    late = await api.put(batch, {"activeMessages": 1}, headers=tag(reported))
    assert (late.status, late.code) == (412, "ConditionNotMet")
    listed = (await api.get(f"services/{service}/batch-activity")).body["value"]
    assert [activity["activeMessages"] for activity in listed] == [2]


async def test_two_writers_of_one_version_do_not_both_win(api: Api, service: str) -> None:
    path = f"services/{service}/artifacts/agreements/A"
    headers = tag(await api.get(path))
    documents = [x12_document(interchangeControlNumberLowerBound=n) for n in (2, 3)]
    replies = [await api.put(path, {"document": d}, headers=headers) for d in documents]
    assert [reply.status for reply in replies] == [200, 412]


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize("value", ["", ",", " , ,"])
async def test_a_condition_that_names_no_version_is_not_taken_for_none(
    api: Api, service: str, header: str, value: str
) -> None:
    """Such as a script sends whose variable is empty: it does not mean to write over anything."""
    path = f"services/{service}/artifacts/schemas/s"
    before = (await api.get(path)).headers["ETag"]
    for method, address, body in (
        ("PUT", path, {"document": {"written": "over"}}),
        ("DELETE", path, None),
        ("POST", f"services/{service}/suspend", None),
    ):
        refused = await api.call(method, address, body, headers={header: value})
        assert (refused.status, refused.code) == (400, "InvalidRequest"), address
        assert refused.body["error"]["target"] == header
    assert (await api.get(path)).headers["ETag"] == before
