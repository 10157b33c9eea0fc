"""How a document says between which bounds an agreement numbers."""

import pytest

from shared.model.numbers import HIGHEST_NUMBER, Bounds, Kind
from shared.model.problem import Code, Problem
from shared.rules.agreement_numbers import formatted, numbering


def x12(**settings: object) -> dict[str, object]:
    return {
        "agreementType": "X12",
        "content": {
            "x12": {
                "sendAgreement": {
                    "protocolSettings": {
                        "envelopeSettings": settings,
                        "acknowledgementSettings": {"acknowledgementControlNumberLowerBound": 7},
                    }
                }
            }
        },
    }


def test_the_bounds_of_an_x12_agreement() -> None:
    found = numbering(
        x12(  # type: ignore[arg-type]
            interchangeControlNumberLowerBound=10,
            interchangeControlNumberUpperBound=99,
            rolloverInterchangeControlNumber=False,
            transactionSetControlNumberUpperBound=9_999_999,
            transactionSetControlNumberPrefix="A",
            transactionSetControlNumberSuffix="Z",
        )
    )
    assert found[Kind.INTERCHANGE] == Bounds(lower=10, upper=99, rollover=False, digits=9)
    assert found[Kind.GROUP] == Bounds()
    assert found[Kind.TRANSACTION_SET] == Bounds(upper=9_999_999, prefix="A", suffix="Z", digits=2)
    assert found[Kind.ACKNOWLEDGEMENT].lower == 7
    assert formatted(found[Kind.INTERCHANGE], 42) == "000000042"
    assert formatted(found[Kind.TRANSACTION_SET], 42) == "A42Z"


def test_an_agreement_wrapped_as_an_arm_resource() -> None:
    wrapped = {"name": "A", "properties": x12(groupControlNumberLowerBound=3)}
    assert numbering(wrapped)[Kind.GROUP].lower == 3  # type: ignore[arg-type]


def test_as2_numbers_nothing() -> None:
    assert numbering({"agreementType": "AS2", "content": {"aS2": {"sendAgreement": {}}}}) == {}


@pytest.mark.parametrize(
    ("lower", "upper"), [(0, 5), (6, 5), (-1, 5), (1, 0), (1, HIGHEST_NUMBER + 1)]
)
def test_bounds_the_wrong_way_round_are_refused(lower: int, upper: int) -> None:
    document = x12(groupControlNumberLowerBound=lower, groupControlNumberUpperBound=upper)
    with pytest.raises(Problem) as refused:
        numbering(document)  # type: ignore[arg-type]
    assert refused.value.code is Code.INVALID_REQUEST
