"""Every recorded resource becomes a record and a resource again, member by member."""

import base64
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.model.integration_account import Child
from shared.model.wire import JsonObject, JsonValue
from shared.rules.integration_accounts.children import ARTIFACTS, CHILDREN
from shared.rules.integration_accounts.maps import misfit
from shared.rules.integration_accounts.resources import (
    ContentWanted,
    Pulled,
    goes_inline,
    left_out,
    record_of,
    resource_of,
)
from shared.rules.integration_accounts.session_names import Agreements
from shared.rules.integration_accounts.sessions import (
    GeneratedNumber,
    OtherSession,
    ReceivedNumberSeen,
    read,
)
from tests.rules.integration_accounts.recorded import Recorded, recorded

WITH_LINK = (Child.SCHEMAS, Child.MAPS, Child.ASSEMBLIES)


@pytest.fixture
def resources(corpus: Path) -> list[Recorded]:
    folder = corpus / "integration_account" / "arm"
    if not folder.is_dir():
        pytest.skip(f"the corpus has no {folder}")
    return list(recorded(folder))


def children(resources: list[Recorded]) -> Iterator[tuple[Child, Recorded, Pulled]]:
    for one in resources:
        if one.child is not None:
            yield one.child, one, record_of(one.child, one.resource)


def as_sent(child: Child, one: Recorded) -> JsonObject:
    """What a PUT has of a recorded resource: all but times, and what ARM adds to a vault."""
    kept: JsonObject = {
        key: value
        for key, value in one.properties.items()
        if key not in ("createdTime", "changedTime", "contentLink")
    }
    if child is Child.CERTIFICATES and "key" in kept:
        key: JsonValue = json.loads(json.dumps(kept["key"]))
        assert isinstance(key, dict)
        assert isinstance(key["keyVault"], dict)
        key["keyVault"] = {"id": key["keyVault"]["id"]}
        kept["key"] = key
    return kept


def test_all_kinds_are_recorded(resources: list[Recorded]) -> None:
    assert len(resources) == 169
    kinds = Counter(one.child for one in resources)
    assert set(Child) <= set(kinds)


def test_a_record_has_every_member_of_its_resource(resources: list[Recorded]) -> None:
    for child, one, pulled in children(resources):
        expected = {
            key: value
            for key, value in one.properties.items()
            if key not in ("createdTime", "changedTime", "contentLink")
        }
        if child is Child.SESSIONS:
            created = {"createdTime": one.properties["createdTime"]}
            expected = {"content": one.properties["content"], "properties": created}
        if isinstance(pulled.content, bytes):
            assert base64.b64encode(pulled.content).decode() == expected.pop("publicCertificate")
        assert pulled.document == expected
        assert list(pulled.document) == list(expected)  # in the order in which they came
        assert pulled.name == one.resource["name"]
        assert pulled.changed_time == one.properties.get("changedTime", "")
        assert pulled.section == CHILDREN[child].section


def test_content_is_wanted_with_its_size_and_hash(resources: list[Recorded]) -> None:
    for child, one, pulled in children(resources):
        if child in WITH_LINK:
            assert isinstance(pulled.content, ContentWanted)
            assert one.content is not None
            assert pulled.content.size == len(one.content)
            assert pulled.content.md5
        elif child is not Child.CERTIFICATES:
            assert pulled.content is None


def test_no_link_is_in_a_record_or_in_what_is_shown_of_it(resources: list[Recorded]) -> None:
    for _, _, pulled in children(resources):
        assert "content.invalid" not in json.dumps(pulled.document)
        assert "content.invalid" not in repr(pulled)


def test_a_record_becomes_its_resource_again(resources: list[Recorded]) -> None:
    for child, one, pulled in children(resources):
        content = pulled.content if isinstance(pulled.content, bytes) else one.content
        inline = content is not None and goes_inline(child, content)
        body = resource_of(
            child,
            pulled.name,
            pulled.document,
            content,
            link="" if inline or content is None else "https://backup.invalid/blob",
        )
        assert set(body) == {"properties"}
        assert left_out(child, pulled.document) == ()
        properties = body["properties"]
        assert isinstance(properties, dict)
        if child in WITH_LINK:
            assert properties.pop("contentType") == one.content_type
            _holds(child, properties, one.content, inline)
        assert properties == as_sent(child, one)


def _holds(child: Child, properties: JsonObject, content: bytes | None, inline: bool) -> None:
    if not inline:
        assert properties.pop("contentLink") == {"uri": "https://backup.invalid/blob"}
        return
    sent = properties.pop("content")
    assert isinstance(sent, str)
    binary = child is Child.ASSEMBLIES
    assert (base64.b64decode(sent) if binary else sent.encode()) == content


def test_recorded_maps_have_the_type_that_fits(resources: list[Recorded]) -> None:
    for child, one, pulled in children(resources):
        if child is Child.MAPS:
            assert one.content is not None
            assert misfit(pulled.document, one.content) == ""
            untyped = {key: value for key, value in pulled.document.items() if key != "mapType"}
            sent = resource_of(child, pulled.name, untyped, one.content, link="https://x.invalid")
            said = pulled.document["mapType"]
            properties = sent["properties"]
            assert isinstance(properties, dict)
            assert isinstance(said, str)
            assert str(properties["mapType"]).lower() == said.lower()


def test_recorded_sessions_are_read(resources: list[Recorded]) -> None:
    sessions = [pulled for child, _, pulled in children(resources) if child is Child.SESSIONS]
    agreements = Agreements(
        {name.removeprefix("X12-ICN-").removeprefix("Edifact-ICN-") for name in _stems(sessions)}
    )
    found = [
        read(one.name, one.document["content"], one.changed_time, agreements) for one in sessions
    ]
    kinds = Counter(type(one) for one in found)
    assert kinds == {GeneratedNumber: 15, ReceivedNumberSeen: 14, OtherSession: 3}
    for one in found:
        if isinstance(one, GeneratedNumber):
            assert one.value in (256, 1000, 1100, 1234)
            assert one.changed_time.startswith("2017-")
        if isinstance(one, ReceivedNumberSeen):
            assert one.value == "1000"


def _stems(sessions: list[Pulled]) -> Iterator[str]:
    for one in sessions:
        if one.name.startswith(("X12-", "Edifact-")):
            yield one.name.rpartition("-")[0]
        elif one.name.endswith("-ICN"):
            yield one.name.removesuffix("-ICN")


def test_every_kind_but_sessions_is_an_artifact() -> None:
    assert {*ARTIFACTS, Child.SESSIONS} == set(Child) == set(CHILDREN)
