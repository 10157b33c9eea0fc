"""JSON of an account that nothing may change: what can be held is, all else is kept as its text."""

import json
from typing import Any

import pytest

from shared.model.integration_account import Child
from shared.model.problem import Code, Problem
from shared.model.sections import SESSIONS, Section
from shared.model.wire import JsonObject, JsonValue
from shared.rules.documents import masked
from shared.rules.integration_accounts.resources import record_of, resource_of
from shared.rules.integration_accounts.verbatim import faithful, is_verbatim, written

DEEP = "[" * 5_000 + "]" * 5_000
ANSWER = (
    '{{"value": [{{"name": "A", "properties": {{"content": {0}, "changedTime": "t"}}}},'
    ' {{"name": "B", "properties": {{"content": "as ever"}}}}], "nextLink": "more"}}'
)

AS_TEXT = [
    '{"a":1,"a":2}',
    '{"a": {"b": [1, {"c":1, "c":1}]}}',
    "NaN",
    "[-Infinity]",
    "1e400",
    "0.12345678901234567890123",
    "9" * 5_000,
    '{"$verbatim":"no text of ours"}',
    DEEP,
]
"""What a parser would change, or not parse."""

AS_IT_IS: list[tuple[str, JsonValue]] = [
    ("12345678901234567890123", 12345678901234567890123),
    ("1.10", 1.1),
    ("0.10000000000000001", 0.1),
    ("1e300", 1e300),
    ('"\\ud83d"', "\ud83d"),
    ('"\\ud83d\\ude00"', "\U0001f600"),
    ('{"a\\"]}": ["{", {}, []]}', {'a"]}': ["{", {}, []]}),
]


@pytest.mark.parametrize("text", AS_TEXT, ids=lambda text: text[:20])
def test_what_a_parser_would_change_is_its_text(text: str) -> None:
    found: Any = faithful(ANSWER.format(text))
    assert found["nextLink"] == "more"
    assert found["value"][0]["properties"] == {"content": {"$verbatim": text}, "changedTime": "t"}
    assert found["value"][1] == {"name": "B", "properties": {"content": "as ever"}}


@pytest.mark.parametrize(("text", "value"), AS_IT_IS)
def test_all_else_is_what_it_says(text: str, value: JsonValue) -> None:
    found: Any = faithful(ANSWER.format(text))
    assert found["value"][0]["properties"]["content"] == value
    strange: Any = faithful(ANSWER.format(f'{text}, "other": NaN'))
    assert strange["value"][0]["properties"]["content"] == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '{"value": [',
        '{"value": []} and more',
        '{"value": []}],[{"value": []}',
        f'{{"value": [{{"properties": {{"content": {DEEP[:-1]}}}}}]',
    ],
)
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        faithful(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "One", "name": "Two", "properties": {"content": 1}}',
        '{"name": "One", "properties": {"content": 1, "content": 2}}',
    ],
)
@pytest.mark.parametrize("child", [Child.SESSIONS, Child.PARTNERS])
def test_a_member_twice_where_its_own_members_are_cannot_be_held(text: str, child: Child) -> None:
    with pytest.raises(Problem) as refused:
        record_of(child, faithful(text))
    assert refused.value.code is Code.INVALID_REQUEST
    assert "a member twice" in refused.value.message


def nested(levels: int) -> JsonValue:
    value: JsonValue = "x"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("content", [nested(70), nested(400), {"a": "\ud83d"}, {"\ud83d": 1}])
def test_a_session_keeps_as_text_what_no_row_can_hold(content: JsonValue) -> None:
    pulled = record_of(Child.SESSIONS, {"name": "One", "properties": {"content": content}})
    held: Any = pulled.document["content"]
    assert is_verbatim(held)
    assert held["$verbatim"].isascii()
    assert json.loads(held["$verbatim"]) == content
    body = resource_of(Child.SESSIONS, "One", pulled.document)
    assert json.loads(written(body)) == {"properties": {"content": content}}


@pytest.mark.parametrize("text", AS_TEXT, ids=lambda text: text[:20])
def test_a_text_is_written_as_it_came(text: str) -> None:
    session: Any = faithful(ANSWER.format(text))["value"]
    pulled = record_of(Child.SESSIONS, session[0])
    body = resource_of(Child.SESSIONS, "A", pulled.document)
    assert written(body) == f'{{"properties":{{"content":{text}}}}}'
    assert written({**body, "tags": {"é": 1}}, ascii_alone=True) == (
        f'{{"tags":{{"\\u00e9":1}},"properties":{{"content":{text}}}}}'
    )


def test_nobody_sees_a_text_and_only_that_of_a_session_is_one() -> None:
    document: JsonObject = {"content": {"$verbatim": '{"password":"x"}'}}
    assert masked(SESSIONS, document) == {"content": {"$verbatim": "********"}}
    assert masked(Section.PARTNERS, {"$verbatim": "x"}) == {"$verbatim": "x"}


@pytest.mark.parametrize(
    "resource",
    [
        {"name": "\ud83d", "properties": {"content": 1}},
        {"name": "One", "etag": "\ud83d", "properties": {"content": 1}},
        {"name": "One", "properties": {"content": 1, "changedTime": "\ud83d"}},
        {"name": "One", "properties": {"content": 1, "\ud83d": 1}},
    ],
)
def test_half_a_character_in_what_names_a_session_cannot_be_held(resource: JsonObject) -> None:
    with pytest.raises(Problem) as refused:
        record_of(Child.SESSIONS, resource)
    assert refused.value.code is Code.INVALID_REQUEST
    refused.value.message.encode()


@pytest.mark.parametrize(
    "inside", ['"metadata": {"a": 1, "a": 2}', '"metadata": {"a": NaN}', f'"metadata": {DEEP}']
)
def test_an_artifact_is_never_changed_silently(inside: str) -> None:
    with pytest.raises(Problem) as refused:
        record_of(Child.PARTNERS, faithful(f'{{"name": "One", "properties": {{{inside}}}}}'))
    assert refused.value.code is Code.INVALID_REQUEST
    assert refused.value.target == "/metadata"
    with pytest.raises(Problem):
        record_of(Child.PARTNERS, faithful(f'{{"name": "One", {inside}}}'))
