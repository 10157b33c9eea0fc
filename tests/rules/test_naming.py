"""Names: what each may look like, and what the keys made of them promise."""

import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.problem import Code, Problem
from shared.rules.naming import (
    artifact_key,
    is_same_name,
    require_artifact_name,
    require_backup_name,
    require_operation_id,
    require_service_name,
    shown,
    some,
)
from shared.state.row_keys import LAST, encoded, named, newest_first

GOOD_SERVICES = ["Contos", "contoso-b2b-prod-001", "a1-b2-c3", "ABCDEF"]
BAD_SERVICES = [
    "",
    "Conto",
    "contoso-b2b-prod-0012",
    "1contoso",
    "-contoso",
    "contoso-",
    "con--toso",
    "con toso",
    "con_toso",
    "contöso",
    "contoso\n",
    "con/toso",
]
GOOD_BACKUPS = ["abc", "contoso-20261123-020000", "1-2", "a" * 63]
BAD_BACKUPS = ["", "ab", "a" * 64, "Abc", "-abc", "abc-", "a--b", "a_b", "a.b", "äbc", "abc\n"]
GOOD_ARTIFACTS = ["A", "Fabrikam 850 → Orders", "x" * 80, "schéma.xsd", "100 % no".replace("%", "")]
BAD_ARTIFACTS = [
    "",
    "x" * 81,
    "a/b",
    "a\\b",
    "a#b",
    "a?b",
    "a%b",
    "a\tb",
    "a\x7fb",
    " a",
    "a ",
    ".",
    "..",
]


@pytest.mark.parametrize("name", GOOD_SERVICES)
def test_service_names(name: str) -> None:
    require_service_name(name)


@pytest.mark.parametrize("name", BAD_SERVICES)
def test_no_service_names(name: str) -> None:
    with pytest.raises(Problem) as refused:
        require_service_name(name)
    assert refused.value.code is Code.INVALID_NAME
    assert "6 to 20" in refused.value.message


@pytest.mark.parametrize("name", GOOD_BACKUPS)
def test_backup_names(name: str) -> None:
    require_backup_name(name)


@pytest.mark.parametrize("name", BAD_BACKUPS)
def test_no_backup_names(name: str) -> None:
    with pytest.raises(Problem) as refused:
        require_backup_name(name)
    assert refused.value.code is Code.INVALID_NAME


@pytest.mark.parametrize("name", GOOD_ARTIFACTS)
def test_artifact_names(name: str) -> None:
    require_artifact_name(name)


@pytest.mark.parametrize("name", BAD_ARTIFACTS)
def test_no_artifact_names(name: str) -> None:
    with pytest.raises(Problem) as refused:
        require_artifact_name(name)
    assert refused.value.code is Code.INVALID_NAME


@pytest.mark.parametrize("operation_id", ["a", "0f3c-11", "A" * 64])
def test_operation_ids(operation_id: str) -> None:
    require_operation_id(operation_id)


@pytest.mark.parametrize("operation_id", ["", "-a", "a-", "a b", "a!b", "A" * 65])
def test_no_operation_ids(operation_id: str) -> None:
    with pytest.raises(Problem):
        require_operation_id(operation_id)


def test_artifact_names_compare_without_case_and_in_one_unicode_form() -> None:
    assert artifact_key("STRASSE") == artifact_key("straße")
    assert artifact_key("é") == artifact_key("e\u0301")
    assert artifact_key("a") != artifact_key("b")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Contoso", "CONTOSO", True),
        ("Müller", "MÜLLER", True),
        ("é", "E\u0301", True),
        ("ΣΑΣ", "σας", True),
        ("Weiß", "WEIß", True),
        ("Weiß", "Weiss", False),
        ("\ufb01x", "fix", False),
        ("\u212a", "k", True),
        ("\u017f", "s", False),
        ("I", "\u0131", False),
    ],
)
def test_names_that_are_one(one: str, other: str, same: bool) -> None:
    assert is_same_name(one, other) is same
    assert is_same_name(other, one) is same


@given(st.text())
def test_a_name_is_its_own_key_again(name: str) -> None:
    assert artifact_key(artifact_key(name)) == artifact_key(name)


@given(st.text())
def test_what_a_message_shows_is_one_short_line(name: str) -> None:
    line = shown(name)
    assert len(line) <= 101
    assert "\n" not in line
    assert "\r" not in line


ALLOWED_IN_KEYS = set(string.ascii_lowercase + string.digits + "-._ =")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_key_holds_what_tables_take(text: str) -> None:
    key = encoded(text)
    assert set(key) <= ALLOWED_IN_KEYS
    assert len(key) <= 400
    assert key < LAST


@pytest.mark.parametrize(
    ("texts", "count", "said"),
    [
        ([], 0, ""),
        (["a"], 0, "a"),
        (["a", "b"], 2, "a, b"),
        (["a", "b", "c", "d", "e"], 0, "a, b and 3 more"),
        (["a", "b"], 12, "a, b and 10 more"),
    ],
)
def test_the_first_of_some_texts_are_named(texts: list[str], count: int, said: str) -> None:
    assert some(texts, 2, count) == said


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), unique=True))
def test_different_texts_have_different_keys(texts: list[str]) -> None:
    assert len({encoded(text) for text in texts}) == len(texts)


def test_long_texts_that_begin_alike_have_different_keys() -> None:
    first, second = "x" * 500 + "a", "x" * 500 + "b"
    assert encoded(first) != encoded(second)
    assert len(encoded(first)) <= 400


moments = st.datetimes(datetime(1970, 1, 2), datetime(5000, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=UTC)
)


@given(moments, moments)
def test_later_times_sort_first(one: datetime, other: datetime) -> None:
    if abs(one - other) >= timedelta(milliseconds=2):
        assert (newest_first(one) < newest_first(other)) == (one > other)


def test_a_section_does_not_reach_into_the_next() -> None:
    assert named("schemas", "zzz") < "schemas!" + LAST < named("templates", "a")
