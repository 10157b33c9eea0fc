"""The settings that say when the timer functions run, in NCRONTAB.

Rules of the format: https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

DEFAULT_TIMERS = {
    "SCHEDULE_TIMER": "0 * * * * *",
    "RECOVERY_TIMER": "0 * * * * *",
    "SWEEP_TIMER": "0 7 * * * *",
}
"""Default schedules of the timer functions."""

_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""Days of each month, in a leap year."""

_MOST_DIGITS = 9
"""Most digits of a number: one with more is not a valid value, and not an integer for the host."""

_FEWEST_LETTERS = 3
"""Fewest letters of a name: with fewer it may be ambiguous."""


@dataclass(frozen=True)
class _Field:
    """One of the six, and the values that it takes; the names are those of the values in turn."""

    name: str
    values: range
    names: tuple[str, ...] = ()

    def value(self, text: str) -> int | None:
        """The number of a value or of its name; None if it is neither.

        A name may be cut short after three letters or more.
        """
        if text.isascii() and text.isdecimal():
            number = int(text) if len(text) <= _MOST_DIGITS else -1
            return number if number in self.values else None
        if len(text) < _FEWEST_LETTERS:
            return None
        named = zip(self.values, self.names, strict=False)
        return next((number for number, name in named if name.startswith(text)), None)


_DAY = _Field("day", range(1, 32))
_MONTH = _Field("month", range(1, 13), _MONTHS)
_FIELDS = (
    _Field("second", range(60)),
    _Field("minute", range(60)),
    _Field("hour", range(24)),
    _DAY,
    _MONTH,
    _Field("day of the week", range(7), _DAYS),
)
_PART = re.compile(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/([0-9]{1,9}))?")
"""``*``, a value or a range, and a step."""


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
    """Why a text is not a schedule that the Functions host runs, None if it is one.

    The grammar is NCRONTAB's with seconds: in each field ``*``, values, ranges, steps of either,
    and lists of all these; months and days of the week by name too. What other cron formats have in
    addition (``L``, ``W``, ``#``, ``?``, ``@hourly``, 7 for Sunday) the host refuses. It accepts a
    TimeSpan only on App Service plans.

    Schedules that it accepts but that are probably mistakes are refused too: a range that ends
    before it begins (the host turns it round, other crons go past the end), a step of 0, a name of
    one or two letters (``M`` would be March), and a date that no year has.
    """
    # The host splits fields only at spaces.
    fields = [field for field in text.split(" ") if field]
    if len(fields) != len(_FIELDS):
        return f"has {len(fields)} field{'s' if len(fields) != 1 else ''}"
    taken: dict[str, set[int]] = {}
    for given, field in zip(fields, _FIELDS, strict=True):
        parts = [_values(part, field) for part in given.lower().split(",")]
        if not all(parts):
            return f"{given[:40]!r} is no {field.name}"
        taken[field.name] = set().union(*parts)
    days, months = taken[_DAY.name], taken[_MONTH.name]
    if min(days) > max(_LONGEST[month - 1] for month in months):
        return "names a day that none of its months has"
    return None


def _values(part: str, field: _Field) -> range:
    """The values of one part of a list; empty if it is not a valid part."""
    nothing = range(0)
    found = _PART.fullmatch(part)
    if found is None:
        return nothing
    star, begin, end, step = found.groups()
    every = int(step or 1)
    first = field.values[0] if star else field.value(begin)
    # A value with a step continues to the last one: 5/15 is 5-59/15.
    to_the_end = star or (step and not end)
    last = field.values[-1] if to_the_end else field.value(end or begin)
    if every == 0 or first is None or last is None:
        return nothing
    return range(first, last + 1, every)
