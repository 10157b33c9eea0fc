"""The log, as operators and their queries read it: loggers named interkeep.*.

The Functions host passes on the text and level of a Python log line, but not its extra fields. So
fields are JSON in the text: an event's at the end of its line, an operation's at the end of every
line that its worker writes. docs/telemetry.md has the queries.
"""

import functools
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from shared.telemetry.meters import Meters

ROOT = "interkeep"

Fields = Mapping[str, str | int | float | None]
"""Flat, so that a pattern can find where the JSON begins; members that are None are left out."""

_about: ContextVar[Fields | None] = ContextVar("about", default=None)


def quiet_the_sdk() -> None:
    """Keep the Azure SDK's request lines, which contain signed addresses, out of the log."""
    for name in ("azure", "urllib3", "aiohttp"):
        logging.getLogger(name).setLevel(logging.WARNING)


@contextmanager
def lines_about(fields: Fields) -> Iterator[None]:
    """Run the body, and every task that it starts, with fields at the end of each of our log
    lines."""
    _add_fields_to_lines()
    token = _about.set(fields)
    try:
        yield
    finally:
        _about.reset(token)


class Telemetry:
    """Logs events: what happened, and its metrics.

    :param meters: receive the metrics too; None if nothing is exported.
    """

    def __init__(self, meters: Meters | None = None) -> None:
        self._meters = meters

    def tell(
        self,
        log: logging.Logger,
        level: int,
        event: str,
        sentence: str,
        fields: Fields,
        measures: Mapping[str, int | float] | None = None,
    ) -> None:
        """Log one event.

        :param event: its name, with which the line begins.
        :param sentence: for people.
        :param measures: by the metric's name, which ends with its unit or ``_total``.
        """
        known = {"event": event, **(_about.get() or {}), **fields, **(measures or {})}
        # An event has fields of its own, and its line must end with them.
        token = _about.set(None)
        try:
            log.log(level, "%s: %s %s", event, sentence, _json(known))
        finally:
            _about.reset(token)
        if self._meters is not None:
            self._meters.record(measures or {}, known)


def _json(fields: Fields) -> str:
    given = {name: value for name, value in fields.items() if value is not None}
    inner = json.dumps(given, separators=(",", ":"))[1:-1]
    # A brace within a value would make it unclear where the object begins and ends.
    escaped = inner.replace("{", "\\u007b").replace("}", "\\u007d")
    return f"{{{escaped}}}"


@functools.cache
def _add_fields_to_lines() -> None:
    made = logging.getLogRecordFactory()

    def record(*args: object, **kwargs: object) -> logging.LogRecord:
        line: logging.LogRecord = made(*args, **kwargs)
        about = _about.get()
        if about is not None and line.name.partition(".")[0] == ROOT:
            line.msg = f"{line.getMessage()} {_json(about)}"
            line.args = ()
        return line

    logging.setLogRecordFactory(record)
