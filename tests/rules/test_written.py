"""What a search of a document's text tells is never less than a walk through it would find."""

import sys
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from shared.backups.archive.reader import record_of
from shared.model.artifact import Artifact
from shared.model.record import Record, StoredText, canonical_text
from shared.model.sections import SECTIONS, Section
from shared.model.wire import JsonObject, JsonValue, parsed
from shared.rules.documents import SECRET, holds_open_secret, replace_secrets, with_value
from shared.rules.references import references
from shared.rules.written import may_have_member, stand_ins
from shared.sealing.data_key import DataKey
from shared.services.documents import open_document, sealed_again
from shared.state.edits import Put

_KEY = DataKey("service", bytes(32))
_SECTIONS = st.sampled_from([Section.AGREEMENTS, Section.BRIDGES, Section.CERTIFICATES])
_NAMES = st.sampled_from(
    [
        *("password", "oldPassword", "passwordvalue", "passwordValue", "pfx", "PFX", "Xpfx"),
        *("private\N{KELVIN SIGN}ey", "$secret", "$sealed", "x$secret", "secret", "\x01secret"),
        *("hostPartner", "schemaname", "sourceSchema", "name", 'a"secret', "secret\\", "ſecret"),
    ]
)
_VALUES = st.recursive(
    st.sampled_from([None, True, 0, 1.5, "", "x", '{"$secret":1}', '"password":"x"', "é", " :"])
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=12,
)
_DOCUMENTS = st.dictionaries(_NAMES, _VALUES, max_size=5)


def _written(document: JsonObject) -> StoredText:
    return StoredText(canonical_text(document).encode(), document)


@given(_SECTIONS, _DOCUMENTS)
def test_a_search_finds_what_a_walk_finds(section: Section, document: JsonObject) -> None:
    written = _written(document)
    if references(section, document):
        assert may_have_member(written, SECTIONS[section].names)


def test_a_search_rules_out_what_is_not_there() -> None:
    document: JsonObject = {"a": {"mapName": "x"}, "b": ["schema"]}
    assert not may_have_member(_written(document), SECTIONS[Section.BRIDGES].names)


def test_a_text_that_hides_names_is_left_to_the_walk() -> None:
    for text in (r'{"pass\u0077ord":1}', '{"password" :1}', '{"password"\t:1}'):
        assert StoredText(text.encode(), parsed(text)).searchable is None, text


def test_no_other_character_has_a_small_letter_in_ascii() -> None:
    found = [c for c in map(chr, range(128, sys.maxunicode)) if any(x.isascii() for x in c.lower())]
    assert found == ["\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}", "\N{KELVIN SIGN}"]
    # Of the first only a part is: an i that a dot follows, as in no name that is looked for.
    assert found[0].lower() == "i\N{COMBINING DOT ABOVE}"


def _taken(
    section: Section, document: JsonObject
) -> tuple[JsonObject, list[tuple[str, JsonValue]]]:
    """A document as a backup's line has it, and its secrets in their order."""
    secrets: list[tuple[str, JsonValue]] = []

    def take(pointer: str, value: JsonValue) -> JsonValue:
        secrets.append((pointer, value))
        return {SECRET: len(secrets) + 6}

    return replace_secrets(section, document, take), secrets


@given(_SECTIONS, st.dictionaries(_NAMES.filter(lambda name: "$" not in name), _VALUES))
def test_a_text_that_is_sealed_again_opens_as_the_document(
    section: Section, document: JsonObject
) -> None:
    line, secrets = _taken(section, document)
    written = _written(line)
    known = {pointer: (index + 7, value) for index, (pointer, value) in enumerate(secrets)}
    back = line
    for pointer, value in secrets:
        back = with_value(back, pointer, value)
    assert back == document
    restored = sealed_again(
        _KEY, section, Record("A", back, "", written=StoredText(written.text, line, known))
    )
    if restored is None:
        return
    assert not holds_open_secret(section, line)
    stored = parsed(restored.text)
    assert restored.text == canonical_text(stored)
    assert open_document(_KEY, section, "A", stored) == document
    found: dict[str, JsonValue] = {}
    replace_secrets(section, stored, found.setdefault)
    assert found.keys() == dict(secrets).keys()
    assert stand_ins(StoredText(restored.text.encode(), stored)) == len(secrets)


def test_an_agreement_with_a_password_needs_no_walk() -> None:
    document: JsonObject = {"hostPartner": "p", "security": {"passwordValue": "hush"}, "x": [1]}
    line, secrets = _taken(Section.AGREEMENTS, document)
    written = StoredText(
        canonical_text(line).encode(), line, {p: (7 + i, v) for i, (p, v) in enumerate(secrets)}
    )
    restored = sealed_again(_KEY, Section.AGREEMENTS, Record("A", document, "", written=written))
    assert restored is not None
    assert "hush" not in restored.text
    artifact = Artifact.model_validate(
        {
            "section": Section.AGREEMENTS,
            "name": "A",
            "document": parsed(restored.text),
            "changed_at": datetime(2026, 11, 1, tzinfo=UTC),
        }
    )
    walked = Put(artifact, new=True).row("service")
    artifact = artifact.model_copy(update={"document": restored.written.document})
    searched = Put(artifact, new=True, restored=restored).row("service")
    assert searched == walked


@given(_DOCUMENTS, st.text(st.characters(exclude_categories=["Cs"])))
def test_a_line_gives_its_documents_text(document: JsonObject, name: str) -> None:
    record = Record(name, document, "2026-11-01T00:00:00.000Z")
    found = record_of("sections/1-1/partners.jsonl.gz", record.line()[:-1])
    assert found == record
    assert found.written is not None
    assert found.written.text == canonical_text(document).encode()


def test_a_line_whose_members_come_twice_or_elsewhere_is_read_as_a_whole() -> None:
    for text in (
        b'{"changedAt":"t","document":{"a":1},"document":{"b":2},"name":"n"}',
        b'{"changedAt":"t","document":{"b":2},"name":"x","name":"n"}',
        b'{"name":"n","document":{"b":2},"changedAt":"t"}',
    ):
        found = record_of("sections/1-1/partners.jsonl.gz", text)
        assert (found.name, found.document) == ("n", {"b": 2})
        assert found.written is None or found.written.text == b'{"b":2}'
