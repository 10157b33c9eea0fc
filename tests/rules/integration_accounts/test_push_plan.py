"""What a push does with each artifact: existing times extra, and what counts as the same."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.integration_account import Child
from shared.model.push import Action, Existing, Extra
from shared.model.wire import JsonObject, JsonValue
from shared.rules.integration_accounts.children import ARTIFACTS
from shared.rules.integration_accounts.findings import ORDER
from shared.rules.integration_accounts.push_plan import (
    DELETE_ORDER,
    Content,
    Seen,
    action_of,
    content_of,
    differences,
    fingerprint,
    is_same,
    is_same_content,
    needs_bytes,
    seconds_of,
    seen,
    seen_in_account,
)
from shared.rules.integration_accounts.resources import record_of, resource_of
from tests.rules.integration_accounts.recorded import link, recorded

A = Seen(Child.PARTNERS, "Northwind", "a", None)
B = Seen(Child.PARTNERS, "northwind", "b", None)
REFUSE, KEEP, REPLACE = Existing.REFUSE, Existing.KEEP, Existing.REPLACE
CREATE, SAME, STAYS, DELETE = Action.CREATE, Action.SAME, Action.KEEP, Action.DELETE


@pytest.mark.parametrize("extra", Extra)
@pytest.mark.parametrize(
    ("existing", "otherwise"),
    [(REFUSE, Action.REFUSE), (KEEP, STAYS), (REPLACE, Action.REPLACE)],
)
@pytest.mark.parametrize("chosen", [True, False])
def test_existing_times_extra(
    existing: Existing, extra: Extra, otherwise: Action, chosen: bool
) -> None:
    def act(record: Seen | None, target: Seen | None) -> Action | None:
        return action_of(record, target, existing, extra, chosen=chosen)

    deleted = DELETE if extra is Extra.DELETE and chosen else STAYS
    assert act(None, None) is None
    assert act(None, A) is deleted
    assert act(A, None) is (CREATE if chosen else None)
    assert act(A, A) is (SAME if chosen else STAYS)
    assert act(A, B) is (otherwise if chosen else STAYS)


def test_what_is_named_is_written_before_what_names_it_and_deleted_after() -> None:
    assert set(ORDER) == set(ARTIFACTS)
    for first, then in [
        (Child.PARTNERS, Child.AGREEMENTS),
        (Child.CERTIFICATES, Child.AGREEMENTS),
        (Child.SCHEMAS, Child.AGREEMENTS),
        (Child.ASSEMBLIES, Child.MAPS),
        (Child.AGREEMENTS, Child.BATCH_CONFIGURATIONS),
    ]:
        assert ORDER.index(first) < ORDER.index(then)
        assert DELETE_ORDER.index(first) > DELETE_ORDER.index(then)
    assert set(DELETE_ORDER) == set(ARTIFACTS)


@pytest.mark.parametrize(
    ("document", "other", "same"),
    [
        ({"partnerType": "B2B", "content": {"b2b": {"x": 1}}}, None, True),
        ({"PartnerType": "b2b", "Content": {"B2B": {"X": 1.0}}}, None, True),
        ({"content": {"b2b": {"x": 1, "y": None}}, "partnerType": "B2B"}, None, True),
        ({"partnerType": "B2B", "content": {"b2b": {"x": 1}}, "unknown": 1}, None, True),
        ({"partnerType": "B2B", "content": {"b2b": {"x": True}}}, None, False),
        ({"partnerType": "B2B", "content": {"b2b": {"x": "1"}}}, None, False),
        ({"partnerType": "B2B", "content": {"b2b": {"x": 2}}}, None, False),
        ({"partnerType": "B2B", "content": {"b2b": {}}}, None, False),
        ({"partnerType": "B2B", "content": {"b2b": {"x": 1}}, "metadata": {"a": 1}}, None, False),
    ],
)
def test_documents_that_differ_in_spelling_alone_are_the_same(
    document: JsonObject, other: JsonObject | None, same: bool
) -> None:
    first: JsonObject = other or {"partnerType": "B2B", "content": {"b2b": {"x": 1}}}
    one, two = (fingerprint(Child.PARTNERS, each) for each in (first, document))
    assert (one == two) is same


def test_tags_count_and_the_location_does_not() -> None:
    plain: JsonObject = {"partnerType": "B2B"}
    west: JsonObject = {**plain, "$resource": {"location": "westus"}}
    tagged: JsonObject = {**plain, "$resource": {"tags": {"team": "b2b"}}}
    untagged: JsonObject = {**plain, "$resource": {"tags": {}}}
    found = [fingerprint(Child.PARTNERS, one) for one in (plain, west, untagged, tagged)]
    assert found[0] == found[1] == found[2] != found[3]


def test_values_other_than_words_of_a_list_and_ids_compare_with_their_case() -> None:
    def of(name: str, vault: str) -> str:
        key: JsonObject = {"keyName": name, "keyVault": {"id": vault, "name": "derived"}}
        return fingerprint(Child.CERTIFICATES, {"key": key})

    assert of("k", "/subscriptions/A") == of("k", "/SUBSCRIPTIONS/a")
    assert of("k", "/subscriptions/a") != of("K", "/subscriptions/a")


def test_a_map_without_a_type_is_compared_with_the_one_that_is_written() -> None:
    there = fingerprint(Child.MAPS, {"mapType": "Xslt20"})
    assert fingerprint(Child.MAPS, {}, map_type="Xslt20") == there
    assert fingerprint(Child.MAPS, {"mapType": "Xslt"}, map_type="Xslt20") != there
    assert fingerprint(Child.MAPS, {}) != there


def test_content_types_are_never_answered_and_so_never_compared() -> None:
    one = fingerprint(Child.SCHEMAS, {"schemaType": "Xml", "contentType": "application/xml"})
    assert one == fingerprint(Child.SCHEMAS, {"schemaType": "xml"})


def test_content_that_is_kept_beside_the_document_is_compared_there() -> None:
    inline: JsonObject = {"schemaType": "Xml", "content": "<a/>"}
    bare: JsonObject = {"schemaType": "Xml"}
    for has_content in (True, False):
        one, two = (fingerprint(Child.SCHEMAS, d, has_content=has_content) for d in (inline, bare))
        assert (one == two) is has_content


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (None, None, True),
        (Content(1, "x"), None, False),
        (Content(1, ""), Content(2, ""), False),
        (Content(1, "x"), Content(2, "x"), False),
        (Content(1, "x"), Content(1, "x"), True),
        (Content(1, "x"), Content(1, "y"), False),
        (Content(None, "x"), Content(1, "x"), True),
        (Content(1, "x"), Content(1, ""), None),
        (Content(None, ""), Content(None, ""), None),
    ],
)
def test_contents_compare_by_size_and_md5(
    one: Content | None, other: Content | None, same: bool | None
) -> None:
    assert is_same_content(one, other) is same
    assert is_same_content(other, one) is same


def test_bytes_are_fetched_only_where_nothing_else_tells() -> None:
    def schema(content: Content | None, fingerprint: str = "a") -> Seen:
        return Seen(Child.SCHEMAS, "Order", fingerprint, content)

    unknown, known = schema(Content(3, "")), schema(Content(3, "x"))
    assert needs_bytes(known, unknown)
    assert not needs_bytes(known, known)
    assert not needs_bytes(known, schema(Content(4, "")))
    assert not needs_bytes(known, schema(Content(3, ""), "b"))
    assert not needs_bytes(known, None)
    assert action_of(known, unknown, REPLACE, Extra.KEEP) is Action.REPLACE


def test_every_recorded_resource_is_the_same_after_it_was_pushed_elsewhere(corpus: Path) -> None:
    folder = corpus / "integration_account" / "arm"
    if not folder.is_dir():
        pytest.skip(f"the corpus has no {folder}")
    count = 0
    for one in recorded(folder):
        if one.child is None or one.child is Child.SESSIONS:
            continue
        pulled = record_of(one.child, one.resource)
        own = seen_in_account(pulled)
        data = one.content
        content = pulled.content if isinstance(pulled.content, bytes) else data
        place = "https://content.invalid/blob" if data is not None else ""
        body = resource_of(one.child, pulled.name, pulled.document, content, link=place)
        answered = _answered(body, pulled.name.upper(), data)
        there = seen_in_account(record_of(one.child, answered))
        assert action_of(own, there, REFUSE, Extra.KEEP) is SAME
        assert differences(one.child, body, _shouted(one.resource)) == ()
        count += 1
    assert count > 100


def _answered(body: JsonObject, name: str, data: bytes | None) -> JsonObject:
    """A body as it comes back, its content behind a link that the account made."""
    if data is None:
        return {**body, "name": name}
    found = body["properties"]
    assert isinstance(found, dict)
    return {"name": name, **body, "properties": {**found, "contentLink": link(data)}}


def _shouted(resource: JsonObject) -> JsonObject:
    """As an account that spells members otherwise answers it, with a member of its own."""

    def shouted(value: JsonValue) -> JsonValue:
        if isinstance(value, dict):
            return {key.upper(): shouted(inner) for key, inner in value.items()}
        return [shouted(one) for one in value] if isinstance(value, list) else value

    found = shouted({"properties": resource["properties"], "tags": resource.get("tags", {})})
    assert isinstance(found, dict)
    return {**found, "addedByTheAccount": 1}


WANTED: JsonObject = {
    "location": "westeurope",
    "tags": {"team": "b2b"},
    "properties": {
        "mapType": "Xslt",
        "content": "<a/>",
        "contentType": "application/xml",
        "metadata": {"list": [1, {"x": "y"}], "none": None},
    },
}


def test_where_a_resource_is_not_as_it_was_written() -> None:
    def answered(metadata: JsonValue, **members: JsonValue) -> JsonObject:
        return {"properties": {"maptype": "XSLT", "metadata": metadata}, "tags": {}, **members}

    there = answered({"list": [1, {"X": "z"}]})
    assert differences(Child.MAPS, WANTED, there) == (
        "/properties/metadata/list/1/x",
        "/tags/team",
    )
    there = answered({"list": [1]}, tags={"team": "b2b"})
    assert differences(Child.MAPS, WANTED, there) == ("/properties/metadata/list",)
    there = answered("text", tags={"team": "b2b"})
    assert differences(Child.MAPS, WANTED, there) == ("/properties/metadata",)
    assert differences(Child.MAPS, WANTED, {}) == ("/properties", "/tags")


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_bytes_are_the_same_by_what_is_known_of_them(one: bytes, other: bytes) -> None:
    assert is_same_content(content_of(one), content_of(other)) is (one == other)


def test_the_service_and_the_account_agree_on_a_certificate() -> None:
    pulled = record_of(
        Child.CERTIFICATES, {"name": "c", "properties": {"publicCertificate": "AAEC"}}
    )
    own = seen(Child.CERTIFICATES, "c", {}, content_of(b"\x00\x01\x02"))
    assert seen_in_account(pulled) == own


def test_how_long_writes_take() -> None:
    assert (seconds_of(0), seconds_of(1), seconds_of(1_200)) == (0, 3, 3_600)


def test_what_the_account_reads_out_of_content_is_no_difference() -> None:
    content = Content(3, "x")
    bare = seen(Child.SCHEMAS, "Order", {"schemaType": "Xml"}, content)
    named = {"schemaType": "Xml", "targetNamespace": "http://contoso.example", "DocumentName": "O"}
    there = seen(Child.SCHEMAS, "Order", named, content)
    assert is_same(bare, there)
    assert is_same(there, there)
    assert not is_same(there, bare), "the service says which namespace it is"
    other = seen(Child.SCHEMAS, "Order", {**named, "DocumentName": "P"}, content)
    assert not is_same(there, other)
    assert not is_same(bare, seen(Child.SCHEMAS, "Order", {**named, "schemaType": "No"}, content))
