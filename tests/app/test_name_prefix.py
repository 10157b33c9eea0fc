"""Lists of artifacts, and of the records of backups, by what their names begin with."""

from typing import Any
from urllib.parse import quote

import pytest

from shared.model.sections import SECTIONS, Section
from tests.support.api import Api, nobodys, unique, x12_document

LONG = "ü" * 70
"""Its key is longer than a key may be, and ends in a hash."""

NAMES = (
    "Order",
    "order 1",
    "Order-2",
    "orders",
    "ORDERS=eu",
    "Ordet",
    "ordeq",
    "Ähre",
    "ähnlich",
    "Z",
    "z.1",
    "0",
    f"{LONG}a",
    f"{LONG}b",
    f"{LONG[:60]}c",
)
PREFIXES = (
    "order", "ORDER", "order ", "orders", "Order-2", "o", "ord", "ä", "Ä", "z", "Z.", "0",
    "zz", "=", "~", "!", LONG, LONG.upper(), f"{LONG}b", LONG[:50], "order's", "%",
)  # fmt: skip


@pytest.fixture(scope="module")
def made() -> list[tuple[str, str]]:
    """What ``filled`` made; by the first test."""
    return []


@pytest.fixture
async def filled(api: Api, made: list[tuple[str, str]]) -> tuple[str, str]:
    """A service with many names, and a backup of it."""
    if made:
        return made[0]
    service = await api.service()
    artifacts = [{"section": "templates", "name": name, "document": {}} for name in NAMES]
    done = await api.post(f"services/{service}/import", {"artifacts": artifacts})
    assert done.status == 200, done.body
    for section in ("schemas", "transforms"):  # its neighbours in the table
        await api.put(f"services/{service}/artifacts/{section}/orders", {"document": {}})
    made.append((service, await api.backup(service)))
    return made[0]


async def listed(api: Api, link: str) -> list[str]:
    """The names of a list, page after page."""
    found: list[str] = []
    while link:
        page = (await api.get(link)).body
        found += [one["name"] for one in page["value"]]
        link = page.get("nextLink", "")
    return found


@pytest.mark.parametrize("prefix", PREFIXES, ids=ascii)
async def test_names_that_begin_so(api: Api, filled: tuple[str, str], prefix: str) -> None:
    service, backup = filled
    wanted = [name for name in NAMES if name.lower().startswith(prefix.lower())]
    for path in (
        f"services/{service}/artifacts/templates?",
        f"services/{service}/backups/{backup}/contents?section=templates&",
    ):
        whole = await listed(api, path)
        asked = f"{path}namePrefix={quote(prefix, safe='')}"
        for top in (1, 2, 1000):
            found = await listed(api, f"{asked}&top={top}")
            assert found == [name for name in whole if name in wanted], f"{asked} {top}"


async def test_what_is_no_prefix(api: Api, filled: tuple[str, str]) -> None:
    service, backup = filled
    contents = f"services/{service}/backups/{backup}/contents"
    for path in (
        f"services/{service}/artifacts/templates?namePrefix={'a' * 81}",
        f"{contents}?section=templates&namePrefix={'a' * 81}",
        f"{contents}?namePrefix=a",
        f"{contents}?section=content&namePrefix=a",
    ):
        refused = await api.get(path)
        assert (refused.status, refused.code) == (400, "InvalidRequest"), path
        assert refused.body["error"]["target"] == "namePrefix"


async def test_services_whose_names_begin_so(api: Api) -> None:
    stem = "".join(chr(ord("a") + int(digit)) for digit in unique("0")[2:] if digit.isdigit())
    made = [f"p{stem}-{end}" for end in ("east", "West", "we", "north")]
    for name in made:
        await api.service(name, edition="Standard" if name.endswith("we") else "Basic")
    whole = [name for name in await listed(api, "services") if name in made]
    assert sorted(whole) == sorted(made)
    for prefix in ("e", "w", "WE", "west", "n", "zz", "", "%", "west-x"):
        begins = f"p{stem}-{prefix}"
        wanted = [name for name in whole if name.lower().startswith(begins.lower())]
        for top in (1, 2, 1000):
            asked = f"services?namePrefix={quote(begins, safe='')}&top={top}"
            assert await listed(api, asked) == wanted, asked
    both = f"services?namePrefix=p{stem}-w&edition=Standard&top=1"
    assert await listed(api, both) == [f"p{stem}-we"]
    refused = await api.get(f"services?namePrefix={'a' * 81}")
    assert (refused.status, refused.code) == (400, "InvalidRequest")


async def test_records_that_are_no_artifacts(api: Api) -> None:
    service = await api.service()
    await api.agreement(service, "Alpha", nobodys(x12_document()))
    await api.agreement(service, "beta", nobodys(x12_document()))
    for agreement, value in (("Alpha", 7), ("beta", 8), ("Alpha", 9)):
        path = f"services/{service}/received-control-numbers/{agreement}"
        body = {"kind": "group", "value": value, "validityDays": 30, "messageId": "m"}
        assert (await api.post(path, body)).status == 200
    path = f"services/{service}/backups/{await api.backup(service)}/contents"
    link = f"{path}?section=received-control-numbers&top=1"
    whole = await listed(api, link)
    assert len(whole) == 3
    assert await listed(api, f"{link}&namePrefix=ALPHA/") == [
        name for name in whole if name.startswith("Alpha/")
    ]


async def test_the_sections_of_a_service(api: Api) -> None:
    service = await api.service(edition="Standard", unitCount=2)
    path = f"services/{service}/artifacts"

    async def sections() -> Any:
        found = (await api.get(path)).body["value"]
        assert [one["section"] for one in found] == list(Section)
        return {one.pop("section"): one for one in found}

    for section, shown in (await sections()).items():
        facts = SECTIONS[Section(section)]
        assert (shown["count"], shown["hasContent"], shown["backedUp"]) == (
            0,
            facts.content,
            facts.backed_up,
        )
    first = await api.get(path)
    await api.agreement(service, "A")
    await api.put(f"{path}/schemas/s", {"document": {}})
    again = await api.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status == 200
    held = await sections()
    assert {name: one["count"] for name, one in held.items() if one["count"]} == {
        "agreements": 1,
        "partners": 2,
        "schemas": 1,
    }
    quota = (await api.get(f"services/{service}")).body["quota"]
    limits = {name: one["limit"] for name, one in held.items() if "limit" in one}
    assert limits == {name: one["limit"] for name, one in quota.items()}
    assert (await api.delete(f"{path}/schemas/s")).status == 204
    assert (await sections())["schemas"]["count"] == 0
    same = await api.get(path)
    unchanged = await api.get(path, headers={"If-None-Match": same.headers["ETag"]})
    assert unchanged.status == 304
    assert (await api.get("services/none-there/artifacts")).code == "ServiceNotFound"
