"""Text for a terminal: narrow, aligned, coloured only where somebody looks."""

import os
import shutil
import sys
import textwrap
import time
from collections.abc import Sequence
from typing import TextIO

_WIDEST = 96
_NARROWEST = 60
_BAR = 28
_WANDERER = 5
_LABEL = 18
_INDENT = "    "


class Terminal:
    """Writes the story; the bar is drawn in place on a terminal, once at its end elsewhere."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._live = self._out.isatty()
        self._coloured = self._live and not os.environ.get("NO_COLOR")
        columns = shutil.get_terminal_size((_WIDEST, 24)).columns if self._live else _WIDEST
        self._width = max(_NARROWEST, min(_WIDEST, columns - 1))

    def title(self, text: str) -> None:
        """The first line."""
        self._line()
        self._line(self._style(text, "1"))
        self._line(self._style("─" * self._width, "2"))

    def paragraph(self, text: str) -> None:
        """Plain text at the margin."""
        for line in textwrap.wrap(text, self._width):
            self._line(line)

    def step(self, number: int, title: str, why: str) -> None:
        """A step begins."""
        self._line()
        self._line(f"{self._style(f'{number:>2}', '1;36')}  {self._style(title, '1')}")
        self._wrapped(why)

    def request(self, method: str, path: str, result: str) -> None:
        """A request line as it was sent, and how it was answered."""
        line = f"{method} {path}"
        room = self._width - len(_INDENT) - len(result) - 1
        if len(line) > room:
            line = line[: room - 1] + "…"
        gap = " " * (room - len(line) + 1)
        self._line(f"{_INDENT}{self._style(line, '36')}{gap}{self._style(result, '2')}")

    def fact(self, label: str, value: str) -> None:
        """One salient part of an answer."""
        indent = _INDENT + "  "
        label = label.ljust(_LABEL)
        lead = f"{indent}{label}  "
        lines = textwrap.wrap(value, self._width - len(lead)) or [""]
        self._line(f"{indent}{self._style(label, '2')}  {lines[0]}")
        for line in lines[1:]:
            self._line(" " * len(lead) + line)

    def table(self, rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> None:
        """Rows of one shape, the first one their heading.

        :param right: columns that are set to the right.
        """
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        for index, row in enumerate(rows):
            cells = [
                cell.rjust(width) if i in right else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            text = f"{_INDENT}  {'  '.join(cells).rstrip()}"
            self._line(self._style(text, "2") if index == 0 else text)

    def passed(self, text: str) -> None:
        """A check that held."""
        self._marked(self._style("✓", "32"), text)

    def refused(self, text: str) -> None:
        """A refusal that was to be."""
        self._marked(self._style("✗", "33"), text)

    def failed(self, text: str) -> None:
        """Why the demo stops."""
        self._line()
        for number, line in enumerate(text.splitlines()):
            mark = self._style("FAILED", "1;31") + "  " if number == 0 else " " * 8
            for part in textwrap.wrap(line, self._width - 8) or [""]:
                self._line(mark + part)
                mark = " " * 8

    def progress(self, done: int, total: int, label: str) -> None:
        """Draw the bar in place; ``finish_progress`` ends it."""
        if self._live:
            self._out.write(f"\r{self._bar(done, total, label)}\x1b[K")
            self._out.flush()

    def finish_progress(self, label: str) -> None:
        """The bar is full, and stays."""
        self._out.write(("\r" if self._live else "") + self._bar(1, 1, label))
        self._line("\x1b[K" if self._live else "")

    def clear_progress(self) -> None:
        """Nothing of a bar stays: the step failed."""
        if self._live:
            self._out.write("\r\x1b[K")

    def gap(self) -> None:
        """An empty line."""
        self._line()

    def _bar(self, done: int, total: int, label: str) -> str:
        """How much of the total; while that is not known, a short piece that wanders."""
        full = _BAR * done // total if total else _WANDERER
        before = 0 if total else int(time.monotonic() * _BAR) % (_BAR - _WANDERER + 1)
        on, off = ("━", "━") if self._coloured else ("█", "░")
        bar = (
            self._style(off * before, "2")
            + self._style(on * full, "32")
            + self._style(off * (_BAR - before - full), "2")
        )
        room = self._width - len(_INDENT) - _BAR - 2
        return f"{_INDENT}{bar}  {label[:room]}"

    def _marked(self, mark: str, text: str) -> None:
        first, *rest = textwrap.wrap(text, self._width - len(_INDENT) - 2)
        self._line(f"{_INDENT}{mark} {first}")
        for line in rest:
            self._line(f"{_INDENT}  {line}")

    def _wrapped(self, text: str) -> None:
        for line in textwrap.wrap(text, self._width - len(_INDENT)):
            self._line(f"{_INDENT}{line}")

    def _style(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._coloured and text else text

    def _line(self, text: str = "") -> None:
        self._out.write(text + "\n")
        self._out.flush()
