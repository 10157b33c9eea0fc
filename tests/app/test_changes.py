"""What differs between two backups, and between a backup and its service, through HTTP."""

import base64
import json
from typing import Any

import pytest

from tests.app.test_contents import SECRET, filled
from tests.support.api import Api, unique
from tests.support.listing import listed

DOCUMENT = {"url": "ftp://a.example.com", "stages": [1, 2], "password": "one"}


async def put(api: Api, service: str, section: str, name: str, **document: Any) -> None:
    path = f"services/{service}/artifacts/{section}/{name}"
    reply = await api.put(path, {"document": {**DOCUMENT, **document}})
    assert reply.status in (200, 201), reply.body


async def changes(api: Api, service: str, backup: str, since: str, query: str = "") -> list[Any]:
    """All changes, without the times of the records; the same whatever the pages' size."""
    path = f"services/{service}/backups/{backup}/changes?since={since}{query}"
    found = await listed(api, path)
    assert await listed(api, path, top=1) == found
    for change in found:
        del change["changedAt"]
    return found


async def compared(api: Api, service: str, backup: str, since: str) -> Any:
    reply = await api.get(f"services/{service}/backups/{backup}/changes?since={since}")
    assert reply.status == 200, reply.body
    return reply.body


@pytest.fixture
async def service(api: Api) -> str:
    """A service with three bridges that have secrets, and whatever is behind them."""
    name = await filled(api)
    for bridge in ("b1", "b2", "b3"):
        await put(api, name, "bridges", bridge)
    return name


async def test_two_backups_of_one_state_differ_in_nothing(api: Api, service: str) -> None:
    first, second = await api.backup(service), await api.backup(service)
    body = await compared(api, service, second, first)
    assert body["value"] == []
    assert body["secrets"] == {"compared": True}
    assert (body["since"]["name"], body["backup"]["name"]) == (first, second)
    parts = (await api.get(f"services/{service}/backups/{first}/contents")).body["value"]
    assert body["identical"] == [part["name"] for part in parts]
    assert await changes(api, service, first, first) == []
    live = await compared(api, service, second, "live")
    assert live["value"] == []
    assert live["since"] == {
        "live": True,
        "revision": live["backup"]["revision"],
        "changedMeanwhile": False,
    }


async def change_all(api: Api, service: str) -> None:
    """One of each kind of change."""
    await put(api, service, "bridges", "b0")
    await put(api, service, "bridges", "b1", url="ftp://b.example.com", stages=[1, 3, 4])
    await put(api, service, "bridges", "b2", password="two")
    reply = await api.delete(f"services/{service}/artifacts/bridges/b3")
    assert reply.status == 204
    path = f"services/{service}/artifacts/schemas/schemas-0/content"
    assert (await api.put(path, data=b"<other/>")).status == 200
    assert await api.allocate(service, "A") == 2
    body = {"kind": "group", "value": 9, "validityDays": 30, "messageId": "m1"}
    await api.post(f"services/{service}/received-control-numbers/A", body)
    mic = {"messageId": "m/2", "mic": "q83v", "algorithm": "SHA1", "as2From": "a", "as2To": "b"}
    await api.put(f"services/{service}/mic-values/A", mic)


CHANGED = [
    {"section": "bridges", "name": "b0", "change": "added"},
    {
        "section": "bridges",
        "name": "b1",
        "change": "changed",
        "pointers": ["/stages/1", "/stages/2", "/url"],
    },
    {"section": "bridges", "name": "b2", "change": "changed", "secretsChanged": ["/password"]},
    {"section": "bridges", "name": "b3", "change": "removed"},
    {"section": "schemas", "name": "schemas-0", "change": "changed", "contentChanged": True},
    {
        "section": "control-numbers",
        "name": "A",
        "change": "changed",
        "pointers": ["/interchange/last", "/interchange/next"],
    },
    {"section": "received-control-numbers", "name": "A/group/9", "change": "added"},
    {"section": "mic-values", "name": "A/m/2", "change": "added"},
]
BACKWARDS = {"added": "removed", "removed": "added", "changed": "changed"}


async def test_each_kind_of_change_between_backups_and_since_live(api: Api, service: str) -> None:
    first = await api.backup(service)
    await change_all(api, service)
    second = await api.backup(service)
    assert await changes(api, service, second, first) == CHANGED
    backwards = [{**change, "change": BACKWARDS[change["change"]]} for change in CHANGED]
    assert await changes(api, service, first, second) == backwards
    assert await changes(api, service, first, "live") == backwards, "what a restore would undo"
    assert await changes(api, service, second, "live") == []
    for section in ("bridges", "mic-values"):
        only = [change for change in CHANGED if change["section"] == section]
        query = f"&section={section}"
        assert await changes(api, service, second, first, query) == only
        back = [change for change in backwards if change["section"] == section]
        assert await changes(api, service, first, "live", query) == back
    text = json.dumps(await compared(api, service, second, first))
    assert SECRET not in text
    assert '"one"' not in text
    assert "ftp://" not in text, "places, never values"


async def test_a_name_that_came_back_in_other_letters(api: Api, service: str) -> None:
    first = await api.backup(service)
    assert (await api.delete(f"services/{service}/artifacts/bridges/b3")).status == 204
    await put(api, service, "bridges", "B3", password="three")
    second = await api.backup(service)
    (found,) = await changes(api, service, second, first)
    assert found == {
        "section": "bridges",
        "name": "B3",
        "change": "changed",
        "secretsChanged": ["/password"],
        "nameBefore": "b3",
    }


async def test_numbers_of_secrets_that_moved_are_no_change(api: Api, service: str) -> None:
    """A secret more at the beginning gives each of those behind it another index."""
    first = await api.backup(service)
    await api.put(
        f"services/{service}/artifacts/assemblies/0first",
        {"document": {"password": "x"}},
    )
    second = await api.backup(service)
    body = await compared(api, service, second, first)
    assert "bridges" not in body["identical"]
    found = await changes(api, service, second, first)
    assert found == [{"section": "assemblies", "name": "0first", "change": "added"}]


async def test_secrets_that_come_and_go_are_places_like_any_other(api: Api, service: str) -> None:
    await put(api, service, "bridges", "b4", apiSecret="x")
    first = await api.backup(service)
    await put(api, service, "bridges", "b4", otherSecret="y", password="")
    second = await api.backup(service)
    (found,) = await changes(api, service, second, first)
    assert found["pointers"] == ["/apiSecret", "/otherSecret", "/password"]
    assert "secretsChanged" not in found
    (live,) = await changes(api, service, first, "live")
    assert live["pointers"] == found["pointers"]


async def test_what_was_put_again_as_it_was_is_no_change(api: Api, service: str) -> None:
    first = await api.backup(service)
    await put(api, service, "bridges", "b1")
    second = await api.backup(service)
    assert await changes(api, service, second, first) == []
    assert await changes(api, service, first, "live") == []


async def test_an_earlier_life_of_the_service_is_compared_too(api: Api) -> None:
    name = await api.service()
    await put(api, name, "bridges", "old")
    backup = await api.backup(name)
    await api.succeeded(await api.delete(f"services/{name}"))
    reply = await api.get(f"services/{name}/backups/{backup}/changes?since=live")
    assert (reply.status, reply.code) == (404, "ServiceNotFound")
    await api.service(name, region="Elsewhere")
    await put(api, name, "bridges", "new")
    found = await changes(api, name, backup, "live")
    assert [(c["section"], c["name"], c["change"]) for c in found] == [
        ("service", "service", "changed"),
        ("bridges", "new", "removed"),
        ("bridges", "old", "added"),
    ]
    assert found[0]["pointers"] == ["/region"]


async def test_a_document_with_very_many_changes_names_a_hundred(api: Api) -> None:
    name = await api.service()
    await put(api, name, "bridges", "b", **{f"m{i:03}": 1 for i in range(150)})
    first = await api.backup(name)
    await put(api, name, "bridges", "b", **{f"m{i:03}": 2 for i in range(150)})
    second = await api.backup(name)
    (found,) = await changes(api, name, second, first)
    assert (len(found["pointers"]), found["more"]) == (100, 50)


def token(**place: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


async def test_questions_that_are_refused(api: Api, service: str) -> None:
    backup = await api.backup(service)
    path = f"services/{service}/backups/{backup}/changes"
    sides: dict[str, Any] = {"since": {}, "backup": {}}
    for query, status, code in (
        ("", 400, "InvalidRequest"),
        ("?since=", 400, "InvalidRequest"),
        ("?since=other", 404, "BackupNotFound"),
        ("?since=live&section=content", 400, "InvalidRequest"),
        ("?since=live&section=nothing", 400, "InvalidRequest"),
        ("?since=live&top=1001", 400, "InvalidRequest"),
        ("?since=live&continuation=x", 400, "InvalidRequest"),
        (f"?since=live&continuation={token(section='x', **sides)}", 400, "InvalidRequest"),
        (f"?since=live&continuation={token(section='bridges')}", 400, "InvalidRequest"),
        (
            f"?since=live&section=schemas&continuation={token(section='bridges', **sides)}",
            400,
            "InvalidRequest",
        ),
        (
            "?since=live&continuation="
            + token(section="mic-values", since={"after": "x"}, backup={}),
            400,
            "InvalidRequest",
        ),
        (
            "?since=live&continuation="
            + token(section="bridges", since={"after": "\ud800"}, backup={}),
            400,
            "InvalidRequest",
        ),
        (
            f"?since={backup}&continuation="
            + token(section="bridges", since={"line": {"skip": 7}}, backup={}),
            400,
            "InvalidRequest",
        ),
    ):
        reply = await api.get(path + query)
        assert (reply.status, reply.code) == (status, code), query
    reply = await api.get(f"services/{service}/backups/other/changes?since=live")
    assert (reply.status, reply.code) == (404, "BackupNotFound")


async def test_every_change_of_many_is_told_once(api: Api) -> None:
    name = await api.service()

    async def put_all(numbers: range, **more: Any) -> None:
        items = [
            {"section": "partners", "name": f"p{i:03}", "document": {"n": i, **more}}
            for i in numbers
        ]
        assert (await api.post(f"services/{name}/import", {"artifacts": items})).status == 200

    await put_all(range(900))
    first = await api.backup(name)
    changed = range(0, 900, 9)
    await put_all(changed, new=unique("x"))
    second = await api.backup(name)
    for since, backup in ((first, second), ("live", first)):
        path = f"services/{name}/backups/{backup}/changes?since={since}"
        for top in (1000, 30):
            found = await listed(api, path, top=top)
            assert [c["name"] for c in found] == [f"p{i:03}" for i in changed]
            assert all(c["pointers"] == ["/new"] for c in found)
