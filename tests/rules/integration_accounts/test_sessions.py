"""Sessions: whose they are, what they hold, and how a number is written back."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.numbers import HIGHEST_REFERENCE, Kind
from shared.model.wire import JsonObject, JsonValue
from shared.rules.integration_accounts.session_names import (
    Agreements,
    generated_name,
    received_name,
)
from shared.rules.integration_accounts.sessions import (
    GeneratedNumber,
    OtherSession,
    ReceivedNumberSeen,
    new_content,
    number_of,
    read,
    written,
)
from shared.rules.integration_accounts.times import is_us, iso_text, moment, ticks, ticks_of

CHANGED = "2017-04-27T18:49:40.2157679Z"
US: JsonObject = {
    "ControlNumber": "1000",
    "ControlNumberChangedTime": "2/22/2017 8:05:41 PM",
    "MessageType": "X12",
}
ENUM: JsonObject = {
    "ControlNumber": "1100",
    "ControlNumberChangedTime": "2017-04-27T18:50:15.7425983Z",
    "MessageType": 0,
}
LOWER: JsonObject = {
    "controlNumber": "1234",
    "controlNumberChangedTime": "2017-02-21T22:30:11.9923759Z",
}
NOW = datetime(2026, 11, 30, 14, 0, 0, 123456, UTC)


def generated(name: str, *agreements: str, content: JsonValue = "7") -> GeneratedNumber:
    found = read(name, content, CHANGED, Agreements(agreements))
    assert isinstance(found, GeneratedNumber)
    return found


def received(
    name: str, *agreements: str, content: JsonValue = None, changed_time: str = CHANGED
) -> ReceivedNumberSeen:
    found = read(name, content, changed_time, Agreements(agreements))
    assert isinstance(found, ReceivedNumberSeen)
    return found


def other(name: str, *agreements: str, content: JsonValue = "7") -> str:
    found = read(name, content, CHANGED, Agreements(agreements))
    assert isinstance(found, OtherSession)
    return found.why


@pytest.mark.parametrize(
    ("end", "kind"),
    [
        ("Icn", Kind.INTERCHANGE),
        ("ICN", Kind.INTERCHANGE),
        ("gcn", Kind.GROUP),
        ("Tscn", Kind.TRANSACTION_SET),
        ("TSCN-ACK", Kind.ACKNOWLEDGEMENT),
        ("Tscn-Ack", Kind.ACKNOWLEDGEMENT),
    ],
)
def test_generated_numbers_by_their_names(end: str, kind: Kind) -> None:
    found = generated(f"contoso-fabrikam-{end}", "Contoso-Fabrikam")
    assert (found.agreement, found.kind) == ("Contoso-Fabrikam", kind)
    assert (found.value, found.changed_time) == (7, CHANGED)


@pytest.mark.parametrize("end", ["Gcn-ACK", "Icn-ACK"])
def test_numbers_without_a_counter_in_the_ledger_are_kept_as_they_are(end: str) -> None:
    assert "no such counter" in other(f"A-{end}", "A")


@pytest.mark.parametrize(
    "name", ["A-Icn", "Icn", "-Icn", "B-Icn", "A-Xcn", "A", "", "AIcn", "X12-ICN-A", "X12-ICN-A-"]
)
def test_names_of_no_agreement_that_exists(name: str) -> None:
    assert "agreement that exists" in other(name, "B2")


def test_an_agreement_whose_name_ends_like_a_session() -> None:
    assert generated("A-Icn-Icn", "A", "A-Icn").agreement == "A-Icn"
    assert generated("A-Icn", "A", "A-Icn").agreement == "A"
    assert generated("A-TSCN-ACK", "A", "A-TSCN").kind is Kind.ACKNOWLEDGEMENT
    assert generated("A-Tscn-ACK-Icn", "A", "A-Tscn-ACK").agreement == "A-Tscn-ACK"
    assert generated("X12-ICN-A-Icn", "A", "X12-ICN-A").agreement == "X12-ICN-A"


def test_received_numbers_by_their_names() -> None:
    found = received("X12-ICN-contoso-fabrikam-000000641", "Contoso", "Contoso-Fabrikam")
    assert (found.agreement, found.standard) == ("Contoso-Fabrikam", "x12")
    assert found.value == "000000641"
    edifact = received("EDIFACT-icn-A-+REF,1 -X", "A")
    assert (edifact.standard, edifact.value) == ("edifact", "+REF,1 -X")


def test_the_longest_agreement_is_it_unless_the_content_says_otherwise() -> None:
    both = ("A", "A-1")
    assert received("Edifact-ICN-A-1-5", *both).agreement == "A-1"
    assert received("Edifact-ICN-A-1-5", *both, content="5").agreement == "A-1"
    shorter = received("Edifact-ICN-A-1-5", *both, content={"controlnumber": "1-5"})
    assert (shorter.agreement, shorter.value) == ("A", "1-5")
    assert received("X12-ICN-A-1-5", *both, content="000000005").value == "5"


def test_a_reference_that_x12_cannot_have_is_kept_as_it_is() -> None:
    assert "no reference" in other("X12-ICN-A-B5", "A")
    assert "no reference" in other("X12-ICN-A-1234567890", "A")


def test_when_an_interchange_was_received() -> None:
    assert received("X12-ICN-A-5", "A", content=US).changed_time == "2/22/2017 8:05:41 PM"
    assert received("X12-ICN-A-5", "A", content="5").changed_time == CHANGED
    odd: JsonObject = {"ControlNumber": "5", "ControlNumberChangedTime": "yesterday"}
    assert received("X12-ICN-A-5", "A", content=odd).changed_time == CHANGED


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("256", 256),
        (" 000000256 ", 256),
        (US, 1000),
        (ENUM, 1100),
        (LOWER, 1234),
        ({"CONTROLNUMBER": 5}, 5),
        (5.0, 5),
        (0, 0),
        (str(HIGHEST_REFERENCE), HIGHEST_REFERENCE),
        (str(HIGHEST_REFERENCE + 1), None),
        ("9" * 5000, None),
        ("-1", None),
        ("٣", None),
        ("1e3", None),
        ("", None),
        (None, None),
        (True, None),
        ([5], None),
        ({}, None),
        ({"ControlNumber": None}, None),
        (5.5, None),
    ],
)
def test_numbers_of_all_forms(content: JsonValue, value: int | None) -> None:
    assert number_of(content) == value
    if value is None:
        assert "no control number" in other("A-Icn", "A", content=content)
    else:
        assert generated("A-Icn", "A", content=content).value == value


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["ControlNumber", "controlNumberChangedTime", "MessageType"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=5,
)


@given(
    name=st.text("AB-xX12icnTSCNackEdifact5/ +", max_size=30),
    content=ANY_JSON,
    changed=st.text(max_size=30),
)
def test_nothing_in_a_session_raises(name: str, content: JsonValue, changed: str) -> None:
    read(name, content, changed, Agreements(["A", "A-B", "X12"]))


@given(
    agreements=st.lists(st.text("AbC-", min_size=1, max_size=6), min_size=1, max_size=6),
    chosen=st.integers(0, 5),
    kind=st.sampled_from(Kind),
    number=st.integers(0, HIGHEST_REFERENCE),
)
def test_a_session_that_is_written_is_read_as_the_same(
    agreements: list[str], chosen: int, kind: Kind, number: int
) -> None:
    agreement = agreements[chosen % len(agreements)]
    found = generated(
        generated_name(agreement, kind), *agreements, content=new_content("X12", number, NOW)
    )
    assert (found.agreement.lower(), found.kind) == (agreement.lower(), kind)
    assert found.value == number
    reference = str(number % 1_000_000_000)
    name = received_name(agreement, "x12", reference)
    content = new_content("x12", reference, NOW, received=True)
    seen = received(name, *agreements, content=content)
    assert seen.agreement.lower() == agreement.lower()
    assert seen.value == reference


def test_a_number_is_written_in_the_form_that_is_there() -> None:
    assert written("256", 257, NOW) == "257"
    assert written("000000256", 1257, NOW) == "000001257"
    assert written(256, 257, NOW) == 257
    assert written(US, 1001, NOW) == {
        "ControlNumber": "1001",
        "ControlNumberChangedTime": "11/30/2026 2:00:00 PM",
        "MessageType": "X12",
    }
    assert written(ENUM, 1101, NOW) == {
        "ControlNumber": "1101",
        "ControlNumberChangedTime": "2026-11-30T14:00:00.1234560Z",
        "MessageType": 0,
    }
    lower = written(LOWER, 5, NOW)
    assert isinstance(lower, dict)
    assert list(lower) == ["controlNumber", "controlNumberChangedTime"]


def test_the_time_of_a_number_never_goes_back() -> None:
    before = datetime(2017, 1, 1, tzinfo=UTC)
    assert written(ENUM, 1101, before) == {
        **ENUM,
        "ControlNumber": "1101",
        "ControlNumberChangedTime": "2017-04-27T18:50:15.7425984Z",
    }
    assert written(US, 1001, before) == {
        **US,
        "ControlNumber": "1001",
        "ControlNumberChangedTime": "2/22/2017 8:05:42 PM",
    }


def test_a_number_without_a_time_gets_none() -> None:
    assert written({"controlNumber": "5"}, 6, NOW) == {"controlNumber": "6"}
    odd: JsonObject = {"controlNumber": "5", "controlNumberChangedTime": None}
    assert written(odd, 6, NOW) == {
        "controlNumber": "6",
        "controlNumberChangedTime": "2026-11-30T14:00:00.1234560Z",
    }


def test_content_that_holds_no_number_is_not_written() -> None:
    unreadable: list[JsonValue] = ["what", {}, None]
    for content in unreadable:
        with pytest.raises(ValueError, match="no control number"):
            written(content, 5, NOW)


def test_new_content_is_that_of_microsofts_commands() -> None:
    assert new_content("Edifact", 5, NOW) == {
        "ControlNumber": "5",
        "ControlNumberChangedTime": "2026-11-30T14:00:00.1234560Z",
        "MessageType": 1,
    }
    with pytest.raises(ValueError, match="AS2"):
        new_content("AS2", 5, NOW)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 4_102_444_800_000_000).map(lambda one: EPOCH + timedelta(microseconds=one))


@given(old=MOMENTS, tick=st.integers(0, 9), now=MOMENTS, us=st.booleans(), value=st.integers(1, 9))
def test_a_later_time_is_written_whatever_the_clock_says(
    old: datetime, tick: int, now: datetime, us: bool, value: int
) -> None:
    count = ticks(old) + tick
    text = f"{old.month}/{old.day}/{old.year} {old:%I:%M:%S %p}" if us else iso_text(count)
    content: JsonObject = {"ControlNumber": "1", "ControlNumberChangedTime": text}
    changed = written(content, value, now)
    assert isinstance(changed, dict)
    time = changed["ControlNumberChangedTime"]
    assert isinstance(time, str)
    assert is_us(time) is us
    after, before = ticks_of(time), ticks_of(text)
    assert after is not None
    assert before is not None
    assert after > before
    assert after > ticks(now) - 10_000_000
    assert number_of(changed) == value


@given(MOMENTS, st.integers(0, 9))
def test_times_of_seven_digits_come_back(moment_: datetime, tick: int) -> None:
    count = ticks(moment_) + tick
    assert ticks_of(iso_text(count)) == count
    assert moment(iso_text(count)) == moment_


def test_times_of_all_forms() -> None:
    noon = ticks(datetime(2017, 2, 22, 12, 5, 41, tzinfo=UTC))
    for text in (
        "2/22/2017 12:05:41 PM",
        "02/22/2017 12:05:41\u202fpm",
        "2017-02-22T12:05:41Z",
        "2017-02-22T12:05:41.0000000",
        "2017-02-22t13:05:41.00000009+01:00",
    ):
        assert ticks_of(text) == noon
    assert ticks_of("2/22/2017 12:05:41 AM") == noon - int(timedelta(hours=12).total_seconds()) * (
        10_000_000
    )
    for text in ("", "now", "13/1/2017 1:00:00 PM", "1/1/2017 13:00:00 PM", "2017-02-30T00:00:00Z"):
        assert ticks_of(text) is None
        assert moment(text) is None
    assert ticks_of("0001-01-01T00:00:00+14:00") is None
    assert iso_text(10**30) == "9999-12-31T23:59:59.9999999Z"
