"""The settings that say when the timer functions run, in NCRONTAB.

Rules of the format: https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer
"""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

DEFAULT_TIMERS = {
    "SCHEDULE_TIMER": "0 * * * * *",
    "RECOVERY_TIMER": "0 * * * * *",
    "SWEEP_TIMER": "0 7 * * * *",
}
"""Schedules of the timer functions where the settings name none."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = (
    ("second", range(60)),
    ("minute", range(60)),
    ("hour", range(24)),
    ("day", range(1, 32)),
    ("month", range(1, 13)),
    ("day of the week", range(7)),
)
_NAMES = {
    "month": {name: number for number, name in enumerate(_MONTHS, 1)},
    "day of the week": {name: number for number, name in enumerate(_DAYS)},
}
_PART = re.compile(r"(\*|\w+(?:-\w+)?)(?:/(\d{1,2}))?")


def timer_problems(environment: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with each timer setting that is given; the host would not run its function."""
    for name in DEFAULT_TIMERS:
        given = environment.get(name)
        problem = schedule_problem(given) if given else None
        if problem is not None:
            yield (
                f"{name}: {problem}. It needs six fields, second minute hour day month weekday, "
                f"such as '{DEFAULT_TIMERS[name]}'"
            )


def schedule_problem(text: str) -> str | None:
    """Why a text is no schedule; None where it is one."""
    fields = text.split()
    if len(fields) != len(_FIELDS):
        return f"has {len(fields)} field{'s' if len(fields) != 1 else ''}"
    for field, (name, allowed) in zip(fields, _FIELDS, strict=True):
        if not all(_is_part(part, name, allowed) for part in field.lower().split(",")):
            return f"'{field[:40]}' is no {name}"
    return None


def _is_part(part: str, name: str, allowed: range) -> bool:
    found = _PART.fullmatch(part)
    if found is None or found[2] == "0":
        return False
    if found[1] == "*":
        return True
    ends = [_value(end, _NAMES.get(name, {})) for end in found[1].split("-")]
    if any(end not in allowed for end in ends):
        return False
    return all(first <= last for first, last in pairwise(ends))


def _value(text: str, names: Mapping[str, int]) -> int:
    """The number of a value, or of its name; -1, which no field allows, where it is neither."""
    return names.get(text[:3], -1) if not text.isascii() or not text.isdecimal() else int(text)
