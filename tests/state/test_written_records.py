"""A record that goes from its row into a backup unparsed has the line that it would have parsed."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.artifact import Artifact, ContentReference
from shared.model.numbers import Kind
from shared.model.record import Record
from shared.model.runtime import MicAlgorithm, MicValue, ReceivedNumber
from shared.model.runtime_text import written_mic, written_number
from shared.model.sections import Section
from shared.model.wire import JsonObject, parsed, rfc3339
from shared.rules.secret_names import Named, set_named
from shared.state.artifact_rows import read_artifact, written_record
from shared.state.edits import Put
from shared.storage.tables import Row

_NOW = datetime(2026, 11, 27, 10, 30, 15, 123_456, tzinfo=UTC)
_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(_TEXT, inner),
    max_leaves=20,
)


def _row(artifact: Artifact) -> Row:
    return Put(artifact, new=True).row("service")


def _artifact(document: JsonObject, content: ContentReference | None = None) -> Artifact:
    return Artifact(
        section=Section.SCHEMAS,
        name='Ordre d\'achat "é"',
        document=document,
        content=content,
        changed_at=_NOW,
    )


@given(st.dictionaries(_TEXT.map(lambda name: f"{name}_"), _JSON))
def test_the_line_is_that_of_the_parsed_record(document: JsonObject) -> None:
    content = ContentReference(sha256="0" * 64, size=7, content_type="application/xml")
    for given_content in (None, content):
        row = _row(_artifact(document, given_content))
        written = written_record(row)
        artifact = read_artifact(row)
        record = Record(
            artifact.name, artifact.document, rfc3339(artifact.changed_at), artifact.content
        )
        assert written is None or written.line() == record.line()
        assert record.document == document


def test_a_document_without_secrets_goes_unparsed_also_where_it_is_long() -> None:
    for size in (10, 40_000):
        row = _row(_artifact({"b": "é" * size, "a": 1.5}))
        written = written_record(row)
        assert written is not None
        assert json.loads(written.line())["document"] == {"a": 1.5, "b": "é" * size}


@pytest.mark.parametrize(
    "document",
    [
        {"password": "open"},
        {"list": [[{"inner": {"$sealed": "AAAA"}}]]},
        {"storageConnectionString": {"$sealed": "AAAA"}},
    ],
)
def test_one_with_secrets_is_parsed(document: JsonObject) -> None:
    assert written_record(_row(_artifact(document))) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"document": '{"a":1, "b":2}'},
        {"document": '{"a":1,"password":"open"}'},
        {"document": "{"},
        {"changedAt": "yesterday"},
        {"name": "another"},
        {"content": "{}"},
    ],
)
def test_one_that_is_not_as_it_was_written_is_parsed(changed: dict[str, str]) -> None:
    row = _row(_artifact({"a": 1, "b": 2}))
    assert written_record(row) is not None
    assert written_record(replace(row, values={**row.values, **changed})) is None


def test_the_same_text_by_another_rule_is_parsed() -> None:
    row = _row(_artifact({"kennung": "no secret yet"}))
    assert written_record(row) is not None
    assert written_record(replace(row, key="certificates!x")) is None
    set_named(Named.of(["kennung"], []))
    try:
        assert written_record(row) is None
    finally:
        set_named(Named())
    assert written_record(row) is not None


@given(_TEXT, _TEXT, _TEXT)
def test_runtime_lines_are_those_of_records(agreement: str, message_id: str, text: str) -> None:
    mic = MicValue(
        agreement=agreement,
        message_id=message_id,
        mic=text,
        algorithm=MicAlgorithm.SHA2_256,
        as2_from=text,
        as2_to="Fabrikam",
        time=_NOW,
    )
    assert (
        written_mic(mic.text).line() == Record(mic.record_name, mic.to_json(), rfc3339(_NOW)).line()
    )
    for value in (999_999_999, text):
        number = ReceivedNumber(
            agreement=agreement,
            kind=next(iter(Kind)),
            value=value,
            message_id=message_id,
            seen_at=_NOW,
            expires_at=_NOW,
        )
        assert (
            written_number(number.text).line()
            == Record(number.record_name, number.to_json(), rfc3339(_NOW)).line()
        )


@given(_JSON)
def test_json_is_read_as_the_standard_library_reads_it(value: object) -> None:
    text = json.dumps(value)
    assert parsed(text) == json.loads(text)
    assert repr(parsed(text)) == repr(json.loads(text))


def test_json_with_half_a_character_or_deep_nesting_is_read_too() -> None:
    for text in ('"\\ud800"', "[" * 300 + "]" * 300):
        assert parsed(text) == json.loads(text)
    with pytest.raises(ValueError, match="Expecting"):
        parsed("{")
