"""Lines of received numbers and MIC values, made of their text, are those of their models."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.model.numbers import Kind
from shared.model.record import Record
from shared.model.runtime import MicAlgorithm, MicValue, ReceivedNumber
from shared.model.runtime_text import mic_of_line, number_of_line, written_mic, written_number
from shared.model.wire import rfc3339

_WORDS = st.sampled_from(["", "A", "<1@as2>", "é", "日", '"', "\\", "/", "\x00", "\x7f", "\u2028"])
_TEXTS = _WORDS | st.text(st.characters(exclude_categories=["Cs"]))
_TIMES = st.datetimes().map(lambda time: time.replace(tzinfo=UTC))
_MICS = st.fixed_dictionaries(
    {
        **dict.fromkeys(("agreement", "message_id", "mic", "as2_from", "as2_to"), _TEXTS),
        "algorithm": st.sampled_from(MicAlgorithm),
        "time": _TIMES,
    }
).map(MicValue.model_validate)
_NUMBERS = st.fixed_dictionaries(
    {
        **dict.fromkeys(("agreement", "message_id"), _TEXTS),
        **dict.fromkeys(("seen_at", "expires_at"), _TIMES),
        "kind": st.sampled_from(Kind),
        "value": st.integers(0, 10**15) | _TEXTS,
    }
).map(ReceivedNumber.model_validate)


@given(_MICS)
def test_a_mic_value_is_that_of_its_model(mic: MicValue) -> None:
    written = written_mic(mic.text)
    assert written.line() == Record(mic.record_name, mic.to_json(), rfc3339(mic.time)).line()
    assert written == mic_of_line(written.line()[:-1])
    assert written == (mic.agreement, mic.message_id, rfc3339(mic.time), mic.text)


@given(_NUMBERS)
def test_a_received_number_is_that_of_its_model(number: ReceivedNumber) -> None:
    written, seen_at = written_number(number.text), rfc3339(number.seen_at)
    assert written.line() == Record(number.record_name, number.to_json(), seen_at).line()
    assert written == number_of_line(written.line()[:-1])
    assert written == (number.agreement, number.kind, number.value, seen_at, number.text)


_NOW = datetime(2026, 11, 1, 12, 30, 59, 123000, UTC)
_MIC = MicValue(
    agreement="A",
    message_id="m",
    mic="q83v",
    algorithm=MicAlgorithm.SHA1,
    as2_from="f",
    as2_to="t",
    time=_NOW,
).text
_NUMBER = ReceivedNumber(
    agreement="A",
    kind=Kind.GROUP,
    value=641,
    message_id="m",
    seen_at=_NOW,
    expires_at=_NOW,
).text
_OTHERWISE = [
    *((" ", ""), (":", ": "), ('"m"', '"\\u006d"'), ('"m"', '"\\ud800"'), ('"m"', "5")),
    *(('"m"', '"\ud800"'), ('"m"', '"\x01"'), ("{", '{"x":1,'), ("}", ',"agreement":"B"}')),
    *(("2026", "0000"), ("-11-01", "-02-30"), ("-11-", "-13-"), ("T12", "T24"), (":59.", ":60.")),
    *((".123Z", "Z"), (".123Z", ".1239Z"), (".123Z", ".123+01:00"), (".123Z", ".123"), ("Z", "z")),
    *(("2026", "٢٠٢٦"), ("SHA1", "SHA9"), ("group", "Group"), ("641", "0641"), ("641", "-1")),
    *(("641", "6.5"), ("641", "641.0"), ("641", '"641"'), ("641", "null"), ("641", "9" * 30)),
]
"""What is written in another way than this version's, or is damaged: before, and after."""


def _line(text: str) -> bytes:
    return f'{{"changedAt":"t","document":{text},"name":"n"}}'.encode("utf-8", "surrogatepass")


def _of_mic(text: str) -> tuple[Any, ...]:
    told = MicValue.model_validate_json(text)
    return told.agreement, told.message_id, rfc3339(told.time), told.text


def _of_number(text: str) -> tuple[Any, ...]:
    told = ReceivedNumber.model_validate_json(text)
    return told.agreement, told.kind, told.value, rfc3339(told.seen_at), told.text


@pytest.mark.parametrize(("before", "after"), _OTHERWISE)
@pytest.mark.parametrize(
    ("written", "by_model", "of_row", "of_line"),
    [
        (_MIC, _of_mic, written_mic, mic_of_line),
        (_NUMBER, _of_number, written_number, number_of_line),
    ],
    ids=["mic", "number"],
)
def test_what_is_written_otherwise_is_told_by_its_model(
    written: str,
    by_model: Callable[[str], tuple[Any, ...]],
    of_row: Callable[[str], tuple[Any, ...]],
    of_line: Callable[[bytes], tuple[Any, ...]],
    before: str,
    after: str,
) -> None:
    text = written.replace(before, after)
    line = _line(text)
    try:
        expected = by_model(text)
    except ValidationError:
        with pytest.raises(ValidationError):
            of_row(text)
        with pytest.raises(ValidationError):
            of_line(line)
        return
    assert of_row(text) == expected
    assert of_line(line) == expected


def test_a_line_that_is_not_in_utf_8_is_none() -> None:
    with pytest.raises(ValidationError):
        mic_of_line(written_mic(_MIC).line().replace(b"q83v", b"\xff"))
