"""Resources of an account as records, and records as bodies of PUTs."""

import base64
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.integration_account import Child
from shared.model.problem import Code, Problem
from shared.model.wire import JsonObject
from shared.rules.acceptable import require_acceptable
from shared.rules.integration_accounts.children import ARTIFACTS, BY_SECTION, CHILDREN
from shared.rules.integration_accounts.resources import (
    RESOURCE,
    ContentWanted,
    left_out,
    name_of,
    record_of,
    resource_of,
)
from tests.rules.integration_accounts.made import DER, ID, resource, sent
from tests.rules.integration_accounts.recorded import link


def test_every_section_belongs_to_one_kind() -> None:
    assert len(BY_SECTION) == len(CHILDREN)
    assert BY_SECTION["transforms"] is Child.MAPS
    assert CHILDREN[Child.ROSETTANET_PROCESSES].api_version == "2016-06-01"


def test_times_and_ids_are_no_document_and_tags_stay() -> None:
    pulled = record_of(
        Child.PARTNERS,
        resource(
            Child.PARTNERS,
            {
                "CreatedTime": "2017-02-28T19:10:44.0401565Z",
                "changedTime": "2017-02-28T19:10:44.0402131Z",
                "partnerType": "B2B",
                "unheardOf": {"a": [1.0, None]},
            },
            tags={"team": "edi"},
            location="westeurope",
            etag='"0x1"',
        ),
    )
    assert pulled.document == {
        "partnerType": "B2B",
        "unheardOf": {"a": [1.0, None]},
        RESOURCE: {"tags": {"team": "edi"}, "location": "westeurope"},
    }
    assert pulled.changed_time == "2017-02-28T19:10:44.0402131Z"
    assert pulled.etag == '"0x1"'


def test_nothing_beside_properties_leaves_no_reserved_member() -> None:
    pulled = record_of(Child.PARTNERS, resource(Child.PARTNERS, {"partnerType": "B2B"}))
    assert RESOURCE not in pulled.document


def test_a_body_has_what_can_be_written_alone_and_the_rest_is_told() -> None:
    document: JsonObject = {
        "partnerType": "B2B",
        "Content": {"b2B": {"businessIdentities": []}},
        "unheardOf": 1,
        RESOURCE: {"tags": {"team": "edi"}, "location": "westeurope", "systemData": {}},
    }
    body = resource_of(Child.PARTNERS, "One", document)
    assert body == {
        "tags": {"team": "edi"},
        "location": "westeurope",
        "properties": {
            "partnerType": "B2B",
            "Content": {"b2B": {"businessIdentities": []}},
        },
    }
    assert left_out(Child.PARTNERS, document) == ("/$resource/systemData", "/unheardOf")


def test_a_document_of_an_account_can_be_put_by_a_caller() -> None:
    pulled = record_of(Child.PARTNERS, resource(Child.PARTNERS, {"partnerType": "B2B"}, tags={}))
    assert pulled.document[RESOURCE] == {"tags": {}}
    require_acceptable(pulled.document)


@pytest.mark.parametrize(
    ("properties", "target"),
    [
        ({"$resource": {"tags": {}}}, "/$resource"),
        ({"content": {"a": [{"$sealed": "x"}]}}, "/content/a/0/$sealed"),
        ({"metadata": {"$secret": 1}}, "/metadata/$secret"),
    ],
)
def test_reserved_members_of_an_account_are_refused_by_name(
    properties: JsonObject, target: str
) -> None:
    with pytest.raises(Problem) as refused:
        record_of(Child.AGREEMENTS, resource(Child.AGREEMENTS, properties))
    assert refused.value.code is Code.RESERVED_MEMBER
    assert refused.value.target == target
    assert "'One' of the account's agreements" in refused.value.message


def test_the_reserved_member_collides_at_its_own_place_alone() -> None:
    inside: JsonObject = {"metadata": {"$resource": 1}}
    assert record_of(Child.PARTNERS, resource(Child.PARTNERS, inside)).document == inside


def test_a_session_is_taken_whole_whatever_it_holds() -> None:
    odd: JsonObject = {
        "createdTime": "2017-04-27T18:49:39.3355348Z",
        "changedTime": "2017-04-27T18:49:40.2157679Z",
        "Content": {"$sealed": "\u00e9", "$resource": 1},
        "unheardOf": None,
    }
    pulled = record_of(Child.SESSIONS, resource(Child.SESSIONS, odd, etag='"1"', tags={"a": "b"}))
    assert pulled.document == {
        "content": odd["Content"],
        "etag": '"1"',
        "properties": {
            "createdTime": "2017-04-27T18:49:39.3355348Z",
            "unheardOf": None,
            RESOURCE: {"tags": {"a": "b"}},
        },
    }
    assert pulled.changed_time == "2017-04-27T18:49:40.2157679Z"
    body = resource_of(Child.SESSIONS, pulled.name, pulled.document)
    assert body == {"properties": {"content": odd["Content"]}}
    assert left_out(Child.SESSIONS, pulled.document) == ()


def test_a_session_without_content_has_null() -> None:
    pulled = record_of(Child.SESSIONS, resource(Child.SESSIONS, {}))
    assert (pulled.document, pulled.changed_time) == ({"content": None}, "")


def test_a_document_that_cannot_be_held_names_its_artifact() -> None:
    with pytest.raises(Problem) as refused:
        record_of(Child.PARTNERS, resource(Child.PARTNERS, {"metadata": {"a": "\ud800"}}))
    assert refused.value.code is Code.INVALID_REQUEST
    assert "'One'" in refused.value.message


def test_the_name_is_in_the_id_where_it_is_nowhere_else() -> None:
    assert name_of(Child.SESSIONS, {"id": f"{ID}/SESSIONS/X12-ICN-A/B-1"}) == "X12-ICN-A/B-1"
    with pytest.raises(Problem):
        name_of(Child.SESSIONS, {"id": ID})


def test_properties_that_are_no_object_are_kept_beside() -> None:
    odd: JsonObject = {"name": "One", "properties": [1]}
    assert record_of(Child.PARTNERS, odd).document == {RESOURCE: {"properties": [1]}}
    assert record_of(Child.PARTNERS, {"name": "One"}).document == {}


def test_a_certificate_is_content_and_its_key_stays() -> None:
    vault: JsonObject = {"id": "/vaults/v", "name": "v", "type": "Microsoft.KeyVault/vaults"}
    key: JsonObject = {"keyVault": vault, "keyName": "K", "keyVersion": "1"}
    text = base64.b64encode(DER).decode()
    pulled = record_of(
        Child.CERTIFICATES, resource(Child.CERTIFICATES, {"PublicCertificate": text, "key": key})
    )
    assert pulled.content == DER
    assert pulled.document == {"key": key}
    body = resource_of(Child.CERTIFICATES, "One", pulled.document, pulled.content)
    assert sent(body) == {
        "publicCertificate": text,
        "key": {"keyVault": {"id": "/vaults/v"}, "keyName": "K", "keyVersion": "1"},
    }


@pytest.mark.parametrize("text", ["", "MIIC", "MI IC", "MIICZZ==", "no base64", None, 5])
def test_a_certificate_that_does_not_come_back_the_same_stays_a_text(text: str | None) -> None:
    pulled = record_of(
        Child.CERTIFICATES, resource(Child.CERTIFICATES, {"publicCertificate": text})
    )
    if text == "MIIC":
        assert pulled.content == b"0\x82\x02"
        return
    assert pulled.content is None
    assert pulled.document == {"publicCertificate": text}
    body = resource_of(Child.CERTIFICATES, "One", pulled.document, pulled.content)
    assert sent(body) == {"publicCertificate": text}


def test_a_key_whose_vault_has_no_id_is_sent_as_it_is() -> None:
    key: JsonObject = {"keyVault": {"name": "v"}, "keyName": "K"}
    assert sent(resource_of(Child.CERTIFICATES, "One", {"key": key})) == {"key": key}


def test_both_forms_of_a_link_are_wanted_and_not_kept() -> None:
    with_hash = link(b"<xsl/>")
    bare: JsonObject = {"uri": "https://content.invalid/x?sig=X", "contentSize": 6.0}
    for found, md5 in ((with_hash, True), (bare, False)):
        pulled = record_of(
            Child.MAPS, resource(Child.MAPS, {"mapType": "Xslt", "ContentLink": found})
        )
        assert isinstance(pulled.content, ContentWanted)
        assert (pulled.content.size, bool(pulled.content.md5)) == (6, md5)
        assert pulled.content.link == found
        assert pulled.document == {"mapType": "Xslt"}


NAMES = st.text(string.ascii_letters + "$", min_size=1, max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("abc\u00e4\U0001f600", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(
    child=st.sampled_from(ARTIFACTS),
    properties=st.dictionaries(NAMES, JSON, max_size=5),
    beside=st.dictionaries(st.sampled_from(["tags", "location", "plan"]), JSON, max_size=3),
)
def test_no_member_of_an_artifact_is_lost(
    child: Child, properties: JsonObject, beside: JsonObject
) -> None:
    pulled = record_of(child, resource(child, properties, **beside))
    assert {k: v for k, v in pulled.document.items() if k != RESOURCE} == properties
    assert pulled.document.get(RESOURCE, {}) == beside
    body = resource_of(child, "One", pulled.document)
    told = {pointer.split("/")[-1] for pointer in left_out(child, pulled.document)}
    assert {*sent(body)} | told >= {*properties}
    assert {*body} - {"properties"} | told >= {*beside}
