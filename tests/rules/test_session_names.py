"""Which agreement a session belongs to: agreements' names hold hyphens, and so do references."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.naming import artifact_key
from shared.rules.session_names import agreement_of_session

AGREEMENTS = frozenset({"a", "a-b", "x12-icn-a", "a-icn", "straße".casefold()})


@pytest.mark.parametrize(
    ("name", "agreement"),
    [
        ("A-Icn", "a"),
        ("a-GCN-ack", "a"),
        ("A-Tscn-ACK", "a"),
        ("A-B-ICN", "a-b"),
        ("A-Icn-Icn", "a-icn"),
        ("A-Icn-ACK", "a"),
        ("X12-ICN-A-000000905", "a"),
        ("X12-ICN-A-B-1", "a-b"),
        ("Edifact-ICN-A-ME-0-1", "a"),
        ("edifact-icn-a-b+c,d 'e", "a"),
        ("X12-ICN-A-Icn", "x12-icn-a"),
        ("STRASSE-Icn", "strasse"),
        ("C-Icn", None),
        ("A", None),
        ("A-Mic", None),
        ("X12-ICN-A", None),
        ("Icn", None),
        ("-Icn", None),
        ("", None),
    ],
)
def test_the_longest_agreement_that_there_is(name: str, agreement: str | None) -> None:
    assert agreement_of_session(name, AGREEMENTS) == agreement


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_every_agreement_finds_its_sessions(agreement: str, number: str) -> None:
    key = artifact_key(agreement)
    for name in (f"{agreement}-Icn", f"{agreement}-Tscn-ACK"):
        assert agreement_of_session(name, {key}) == key
    assert agreement_of_session(f"X12-ICN-{agreement}-{number}", {key}) == key
