"""Received interchanges of an account as received numbers of the service."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.model.numbers import Kind
from shared.model.wire import JsonObject, JsonValue
from shared.rules.integration_accounts.received import Receiving, validity_days
from shared.rules.integration_accounts.sessions import ReceivedNumberSeen

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def agreement(standard: str, days: JsonValue = 7, lower: int = 1) -> JsonObject:
    validation: JsonObject = {"interchangeControlNumberValidityDays": days}
    envelope: JsonObject = {"interchangeControlNumberLowerBound": lower}
    return {
        "agreementType": standard,
        "content": {
            standard: {
                "receiveAgreement": {"protocolSettings": {"validationSettings": validation}},
                "sendAgreement": {"protocolSettings": {"envelopeSettings": envelope}},
            }
        },
    }


def seen(value: str, changed_time: str = "2/22/2017 8:05:41 PM") -> ReceivedNumberSeen:
    return ReceivedNumberSeen("A", "x12", value, changed_time)


def test_a_session_is_a_received_number() -> None:
    number = Receiving(agreement("X12")).number("X12-ICN-A-000000641", seen("000000641"), NOW)
    assert (number.agreement, number.kind, number.value) == ("A", Kind.INTERCHANGE, 641)
    assert number.message_id == "X12-ICN-A-000000641"
    assert number.seen_at == datetime(2017, 2, 22, 20, 5, 41, tzinfo=UTC)
    assert number.expires_at == number.seen_at + timedelta(days=7)


def test_references_of_edifact_are_texts() -> None:
    receiving = Receiving(agreement("EDIFACT"))
    assert receiving.number("s", seen("000641"), NOW).value == "000641"
    assert receiving.number("s", seen("641"), NOW).value == 641


def test_wrong_bounds_do_not_change_what_a_number_is() -> None:
    assert Receiving(agreement("X12", lower=0)).number("s", seen("000000641"), NOW).value == 641
    edifact = Receiving(agreement("EDIFACT", lower=0))
    assert edifact.number("s", seen("000641"), NOW).value == "000641"
    assert Receiving({}).number("s", seen("641"), NOW).value == 641


def test_a_reference_that_x12_does_not_have_is_kept_as_it_is() -> None:
    assert Receiving(agreement("X12")).number("s", seen("B5"), NOW).value == "B5"


@pytest.mark.parametrize("time", ["", "what", "9999-12-31T23:59:59.9999999Z"])
def test_a_time_that_says_nothing_is_now(time: str) -> None:
    number = Receiving(agreement("X12")).number("s", seen("5", time), NOW)
    assert number.seen_at == NOW


@pytest.mark.parametrize(
    ("said", "days"),
    [(1, 1), (3650.0, 3650), (9999, 3650), (0, 30), (True, 30), ("7", 30), (None, 30)],
)
def test_validity_is_that_of_the_agreement(said: JsonValue, days: int) -> None:
    assert validity_days(agreement("X12", said)) == days
    assert validity_days({}) == 30
