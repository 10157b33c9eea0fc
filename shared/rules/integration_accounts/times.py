"""Times of an account, in ticks: 100 nanoseconds, of which its seven digits of a second are.

A datetime has six digits and would lose the last one. Ticks count from the year 1 in UTC, as those
of .NET do, which writes these times.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

SECOND = 10_000_000
"""Ticks of a second."""

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,18}))?\s*([Zz]|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
_US = re.compile(
    r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})\s+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?"
    r"\s*([AaPp])\.?[Mm]\.?"
)
_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_MOST = (datetime.max.replace(tzinfo=UTC) - _FIRST) // timedelta(microseconds=1) * 10 + 9
_MICROSECOND = timedelta(microseconds=1)


def ticks_of(text: str) -> int | None:
    """The ticks of a time as an account writes it, None for what is none.

    Two forms: RFC 3339 with up to seven digits of a second (further ones are cut off), and the US
    date with AM and PM. A time without an offset is UTC, as all times of an account are.
    """
    text = text.strip()
    try:
        if iso := _ISO.fullmatch(text):
            *parts, fraction, offset = iso.groups()
            year, month, day, hour, minute, second = (int(part) for part in parts)
            whole = datetime(year, month, day, hour, minute, second, tzinfo=_zone(offset))
            return ticks(whole) + int((fraction or "")[:7].ljust(7, "0"))
        if us := _US.fullmatch(text):
            month, day, year, hour, minute = (int(part) for part in us.groups()[:5])
            if not 1 <= hour <= 12:
                return None
            hour = hour % 12 + (12 if us[7] in "Pp" else 0)
            return ticks(datetime(year, month, day, hour, minute, int(us[6] or 0), tzinfo=UTC))
    except (ValueError, OverflowError):
        return None
    return None


def _zone(offset: str | None) -> timezone:
    if offset is None or offset in "Zz":
        return UTC
    away = timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
    return timezone(-away if offset[0] == "-" else away)


def ticks(time: datetime) -> int:
    """The ticks of a time with an offset."""
    return (time.astimezone(UTC) - _FIRST) // _MICROSECOND * 10


def moment(text: str) -> datetime | None:
    """The time of a text in UTC, its seventh digit cut off; None for what is none."""
    count = ticks_of(text)
    return None if count is None else _FIRST + timedelta(microseconds=count // 10)


def iso_text(count: int) -> str:
    """Ticks as RFC 3339 in UTC with seven digits of a second."""
    whole, fraction = divmod(min(count, _MOST), SECOND)
    time = _FIRST + timedelta(seconds=whole)
    return f"{time.replace(tzinfo=None).isoformat()}.{fraction:07d}Z"


def us_text(count: int) -> str:
    """Ticks as the US date, whose last unit is the second."""
    time = _FIRST + timedelta(seconds=min(count, _MOST) // SECOND)
    hour, half = time.hour % 12 or 12, "PM" if time.hour >= 12 else "AM"
    day = f"{time.month}/{time.day}/{time.year}"
    return f"{day} {hour}:{time.minute:02d}:{time.second:02d} {half}"


def is_us(text: str) -> bool:
    """Whether a time is written as the US date."""
    return _US.fullmatch(text.strip()) is not None
