"""Received numbers and MIC values in the text in which they are stored.

The text of a row is the document of its line in a backup, and there may be millions of them. One
that is written as this version writes it is recognised by a pattern, in a quarter of the time that
its model takes. What a pattern does not take is left to the model, whose answer is the same.
"""

import re
from datetime import datetime
from functools import cache
from typing import NamedTuple

from shared.model.numbers import Kind
from shared.model.record import text_line
from shared.model.runtime import (
    MicAlgorithm,
    MicRecord,
    MicValue,
    ReceivedNumber,
    ReceivedRecord,
)
from shared.model.wire import rfc3339

# Without escapes, so that the text is its own JSON; half a character is none in UTF-8.
_PLAIN = r'[^"\\\x00-\x1f\ud800-\udfff]*'
_TEXT = f'"{_PLAIN}"'
_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"


def _object(**members: str) -> str:
    """The pattern of an object with these members, in their order."""
    inner = ",".join(f'"{name}":{pattern}' for name, pattern in members.items())
    return rf"\{{{inner}\}}"


_MIC = _object(
    agreement=f'"(?P<agreement>{_PLAIN})"',
    algorithm=f'"(?:{"|".join(MicAlgorithm)})"',
    as2From=_TEXT,
    as2To=_TEXT,
    messageId=f'"(?P<id>{_PLAIN})"',
    mic=_TEXT,
    time=f'"(?P<time>{_TIME})"',
)
_NUMBER = _object(
    agreement=f'"(?P<agreement>{_PLAIN})"',
    expiresAt=f'"(?P<expires>{_TIME})"',
    kind=f'"(?P<kind>{"|".join(Kind)})"',
    messageId=_TEXT,
    seenAt=f'"(?P<time>{_TIME})"',
    value=f'(?:"(?P<value>{_PLAIN})"|(?P<whole>0|[1-9][0-9]{{0,17}}))',
)
_MIC_LINE, _NUMBER_LINE = (
    _object(changedAt=_TEXT, document=f"(?P<document>{one})", name=_TEXT) for one in (_MIC, _NUMBER)
)
_MIC_ROW, _NUMBER_ROW = (f"(?P<document>{one})" for one in (_MIC, _NUMBER))


class WrittenMic(NamedTuple):
    """A MIC value as it is stored."""

    agreement: str
    message_id: str
    time: str
    """RFC 3339."""
    text: str
    """Canonical JSON."""

    def line(self) -> bytes:
        """The line of its record in a backup."""
        return text_line(f"{self.agreement}/{self.message_id}", self.text, self.time)


class WrittenNumber(NamedTuple):
    """A received number as it is stored."""

    agreement: str
    kind: str
    value: int | str
    seen_at: str
    """RFC 3339."""
    text: str
    """Canonical JSON."""

    def line(self) -> bytes:
        """The line of its record in a backup."""
        return text_line(f"{self.agreement}/{self.kind}/{self.value}", self.text, self.seen_at)


def written_mic(text: str) -> WrittenMic:
    """A MIC value by the text of its row.

    :raises pydantic.ValidationError: if it is no MIC value.
    """
    return _mic(_MIC_ROW, text) or _mic_of(MicValue.model_validate_json(text))


def written_number(text: str) -> WrittenNumber:
    """A received number by the text of its row; as ``written_mic``."""
    return _number(_NUMBER_ROW, text) or _number_of(ReceivedNumber.model_validate_json(text))


def mic_of_line(line: bytes) -> WrittenMic:
    """A MIC value by its line in a backup, without its line feed; as ``written_mic``."""
    return _mic(_MIC_LINE, _decoded(line)) or _mic_of(MicRecord.model_validate_json(line).document)


def number_of_line(line: bytes) -> WrittenNumber:
    """A received number by its line in a backup; as ``mic_of_line``."""
    found = _number(_NUMBER_LINE, _decoded(line))
    return found or _number_of(ReceivedRecord.model_validate_json(line).document)


def _mic(pattern: str, text: str) -> WrittenMic | None:
    found = _compiled(pattern).fullmatch(text)
    if found is None or not _is_time(found["time"]):
        return None
    return WrittenMic(*found.group("agreement", "id", "time", "document"))


def _mic_of(mic: MicValue) -> WrittenMic:
    return WrittenMic(mic.agreement, mic.message_id, rfc3339(mic.time), mic.text)


def _number(pattern: str, text: str) -> WrittenNumber | None:
    found = _compiled(pattern).fullmatch(text)
    if found is None or not (_is_time(found["time"]) and _is_time(found["expires"])):
        return None
    agreement, kind, whole, seen_at, document = found.group(
        "agreement", "kind", "whole", "time", "document"
    )
    value = found["value"] if whole is None else int(whole)
    return WrittenNumber(agreement, kind, value, seen_at, document)


def _number_of(number: ReceivedNumber) -> WrittenNumber:
    seen_at = rfc3339(number.seen_at)
    return WrittenNumber(number.agreement, number.kind, number.value, seen_at, number.text)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """At the first use: it takes a millisecond, which a cold start need not wait for."""
    return re.compile(pattern)


def _decoded(line: bytes) -> str:
    """A line as text; an empty one if it is not in UTF-8, which the model tells."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return ""


def _is_time(text: str) -> bool:
    """Whether there is such a day and such a second."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
