"""One record of a backup by its name, and on both sides of a comparison; secrets masked."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.app.test_changes import change_all, put
from tests.app.test_contents import SECRET, filled
from tests.support.api import Api
from tests.support.listing import listed


@pytest.fixture
async def service(api: Api) -> str:
    """A service whose records of every section are known."""
    name = await filled(api)
    for bridge in ("b1", "b2", "b3"):
        await put(api, name, "bridges", bridge)
    return name


def asked(name: str) -> str:
    return quote(name, safe="")


async def test_each_record_is_found_by_its_name(api: Api, service: str) -> None:
    await put(api, service, "bridges", "<img src=x> ä&+")
    backup = await api.backup(service)
    path = f"services/{service}/backups/{backup}/contents"
    seen = 0
    for part in (await api.get(path)).body["value"]:
        if part["name"] == "content":
            continue
        for record in await listed(api, f"{path}?section={part['name']}"):
            link = f"{path}?section={part['name']}&name={asked(record['name'])}"
            assert await listed(api, link) == [record]
            assert await listed(api, link, top=1) == [record]
            seen += 1
    assert seen > 15
    # Names of artifacts compare without regard to case; of messages, with it.
    (found,) = await listed(api, f"{path}?section=bridges&name=B1")
    assert found["name"] == "b1"
    for section, name in (
        ("bridges", "b"),
        ("bridges", "b11"),
        ("bridges", "zz"),
        ("mic-values", "A/M%2F1"),
        ("mic-values", "A"),
        ("received-control-numbers", "A/group"),
        ("service", "other"),
    ):
        assert await listed(api, f"{path}?section={section}&name={name}") == [], name


async def test_a_changed_record_is_shown_on_both_sides(api: Api, service: str) -> None:
    first = await api.backup(service)
    await change_all(api, service)
    second = await api.backup(service)

    async def held(backup: str, section: str, name: str) -> Any:
        path = f"services/{service}/backups/{backup}/contents?section={section}"
        return next(iter(await listed(api, f"{path}&name={asked(name)}")), None)

    for backup, since in ((second, first), (first, second), (first, "live")):
        path = f"services/{service}/backups/{backup}/changes?since={since}"
        every = await listed(api, path)
        assert len(every) == 8
        for change in every:
            section, name = change["section"], change["name"]
            link = f"{path}&section={section}&name={asked(name)}"
            (found,) = await listed(api, link)
            base = second if since == "live" else since
            sides = {
                "before": await held(base, section, name),
                "after": await held(backup, section, name),
            }
            assert found == {**change, **{side: one for side, one in sides.items() if one}}
            text = json.dumps(found)
            assert SECRET not in text
            assert '"one"' not in text
            assert '"two"' not in text
            assert "$secret" not in text
        assert await listed(api, f"{path}&section=bridges&name=other") == []
        assert await listed(api, f"{path}&section=mic-values&name=other") == []
        assert await listed(api, f"{path}&section=bridges&name=B0") != []
    path = f"services/{service}/backups/{second}/changes?since={first}&section=bridges"
    (kept,) = await listed(api, f"{path}&name=b2")
    assert kept["before"]["document"] == kept["after"]["document"]
    assert kept["after"]["document"]["password"] == "********"
    assert kept["secretsChanged"] == ["/password"]


async def test_questions_that_are_refused(api: Api, service: str) -> None:
    backup = await api.backup(service)
    path = f"services/{service}/backups/{backup}"
    for query in (
        "contents?name=b1",
        "contents?section=content&name=b1",
        "contents?section=bridges&name=b1&namePrefix=b",
        f"contents?section=bridges&name={'a' * 1101}",
        "changes?since=live&name=b1",
        f"changes?since=live&section=bridges&name={'a' * 1101}",
    ):
        refused = await api.get(f"{path}/{query}")
        assert (refused.status, refused.code) == (400, "InvalidRequest"), query
        assert refused.body["error"]["target"] == "name"
