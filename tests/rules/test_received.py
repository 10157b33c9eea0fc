"""Which references of envelopes are the same."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.numbers import Kind, Numbering
from shared.model.problem import Problem
from shared.rules.agreement_numbers import numbering
from shared.rules.received import kept, reference


def of(standard: str) -> Numbering:
    found: Any = {"content": {standard: {}}}
    return numbering(found)


X12, EDIFACT, AS2 = of("x12"), of("edifact"), of("aS2")


@pytest.mark.parametrize(
    ("standard", "kind", "value", "known_as"),
    [
        (X12, Kind.INTERCHANGE, "000000641", 641),
        (X12, Kind.INTERCHANGE, 641, 641),
        (X12, Kind.GROUP, "641", 641),
        (X12, Kind.TRANSACTION_SET, 1, 1),
        (X12, Kind.TRANSACTION_SET, "0001", 1),
        (X12, Kind.TRANSACTION_SET, "1", 1),
        (X12, Kind.TRANSACTION_SET, "00001", "00001"),
        (X12, Kind.TRANSACTION_SET, "12345", 12345),
        (X12, Kind.ACKNOWLEDGEMENT, "A001", "A001"),
        (EDIFACT, Kind.INTERCHANGE, "ME00012345", "ME00012345"),
        (EDIFACT, Kind.INTERCHANGE, "me00012345", "me00012345"),
        (EDIFACT, Kind.INTERCHANGE, 90_062_700_464_801, 90_062_700_464_801),
        (EDIFACT, Kind.INTERCHANGE, "90062700464801", 90_062_700_464_801),
        (EDIFACT, Kind.TRANSACTION_SET, "0001", "0001"),
        (EDIFACT, Kind.TRANSACTION_SET, "1  ", 1),
        (EDIFACT, Kind.GROUP, "0", 0),
        (EDIFACT, Kind.GROUP, "\u0661", "\u0661"),
        (AS2, Kind.GROUP, "00", "00"),
    ],
)
def test_a_reference_as_its_standard_compares_it(
    standard: Numbering, kind: Kind, value: int | str, known_as: int | str
) -> None:
    assert reference(value, kind, standard) == known_as


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.INTERCHANGE, "ME00012345"),
        (Kind.INTERCHANGE, 1_000_000_000),
        (Kind.GROUP, "12A"),
        (Kind.GROUP, "\u0661"),
        (Kind.INTERCHANGE, "-1"),
        (Kind.TRANSACTION_SET, "0123456789"),
    ],
)
def test_what_x12_does_not_have(kind: Kind, value: int | str) -> None:
    with pytest.raises(Problem) as refused:
        reference(value, kind, X12)
    assert refused.value.target == "/value"


@given(st.text(max_size=14) | st.from_regex(r"[0-9]{1,14}", fullmatch=True))
def test_what_is_kept_says_which_text_it_was(text: str) -> None:
    """The name of a record is made of it, and the key of its row of that."""
    assert str(kept(text)) == text
