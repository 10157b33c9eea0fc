"""What agreements say of their numbers, and how these stand in an envelope."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.model.numbers import HIGHEST_NUMBER, HIGHEST_REFERENCE, Bounds, Kind
from shared.model.problem import Code, Problem
from shared.rules.agreement_numbers import (
    filled_up,
    formatted,
    numbering,
    require_fit_for_envelope,
    upper_bound_pointer,
)

INTERCHANGE = "interchangeControlNumber"


def agreement(standard: str, framing: dict[str, Any] | None = None, **envelope: Any) -> Any:
    """An agreement whose send settings are given."""
    protocol = {"envelopeSettings": envelope, "framingSettings": framing or {}}
    return {"content": {standard: {"sendAgreement": {"protocolSettings": protocol}}}}


@pytest.mark.parametrize(
    ("envelope", "value", "stands"),
    [
        ({}, 1, "0001"),
        ({}, 12345, "12345"),
        ({"Prefix": "A", "UpperBound": 9999}, 1, "A001"),
        ({"Prefix": "AB", "Suffix": "YZ", "UpperBound": 9999}, 1, "AB1YZ"),
    ],
)
def test_st02_has_four_characters(envelope: dict[str, Any], value: int, stands: str) -> None:
    settings = {f"transactionSetControlNumber{name}": said for name, said in envelope.items()}
    found = numbering(agreement("x12", **settings))
    assert formatted(found[Kind.TRANSACTION_SET], value) == stands


def test_what_stands_in_an_envelope_by_standard_and_kind() -> None:
    x12, edifact = numbering(agreement("x12")), numbering(agreement("edifact"))
    assert [formatted(x12[kind], 7) for kind in Kind] == ["000000007", "7", "0007", "0007"]
    assert [formatted(edifact[kind], 7) for kind in Kind] == ["7"] * 4


def test_a_row_of_before_fills_up_st02_too() -> None:
    stored = {Kind.INTERCHANGE: Bounds(digits=9), Kind.TRANSACTION_SET: Bounds(prefix="A")}
    assert formatted(filled_up(stored)[Kind.TRANSACTION_SET], 1) == "A001"
    edifact = {Kind.INTERCHANGE: Bounds(), Kind.TRANSACTION_SET: Bounds(prefix="A")}
    assert filled_up(edifact) == edifact


@pytest.mark.parametrize(
    ("said", "affixes", "upper"),
    [
        (2_147_483_647, "", 2_147_483_647),
        (2_147_483_647, "CUNUM", HIGHEST_NUMBER),
        (99_999_999_999_999, "", HIGHEST_REFERENCE),
        (10**30, "AB", 10**12 - 1),
    ],
)
def test_edifact_numbers_up_to_what_fits_with_prefix_and_suffix(
    said: int, affixes: str, upper: int
) -> None:
    settings = {f"{INTERCHANGE}UpperBound": said, f"{INTERCHANGE}Prefix": affixes}
    found = numbering(agreement("edifact", **settings))[Kind.INTERCHANGE]
    assert found.upper == upper
    assert len(formatted(found, found.upper)) <= 14


def test_a_lower_bound_of_fourteen_digits() -> None:
    settings = {
        f"{INTERCHANGE}LowerBound": 10_000_000_000_000,
        f"{INTERCHANGE}UpperBound": 99_999_999_999_999,
    }
    found = numbering(agreement("edifact", **settings))[Kind.INTERCHANGE]
    assert (found.lower, found.upper) == (10_000_000_000_000, 99_999_999_999_999)
    with pytest.raises(Problem) as refused:
        numbering(agreement("x12", **settings))
    assert "10000000000000 and" in refused.value.message
    assert "99999999999999: " in refused.value.message, "as it was sent"


def test_a_bound_that_nobody_sent_is_not_quoted() -> None:
    with pytest.raises(Problem) as refused:
        numbering(agreement("x12", interchangeControlNumberLowerBound=0))
    assert "UpperBound" not in refused.value.message


def test_whole_numbers_may_be_written_as_floats() -> None:
    found = numbering(agreement("x12", interchangeControlNumberLowerBound=10.0))
    assert found[Kind.INTERCHANGE].lower == 10
    for wrong, said in ((1.5, "is a whole number."), ("1", "without quotes"), (True, "whole")):
        with pytest.raises(Problem) as refused:
            numbering(agreement("x12", interchangeControlNumberLowerBound=wrong))
        assert said in refused.value.message
        assert refused.value.code is Code.INVALID_REQUEST


@pytest.mark.parametrize(
    ("standard", "name", "text"),
    [
        ("x12", "transactionSetControlNumberPrefix", "A*~"),
        ("x12", "transactionSetControlNumberSuffix", "K\u00f6"),
        ("x12", "transactionSetControlNumberSuffix", " "),
        ("x12", "transactionSetControlNumberPrefix", "|"),
        ("x12", "interchangeControlNumberPrefix", "12"),
        ("x12", "groupControlNumberSuffix", "\u0663"),
        ("edifact", INTERCHANGE + "Prefix", "K\u00f6+:'"),
        ("edifact", INTERCHANGE + "Suffix", "?"),
        ("edifact", "groupControlNumberPrefix", "A\n"),
    ],
)
def test_a_prefix_that_breaks_an_envelope(standard: str, name: str, text: str) -> None:
    stem = name.removesuffix("Prefix").removesuffix("Suffix")
    document = agreement(standard, **{name: text, f"{stem}UpperBound": 9})
    with pytest.raises(Problem) as refused:
        require_fit_for_envelope(document)
    assert refused.value.code is Code.INVALID_REQUEST
    assert (refused.value.target or "").startswith(f"/document/content/{standard}/sendAgreement")


@pytest.mark.parametrize(
    ("framing", "text", "fits"),
    [
        ({"characterSet": "UNOC", "segmentTerminator": 39}, "cu-NUM", True),
        ({"characterSet": "UNOA"}, "cu", False),
        ({"characterSet": "UNOB"}, "cu", True),
        ({"dataElementSeparator": 45}, "A-B", False),
        ({"dataElementSeparator": "-", "characterSet": 7}, "A-B", True),
    ],
)
def test_what_an_agreement_says_of_its_characters(
    framing: dict[str, Any], text: str, fits: bool
) -> None:
    document = agreement("edifact", framing, interchangeControlNumberPrefix=text)
    if fits:
        require_fit_for_envelope(document)
        return
    with pytest.raises(Problem):
        require_fit_for_envelope(document)


_ROLLOVER = "rolloverAcknowledgementControlNumber"


def acknowledging(standard: str, **sides: dict[str, Any]) -> Any:
    """An agreement whose acknowledgement settings are given for each side."""
    stem = "acknowledgementControlNumber"
    content = {
        f"{side}Agreement": {
            "protocolSettings": {
                "acknowledgementSettings": {
                    _ROLLOVER if name == "rollover" else f"{stem}{name}": value
                    for name, value in said.items()
                }
            }
        }
        for side, said in sides.items()
    }
    return {"content": {standard: content}}


_DEFAULTS = {"LowerBound": 1, "UpperBound": 999_999_999, "rollover": True, "Prefix": ""}
_SHORT = {"LowerBound": 7, "UpperBound": 9}


@pytest.mark.parametrize("standard", ["edifact", "x12"])
@pytest.mark.parametrize(
    ("sides", "first"),
    [
        ({"receive": _SHORT}, 7),
        ({"receive": _SHORT, "send": _DEFAULTS}, 7),
        ({"receive": _SHORT, "send": {"LowerBound": 3}}, 7),
        ({"receive": _DEFAULTS, "send": _SHORT}, 7),
        ({"receive": {"LowerBound": 1, "UpperBound": 2**31 - 1}, "send": _SHORT}, 7),
        ({"send": _SHORT}, 7),
        ({"receive": {}, "send": {}}, 1),
        ({"receive": {"rollover": False}, "send": _SHORT}, 1),
        ({"receive": _DEFAULTS, "send": _DEFAULTS}, 1),
    ],
)
def test_acknowledgements_are_numbered_by_the_receive_settings(
    standard: str, sides: Any, first: int
) -> None:
    found = numbering(acknowledging(standard, **sides))
    assert found[Kind.ACKNOWLEDGEMENT].lower == first


def test_the_range_that_is_used_is_the_one_that_is_checked() -> None:
    document = acknowledging("edifact", receive={"LowerBound": "500000"}, send=_SHORT)
    with pytest.raises(Problem) as refused:
        numbering(document)
    at = "/document/content/edifact/receiveAgreement/protocolSettings/acknowledgementSettings/"
    assert refused.value.target == f"{at}acknowledgementControlNumberLowerBound"
    pointer = upper_bound_pointer(
        acknowledging("edifact", receive=_DEFAULTS, send=_SHORT), Kind.ACKNOWLEDGEMENT
    )
    assert pointer.startswith("/document/content/edifact/sendAgreement/")


def test_real_agreements(corpus: Path) -> None:
    """Every exported one numbers four kinds, and the EDIFACT ones acknowledge with their prefix."""
    folder = corpus / "integration_account" / "agreements"
    for path in (*folder.glob("x12/*.json"), *folder.glob("edifact/*.json")):
        document = json.loads(path.read_text("utf-8-sig"))
        found = numbering(document if "content" in str(document)[:400] else {"content": document})
        require_fit_for_envelope({"content": document})
        if found:
            assert set(found) == set(Kind), path.name
        if "EDIFACT" in document:
            assert formatted(found[Kind.ACKNOWLEDGEMENT], 1) == "CN1NU"
