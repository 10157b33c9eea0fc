"""What the story is told to: a terminal that draws, or a plain report."""

from collections.abc import Sequence
from typing import Protocol


class Show(Protocol):
    """Takes what happens, step by step."""

    def step(self, number: int, title: str, why: str) -> None:
        """A step begins."""

    def request(self, method: str, path: str, result: str) -> None:
        """A request as it was sent, and how it was answered."""

    def fact(self, label: str, value: str) -> None:
        """One salient part of an answer."""

    def table(self, rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> None:
        """Rows of one shape, the first one their heading; ``right`` are columns of numbers."""

    def passed(self, text: str) -> None:
        """A check that held."""

    def refused(self, text: str) -> None:
        """A refusal that was to be."""

    def progress(self, done: int, total: int, label: str) -> None:
        """How far something long has come; a total of 0 where that is not known."""

    def finish_progress(self, label: str) -> None:
        """It has come to its good end."""

    def clear_progress(self) -> None:
        """It has not."""
