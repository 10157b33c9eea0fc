"""The content of resources: what is taken from an answer, and how it is sent."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.integration_account import Child
from shared.model.problem import Code, Problem
from shared.model.wire import JsonObject
from shared.rules.integration_accounts.maps import (
    fitting_map_type,
    misfit,
    stylesheet_version,
)
from shared.rules.integration_accounts.resources import (
    MOST_INLINE,
    goes_inline,
    record_of,
    resource_of,
)
from tests.rules.integration_accounts.made import DER, resource, sent


def test_content_that_is_in_the_answer_is_taken_from_there() -> None:
    text = resource(Child.SCHEMAS, {"schemaType": "Xml", "content": "<xs:schema/>ä"})
    assert record_of(Child.SCHEMAS, text).content == "<xs:schema/>ä".encode()
    binary = resource(Child.ASSEMBLIES, {"content": base64.b64encode(b"MZ\x00").decode()})
    assert record_of(Child.ASSEMBLIES, binary).content == b"MZ\x00"
    odd = record_of(Child.SCHEMAS, resource(Child.SCHEMAS, {"content": {"a": 1}}))
    assert (odd.content, odd.document) == (None, {"content": {"a": 1}})
    with pytest.raises(Problem) as refused:
        record_of(Child.SCHEMAS, resource(Child.SCHEMAS, {"content": "\ud800"}))
    assert refused.value.code is Code.INVALID_REQUEST


@pytest.mark.parametrize(
    ("child", "document", "content", "content_type"),
    [
        (Child.MAPS, {"mapType": "liquid"}, b"{{ content }}", "text/plain"),
        (Child.MAPS, {"mapType": "Xslt30"}, b"<a/>", "application/xml"),
        (Child.MAPS, {}, b"{{ content }}", "text/plain"),
        (Child.SCHEMAS, {"schemaType": "Xml"}, b"<a/>", "application/xml"),
        (Child.ASSEMBLIES, {}, b"MZ", "application/octet-stream"),
        (Child.SCHEMAS, {"contentType": "text/xml"}, b"<a/>", "text/xml"),
    ],
)
def test_content_is_sent_with_the_type_of_its_kind(
    child: Child, document: JsonObject, content: bytes, content_type: str
) -> None:
    assert sent(resource_of(child, "One", document, content))["contentType"] == content_type


def test_what_has_no_content_is_sent_without_its_type() -> None:
    assert sent(resource_of(Child.SCHEMAS, "One", {"schemaType": "Xml"})) == {"schemaType": "Xml"}


def test_content_that_does_not_go_inline_goes_by_a_link() -> None:
    wide = "<a/>".encode("utf-16")
    assert not goes_inline(Child.MAPS, wide)
    with pytest.raises(Problem) as refused:
        resource_of(Child.MAPS, "One", {"mapType": "Xslt"}, wide)
    assert refused.value.code is Code.INVALID_REQUEST
    body = resource_of(
        Child.MAPS, "One", {"mapType": "Xslt"}, wide, link="https://backup.invalid/b"
    )
    assert sent(body)["contentLink"] == {"uri": "https://backup.invalid/b"}
    assert "content" not in sent(body)


@pytest.mark.parametrize("child", [Child.PARTNERS, Child.AGREEMENTS, Child.ROSETTANET_PROCESSES])
def test_content_of_a_kind_without_any_is_refused(child: Child) -> None:
    with pytest.raises(Problem):
        resource_of(child, "One", {}, b"content")
    with pytest.raises(Problem):
        resource_of(child, "One", {}, link="https://backup.invalid/b")
    assert not goes_inline(child, b"")


def test_a_certificate_goes_by_no_link() -> None:
    with pytest.raises(Problem):
        resource_of(Child.CERTIFICATES, "One", {}, link="https://backup.invalid/b")
    assert goes_inline(Child.CERTIFICATES, DER)


def test_a_link_without_the_content_leaves_the_type_of_a_map_as_it_is() -> None:
    documents: list[tuple[JsonObject, str]] = [
        ({}, "application/xml"),
        ({"mapType": "Liquid"}, "text/plain"),
    ]
    for document, content_type in documents:
        body = resource_of(Child.MAPS, "One", document, link="https://backup.invalid/b")
        link_: JsonObject = {"uri": "https://backup.invalid/b"}
        assert sent(body) == {**document, "contentLink": link_, "contentType": content_type}


def test_content_replaces_what_a_document_has_in_its_place() -> None:
    stale: JsonObject = {"Content": "old", "schemaType": "Xml"}
    assert sent(resource_of(Child.SCHEMAS, "One", stale, b"new")) == {
        "schemaType": "Xml",
        "content": "new",
        "contentType": "application/xml",
    }


def test_inline_is_what_is_utf8_without_a_mark_and_not_too_long() -> None:
    assert goes_inline(Child.SCHEMAS, "<ä/>".encode())
    assert not goes_inline(Child.SCHEMAS, b"\xef\xbb\xbf<a/>")
    assert not goes_inline(Child.SCHEMAS, b"\xff\xfe")
    assert goes_inline(Child.SCHEMAS, b"a" * (MOST_INLINE - 2))
    assert not goes_inline(Child.SCHEMAS, b"a" * (MOST_INLINE - 1))
    assert not goes_inline(Child.SCHEMAS, b'"' * (MOST_INLINE // 2))
    assert goes_inline(Child.ASSEMBLIES, b"\xff" * (MOST_INLINE // 4 * 3 - 6))
    assert not goes_inline(Child.ASSEMBLIES, b"\xff" * (MOST_INLINE // 4 * 3))


STYLESHEET = '<?xml version="1.0"?><xsl:stylesheet xmlns:xsl="x" version="{}"/>'


@pytest.mark.parametrize(
    ("text", "version", "map_type"),
    [
        (STYLESHEET.format("1.0"), "1.0", "Xslt"),
        (STYLESHEET.format("2.0"), "2.0", "Xslt20"),
        (STYLESHEET.format("3.0"), "3.0", "Xslt30"),
        (STYLESHEET.format("1.1"), "1.1", "Xslt"),
        (STYLESHEET.format("0.5"), "0.5", "Xslt"),
        ("<transform version = '2.0' >", "2.0", "Xslt20"),
        ("<!-- <xsl:stylesheet version='3.0'> -->" + STYLESHEET.format("1.0"), "1.0", "Xslt"),
        ("<html xsl:version='1.0' xmlns:xsl='x'/>", "1.0", "Xslt"),
        ("{% assign version = '2.0' %}", None, "Liquid"),
        ("<xsl:stylesheet version='2.0'", None, "Liquid"),
    ],
)
def test_a_map_without_a_type_gets_the_one_of_its_stylesheet(
    text: str, version: str | None, map_type: str
) -> None:
    for data in (text.encode(), text.encode("utf-16"), text.encode("utf-8-sig")):
        assert stylesheet_version(data) == version
        assert fitting_map_type(data) == map_type
    sent_type = sent(resource_of(Child.MAPS, "One", {}, text.encode()))["mapType"]
    assert sent_type == map_type


def test_the_type_of_a_map_stays_and_a_misfit_is_told() -> None:
    newer, older = STYLESHEET.format("2.0").encode(), STYLESHEET.format("1.0").encode()
    assert sent(resource_of(Child.MAPS, "One", {"mapType": "xslt"}, newer))["mapType"] == "xslt"
    assert misfit({"mapType": "xslt"}, newer) == "Xslt20"
    assert misfit({"mapType": "Xslt30"}, newer) == ""
    assert misfit({"mapType": "XSLT"}, older) == ""
    assert misfit({"mapType": "Liquid"}, older) == "Xslt"
    assert misfit({"mapType": "Xslt"}, b"{{ a }}") == "Liquid"
    assert misfit({}, older) == ""


@given(st.binary(max_size=50))
def test_every_content_of_a_certificate_comes_back(data: bytes) -> None:
    body = resource_of(Child.CERTIFICATES, "One", {}, data)
    pulled = record_of(Child.CERTIFICATES, resource(Child.CERTIFICATES, sent(body)))
    assert (pulled.content or b"") == data
