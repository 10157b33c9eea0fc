"""The docs page: every route, right examples, nothing from elsewhere, no script."""

import base64
import hashlib
import json
import re
import shlex
from itertools import pairwise
from urllib.parse import parse_qsl, urlsplit

import pytest
from lxml import html

from shared.model.problem import Code
from shared.web.api.answers import examples
from shared.web.api.document import document
from shared.web.api.error_codes import codes
from shared.web.api.examples import PARAMETERS
from shared.web.api.page.page import page
from shared.web.http.route import Route
from tests.support.api import Api
from tests.support.declared import SHOWN


async def test_it_needs_no_key_and_allows_one_stylesheet(api: Api) -> None:
    got = await api.get("docs", key="")
    assert got.status == 200
    assert got.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = got.headers["Content-Security-Policy"]
    tree = html.fromstring(got.content)
    (style,) = tree.xpath("//style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    assert not tree.xpath("//script | //link | //img | //iframe | //form | //@style | //@src")
    assert not [name for name in tree.xpath("//@*") if str(name).startswith("javascript")]
    targets = tree.xpath("//@href")
    assert [one for one in targets if not one.startswith("#")] == ["openapi.json"]
    assert "url(" not in style.text
    assert "@import" not in style.text


async def test_it_is_not_sent_twice(api: Api) -> None:
    first = await api.get("docs", key="")
    again = await api.get("docs", key="", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.content) == (304, b"")


async def test_every_route_is_on_it_with_a_command(api: Api) -> None:
    tree = html.fromstring((await api.get("docs", key="")).content)
    assert {one.get("id") for one in tree.xpath("//article")} == {one.name for one in SHOWN}
    for declared in SHOWN:
        (article,) = tree.xpath(f"//article[@id='{declared.name}']")
        command = shlex.split(
            article.xpath(".//pre[last()]")[0].text_content().replace("\\\n", " ")
        )
        method = command[command.index("-X") + 1] if "-X" in command else "GET"
        assert method == declared.method
        (address,) = [one for one in command if one.startswith("http")]
        assert address.startswith(f"{api.base_url}/api/")
        assert "{" not in address
        assert dict(parse_qsl(urlsplit(address).query)) == declared.needs
        given = [command[at + 1] for at, one in enumerate(command) if one == "-d"]
        if declared.body is not None:
            assert json.loads(given[0]) == declared.example


async def test_it_is_built_for_readers_and_for_those_who_listen(api: Api) -> None:
    tree = html.fromstring((await api.get("docs", key="")).content)
    assert tree.get("lang") == "en"
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    for target in tree.xpath("//@href[starts-with(., '#')]"):
        assert target[1:] in ids
    for named in tree.xpath("//@aria-labelledby"):
        assert named in ids
    levels = [int(one.tag[1]) for one in tree.xpath("//h1 | //h2 | //h3 | //h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - former <= 1 for former, later in pairwise(levels))
    assert tree.xpath("//main")
    assert tree.xpath("//nav[@aria-label]")
    assert not tree.xpath("//table[not(.//th[@scope])]")
    assert tree.xpath("//meta[@name='viewport']")
    labels = tree.xpath("//@aria-label")
    assert len(labels) == len(set(labels))
    assert not tree.xpath("//*[@tabindex='0'][not(@aria-label)]")


async def test_every_answer_and_every_error_is_on_it(api: Api) -> None:
    tree = html.fromstring((await api.get("docs", key="")).content)
    for declared in SHOWN:
        (article,) = tree.xpath(f"//article[@id='{declared.name}']")
        shown = [one.text_content() for one in article.xpath(".//details//pre")]
        known = [
            value
            for status in declared.answers
            for value in examples(declared.name, status).values()
        ]
        assert [json.loads(one) if one[0] == "{" else one for one in shown] == known
        linked = article.xpath(".//ul//a[starts-with(@href, '#error-')]/text()")
        assert set(linked) == {
            str(code) for code in codes(declared) if code.status not in declared.answers
        }
    assert {one.text for one in tree.xpath("//dt/code")} == {str(code) for code in Code}


@pytest.mark.parametrize(
    "declared", [one for one in SHOWN if one.body is not None], ids=lambda one: one.name
)
def test_an_example_fits_its_route(declared: Route) -> None:
    assert declared.body is not None
    declared.body.model_validate(declared.example)


def test_there_is_a_value_for_every_parameter() -> None:
    assert {name for one in SHOWN for name in re.findall(r"{(\w+)}", one.path)} == set(PARAMETERS)


def test_what_a_host_header_holds_is_text() -> None:
    shown = page(document(), "https://<script>alert(1)</script>/api").decode()
    assert "<script>" not in shown
