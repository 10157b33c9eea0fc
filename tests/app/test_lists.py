"""What every list has in common: its pages, and the places that they begin at."""

import base64

import pytest

from shared.http.route import ROUTES
from tests.api import Api
from tests.architecture.test_functions import DOORS

LISTS = sorted(r.path for r in ROUTES if "continuation" in r.query and DOORS)

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
        names |= {"service": service, "section": "partners", "backup": await api.backup(service)}
    query = {"contents": "section=partners&", "changes": "since=live&section=partners&"}
    return f"{path.format(**names)}?{query.get(path.rpartition('/')[2], '')}"


@pytest.mark.parametrize("path", LISTS)
async def test_a_continuation_that_no_link_held(api: Api, names: dict[str, str], path: str) -> None:
    link = await address(api, names, path)
    others = OF_ANOTHER.get(path.rpartition("/")[2], ())
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
