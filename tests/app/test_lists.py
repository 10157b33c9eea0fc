"""What every list has in common: its pages, and the places that they begin at."""

import base64
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.api import Api
from tests.support.declared import SHOWN

LISTS = sorted(r.path for r in SHOWN if "continuation" in r.query)

OF_NO_LIST = ("\0", "a/b", " a", "t!/x", "x" * 3000)
"""Texts that are the place of nothing in any list."""

_IN_TIME = ("!", "a", "t!", "t!1!x", "i!00000000000001!x", "r!x", "n!backup")
OF_ANOTHER = {
    "services": ("!", "é'", "a", "a--bcdef", "t!00000000000001!x"),
    "operations": _IN_TIME,
    "backups": _IN_TIME,
    "changes": (
        "a",
        "{}",
        '{"section": "partners", "since": {"after": "\\ud800"}, "backup": {}}',
        '{"section": "partners", "since": {}, "backup": {"line": {"member": 7}}}',
        '{"section": "a/b", "since": {}, "backup": {}}',
    ),
    "contents": ("a", "[1]", "null", '{"member": -1}', '{"etag": "a\\nb"}', '{"n": 1}'),
}
"""By the list's last word: what is no place in this one. Those of the others are names."""


def token(place: str) -> str:
    """A place as nextLink carries it."""
    return base64.urlsafe_b64encode(place.encode()).decode()


@pytest.fixture(scope="module")
def names() -> dict[str, str]:
    """What the lists are of; made by the first test."""
    return {}


async def address(api: Api, names: dict[str, str], path: str) -> str:
    if not names:
        service = await api.service()
        await api.agreement(service, "A")
        backup = await api.backup(service)
        names |= {"service": service, "section": "partners", "backup": backup}
        names |= {"account": "offsite"}
    query = {"contents": "section=partners&", "changes": "since=live&section=partners&"}
    return f"{path.format(**names)}?{query.get(last_word(path), '')}"


def last_word(path: str) -> str:
    """What a list is of; what pulls found changed in an account is in the order of time."""
    return "operations" if path.endswith("-account/changes") else path.rpartition("/")[2]


@pytest.mark.parametrize("path", LISTS)
async def test_a_continuation_that_no_link_held(api: Api, names: dict[str, str], path: str) -> None:
    link = await address(api, names, path)
    others = OF_ANOTHER.get(last_word(path), ())
    wrong = [token(place) for place in (*OF_NO_LIST, *others)]
    for continuation in (*wrong, "a", "%3D", "YQ", "%C3%A4"):
        refused = await api.get(f"{link}continuation={continuation}")
        assert (refused.status, refused.code) == (400, "InvalidRequest"), continuation
        assert refused.body["error"]["target"] == "continuation"


@pytest.mark.parametrize("path", LISTS)
async def test_the_pages_of_a_list_are_the_list(api: Api, names: dict[str, str], path: str) -> None:
    link = await address(api, names, path)
    whole = (await api.get(link + "top=1000")).body["value"]
    found = []
    link += "top=1"
    while link:
        page = (await api.get(link)).body
        assert len(page["value"]) <= 1
        found += page["value"]
        link = page.get("nextLink", "")
    assert found == whole


async def test_a_next_link_keeps_version_and_filters(api: Api, names: dict[str, str]) -> None:
    link = await address(api, names, "services/{service}/operations")
    asked = "api-version=2026-11-01&status=succeeded&operation=CreateBizTalkService"
    await api.post(f"services/{names['service']}/restart")
    one = (await api.get(f"{link}{asked}&top=1")).body
    assert "nextLink" not in one, "one of the operations has that name"
    page = (await api.get(f"{link}api-version=2026-11-01&status=succeeded&top=1")).body
    query = parse_qs(urlsplit(page["nextLink"]).query)
    assert (query["api-version"], query["status"]) == (["2026-11-01"], ["succeeded"])


@pytest.mark.parametrize(
    ("path", "filters"),
    [
        ("services", ("state", "edition")),
        ("services/{service}/operations", ("operation", "status")),
        ("operations", ("operation", "status")),
        ("services/{service}/backups", ("status", "trigger")),
    ],
)
async def test_a_filter_takes_what_there_is(
    api: Api, names: dict[str, str], path: str, filters: tuple[str, ...]
) -> None:
    link = await address(api, names, path)
    shown = (await api.get(link)).body["value"]
    for name in filters:
        refused = await api.get(f"{link}{name}=Nonsense")
        assert (refused.status, refused.code) == (400, "InvalidRequest")
        assert refused.body["error"]["target"] == name
        value = shown[0][name]
        assert value in refused.body["error"]["message"], "it lists what there is"
        found = (await api.get(f"{link}{name}={value.upper()}")).body["value"]
        assert shown[0] in found
        assert {one[name] for one in found} == {value}
