"""Sessions as a push writes them, and numbers as its plan tells them."""

from datetime import UTC, datetime

import pytest

from shared.model.numbers import Kind
from shared.model.problem import Code
from shared.model.push import (
    Action,
    AgreementNumbersChoice,
    ControlNumbersAtPush,
    NumberSource,
    PlannedNumber,
    PushNumbersPolicy,
    UncertainNumber,
)
from shared.model.wire import JsonValue
from shared.rules.integration_accounts.push_numbers_told import Numbers, wrong_choices
from shared.rules.integration_accounts.push_sessions import (
    SessionNames,
    SessionThere,
    generated_session,
    received_session,
)
from shared.rules.integration_accounts.sessions import number_of

NOW = datetime(2026, 11, 30, tzinfo=UTC)
US: JsonValue = {"ControlNumber": "0007", "ControlNumberChangedTime": "5/8/2017 6:00:00 PM"}
BARE: JsonValue = "12"
UNREADABLE: JsonValue = {"something": "else"}


@pytest.mark.parametrize(
    ("target", "own", "name", "content"),
    [
        (BARE, US, "northwind-ICN", "50"),
        (None, BARE, "NORTHWIND-icn", "50"),
        (UNREADABLE, BARE, "northwind-ICN", "50"),
        (
            US,
            None,
            "northwind-ICN",
            {"ControlNumber": "0050", "ControlNumberChangedTime": "11/30/2026 12:00:00 AM"},
        ),
        (
            None,
            None,
            "Northwind-Icn",
            {
                "ControlNumber": "50",
                "ControlNumberChangedTime": "2026-11-30T00:00:00.0000000Z",
                "MessageType": 0,
            },
        ),
    ],
)
def test_a_session_has_the_form_of_the_account_else_that_of_the_service(
    target: JsonValue, own: JsonValue, name: str, content: JsonValue
) -> None:
    found = generated_session(
        "Northwind",
        Kind.INTERCHANGE,
        "X12",
        50,
        NOW,
        SessionThere("northwind-ICN", target) if target is not None else None,
        SessionThere("NORTHWIND-icn", own) if own is not None else None,
    )
    assert (found.name, found.content) == (name, content)
    assert number_of(found.content) == 50
    assert found.document == {"content": content}


def test_other_sessions_are_created_where_they_are_missing_and_stay_where_they_are() -> None:
    names = SessionNames(["X12-ICN-Northwind-000000007"])
    names.add("something")
    assert names.action("x12-icn-northwind-000000007") is Action.KEEP
    assert names.action("SOMETHING") is Action.KEEP
    assert names.action("X12-ICN-Northwind-000000008") is Action.CREATE


def test_the_session_of_a_received_number() -> None:
    found = received_session("Northwind", "edifact", "REF+1", NOW)
    assert found.name == "Edifact-ICN-Northwind-REF+1"
    assert found.content == {
        "ControlNumber": "REF+1",
        "ControlNumberChangedTime": "2026-11-30T00:00:00.0000000Z",
        "IsMessageProcessingFailed": False,
        "MessageType": 1,
    }


def number(name: str, **members: object) -> PlannedNumber:
    given: dict[str, object] = {
        "agreement": name,
        "kind": Kind.GROUP,
        "last_known": 1,
        "known_by": NumberSource.LEDGER,
        "becomes": 1,
        "written": True,
        "why": "",
        **members,
    }
    return PlannedNumber.model_validate(given)


def uncertain(name: str, by: int, **members: object) -> UncertainNumber:
    given: dict[str, object] = {
        "agreement": name,
        "kind": Kind.GROUP,
        "last_known": 120,
        "proposed_by": by,
        "why": "The account that it was pulled from is gone.",
        **members,
    }
    return UncertainNumber.model_validate(given)


def test_what_there_is_to_note_comes_first_and_what_stays_last() -> None:
    found = Numbers(ControlNumbersAtPush())
    found.add(None)
    found.add(number("Stays", written=False))
    for index in range(250):
        found.add(number(f"N{index}"))
    found.add(number("Again", issued_again=5))
    found.add(number("End", exhausted=True))
    planned = found.end(created=3, kept=4)
    assert [one.agreement for one in planned.items[:3]] == ["Again", "End", "N0"]
    assert (len(planned.items), planned.more) == (200, 53)
    assert (planned.counters, planned.written) == (253, 252)
    assert (planned.exhausted, planned.issued_again) == (1, 5)
    assert (planned.sessions_created, planned.sessions_kept) == (3, 4)
    assert (planned.uncertain, planned.proposed_by) == ([], None)
    assert found.problems() == []
    assert [one.code for one in found.warnings()] == ["NumbersExhausted", "NumbersComeAgain"]


def test_what_is_set_back_is_named() -> None:
    found = Numbers(ControlNumbersAtPush())
    found.add(number("Stays", target=50, becomes=10, issued_again=5, written=False))
    found.add(number("Ahead", target=5, becomes=10, issued_again=5))
    found.add(number("New", target=None, becomes=10, issued_again=5))
    (told,) = found.warnings()
    assert "set back" not in told.message
    for index in range(6):
        found.add(number(f"B{index}", target=50 + index, becomes=10, issued_again=40))
    (told,) = found.warnings()
    assert "set back: 'B0' group from 50 to 10, 'B1' group from 51" in told.message
    assert told.message.endswith("and 1 more.")


def test_what_is_uncertain_is_refused_with_what_to_send_instead() -> None:
    found = Numbers(ControlNumbersAtPush())
    found.add(number("Sure"))
    found.add(uncertain("A", 20, seen_at="2026-11-29T02:00:00Z", per_day=10.04))
    found.add(uncertain("B", 5, seen_at="2026-11-29T02:00:00Z", per_day=0))
    found.add(uncertain("C", 1000))
    found.add(uncertain("D", 7, seen_at="2026-11-29T02:00:00Z"))
    [problem] = found.problems()
    assert (problem.code, problem.target) == (
        Code.CONTROL_NUMBERS_UNCERTAIN,
        "/controlNumbers/policy",
    )
    assert "gone" in problem.message
    assert "by: 1000" in problem.message
    assert "asKnown" in problem.message
    assert [(one.target, one.message) for one in problem.details] == [
        (
            "A/group",
            "'A' group: 120, last seen at 2026-11-29T02:00:00.000Z, about 10 a day; by: 20",
        ),
        (
            "B/group",
            "'B' group: 120, last seen at 2026-11-29T02:00:00.000Z, it did not move while it was "
            "seen; by: 5",
        ),
        ("C/group", "'C' group: last known 120, its rate is unknown; by: 1000"),
        (
            "D/group",
            "'D' group: 120, last seen at 2026-11-29T02:00:00.000Z, its rate is unknown; by: 7",
        ),
    ]
    planned = found.end()
    assert (planned.proposed_by, len(planned.uncertain), planned.more_uncertain) == (1000, 4, 0)
    assert (planned.counters, len(planned.items), planned.more) == (5, 1, 0)


def test_of_many_that_are_uncertain_the_first_are_named_and_the_highest_by_counts() -> None:
    found = Numbers(ControlNumbersAtPush())
    for index in range(300):
        found.add(uncertain(f"A{index}", index + 1))
    planned, [problem] = found.end(), found.problems()
    assert (len(planned.uncertain), planned.more_uncertain, planned.proposed_by) == (200, 100, 300)
    assert (planned.items, planned.more) == ([], 0)
    assert "of 300 numbers" in problem.message
    assert problem.details[-1].message == "100 more are unknown too."


def test_sessions_that_cannot_be_read_are_told() -> None:
    found = Numbers(ControlNumbersAtPush())
    for index in range(7):
        found.unreadable(f"A{index}-Icn")
    [warning] = found.warnings()
    assert warning.code == "SessionUnreadable"
    assert "'A4-Icn' and 2 more" in warning.message


def test_what_is_wrong_with_what_is_said_of_numbers() -> None:
    advance, as_known = PushNumbersPolicy.ADVANCE, PushNumbersPolicy.AS_KNOWN
    body = ControlNumbersAtPush(
        policy=advance,
        agreements=[
            AgreementNumbersChoice(agreement="NORTHWIND", policy=as_known, by=5),
            AgreementNumbersChoice(agreement="Northwind", policy=advance, by=5),
            AgreementNumbersChoice(agreement="Nobody", policy=as_known),
        ],
    )
    assert [(one.code, one.target) for one in wrong_choices(body, ["Northwind"], partial=True)] == [
        (Code.INVALID_REQUEST, "/controlNumbers/by"),
        (Code.INVALID_REQUEST, "/controlNumbers/agreements/0/by"),
        (Code.INVALID_REQUEST, "/controlNumbers/agreements/1/agreement"),
        (Code.AGREEMENT_NOT_FOUND, "/controlNumbers/agreements/2/agreement"),
    ]
    assert [*wrong_choices(ControlNumbersAtPush(), [], partial=False)] == []
