"""Sessions of an account: run-time state that it keeps for each agreement, read and written.

Content has three forms: a bare text; an object of texts with a US date; an object with the standard
as a number and seven digits of a second. Letter case varies. What cannot be read is kept as it is,
and is no error. A generated number is the last one that was issued.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.model.numbers import HIGHEST_REFERENCE, Kind
from shared.model.wire import JsonObject, JsonValue, as_whole
from shared.rules.integration_accounts.session_names import (
    Agreements,
    GeneratedName,
    ReceivedName,
    named,
)
from shared.rules.integration_accounts.times import (
    SECOND,
    is_us,
    iso_text,
    ticks,
    ticks_of,
    us_text,
)
from shared.rules.trading import member

_NUMBER = "controlNumber"
_TIME = "controlNumberChangedTime"
_STANDARD_NUMBERS: Mapping[str, int] = {"x12": 0, "edifact": 1}
"""``MessageType`` as a number."""
_X12_DIGITS = 9


@dataclass(frozen=True, slots=True)
class GeneratedNumber:
    """The last control number that an agreement issued."""

    agreement: str
    """In the spelling of the agreement itself."""
    kind: Kind
    value: int
    changed_time: str
    """The session's own, as it came; that of its content where the session has none."""


@dataclass(frozen=True, slots=True)
class ReceivedNumberSeen:
    """An interchange that an agreement received."""

    agreement: str
    """In the spelling of the agreement itself."""
    standard: str
    """``x12`` or ``edifact``."""
    value: str
    """The reference as it is in the session's name."""
    changed_time: str
    """When it was received, by the content; the session's own time where the content has none."""


@dataclass(frozen=True, slots=True)
class OtherSession:
    """A session that is neither: it is kept as it is, and no more."""

    why: str
    """For an operator, without any value of the session."""
    number_of: str = ""
    """The agreement whose issued number it has by its name, and cannot be read; empty for none."""


Session = GeneratedNumber | ReceivedNumberSeen | OtherSession


def read(name: str, content: JsonValue, changed_time: str, agreements: Agreements) -> Session:
    """What a session is. It never fails.

    :param content: ``properties.content`` as it came.
    :param changed_time: ``properties.changedTime`` as it came; empty for none.
    """
    meanings = named(name, agreements)
    if not meanings:
        return OtherSession("Its name is that of no number of an agreement that exists.")
    meaning = meanings[0]
    if len(meanings) > 1:
        said = _said(content)
        meaning = next((one for one in meanings if _fits(one, said)), meaning)
    if isinstance(meaning, ReceivedName):
        if not _is_reference(meaning):
            return OtherSession("Its name ends with what is no reference of an interchange.")
        return ReceivedNumberSeen(
            meaning.agreement,
            meaning.standard,
            meaning.number,
            changed_time=_time(content) or changed_time,
        )
    if meaning.kind is None:
        return OtherSession("An agreement has no such counter of its own.")
    value = number_of(content)
    if value is None:
        why = "Its content holds no control number that can be read."
        return OtherSession(why, number_of=meaning.agreement)
    return GeneratedNumber(
        meaning.agreement, meaning.kind, value, changed_time=changed_time or _time(content)
    )


def number_of(content: JsonValue) -> int | None:
    """The control number that a session's content holds; None where it cannot be read."""
    said = as_whole(_said(content))
    if isinstance(said, int) and not isinstance(said, bool):
        return said if 0 <= said <= HIGHEST_REFERENCE else None
    text = said.strip() if isinstance(said, str) else ""
    if not (text.isascii() and text.isdecimal()) or len(text) > _LONGEST:
        return None
    value = int(text)
    return value if value <= HIGHEST_REFERENCE else None


_LONGEST = 40
"""Most digits that are looked at, leading zeros included."""


def written(content: JsonValue, value: int, now: datetime) -> JsonValue:
    """A session's content with another number, in the form in which it is.

    Its time becomes the later of now and its present one plus the smallest step that its form can
    write: a tick, or a second of the US date. So a reader that goes by the time sees the change,
    also where its clock is behind.

    :raises ValueError: for content that holds no control number: see ``new_content``.
    """
    if number_of(content) is None:
        raise ValueError("The content holds no control number.")
    if not isinstance(content, dict):
        return _like(content, value)
    changed: JsonObject = dict(content)
    number, time = _spelt(content, _NUMBER), _spelt(content, _TIME)
    changed[number] = _like(content[number], value)
    if time in content:
        changed[time] = _later(content[time], ticks(now))
    return changed


def new_content(
    standard: str, value: int | str, now: datetime, *, received: bool = False
) -> JsonObject:
    """The content of a session that is not there yet, in the form of Microsoft's commands.

    :param standard: of the agreement, without regard to case.
    :param value: the last number issued, or the reference that was received.
    :param received: whether it is of a received interchange.
    :raises ValueError: for a standard that has no control numbers.
    """
    number = _STANDARD_NUMBERS.get(standard.lower())
    if number is None:
        raise ValueError(f"{standard} has no control numbers.")
    content: JsonObject = {
        "ControlNumber": str(value),
        "ControlNumberChangedTime": iso_text(ticks(now)),
    }
    if received:
        content["IsMessageProcessingFailed"] = False
    content["MessageType"] = number
    return content


def _said(content: JsonValue) -> JsonValue:
    """What content says that the number is, in whatever type."""
    return member(content, _NUMBER) if isinstance(content, dict) else content


def _fits(meaning: GeneratedName | ReceivedName, said: JsonValue) -> bool:
    """Whether content can be that of a session with this name.

    Two agreements whose names begin alike share the names of some received sessions: the content
    repeats the reference, and tells which.
    """
    if isinstance(meaning, GeneratedName):
        return True
    if not isinstance(said, str | int) or isinstance(said, bool):
        return False
    text, number = str(said).strip(), meaning.number
    return _is_reference(meaning) and text.lstrip("0") == number.lstrip("0")


def _is_reference(name: ReceivedName) -> bool:
    """Whether the end of a name can be a reference: ISA13 is digits, UNB 0020 any text."""
    if name.standard != "x12":
        return True
    return name.number.isascii() and name.number.isdecimal() and len(name.number) <= _X12_DIGITS


def _time(content: JsonValue) -> str:
    time = member(content, _TIME)
    return time if isinstance(time, str) and ticks_of(time) is not None else ""


def _spelt(content: JsonObject, name: str) -> str:
    if name in content:
        return name
    return next((key for key in content if key.lower() == name.lower()), name)


def _like(before: JsonValue, value: int) -> JsonValue:
    """A number written as another one is: as a text, filled up with zeros where that one is."""
    if not isinstance(before, str):
        return value
    text = before.strip()
    return str(value).zfill(len(text)) if text.startswith("0") else str(value)


def _later(before: JsonValue, now: int) -> JsonValue:
    """The later of now and a time plus its smallest step, written as that time is."""
    text = before if isinstance(before, str) else ""
    known = ticks_of(text)
    if known is not None and is_us(text):
        return us_text(max(now, known + SECOND))
    return iso_text(now if known is None else max(now, known + 1))
