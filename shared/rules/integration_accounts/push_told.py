"""Errors and warnings as they are collected: the first of each code, and how many more."""

from collections import Counter

from shared.model.operation import Warning
from shared.model.problem import Code, Problem

MOST_OF_A_CODE = 100
"""Errors, and warnings, of one code that are told one by one."""


class Told:
    """What was told."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self._warnings: list[Warning] = []
        self._refused: Counter[Code] = Counter()
        self._warned: Counter[str] = Counter()

    def refuse(self, problem: Problem) -> None:
        """Tell what forbids the push."""
        self._refused[problem.code] += 1
        if self._refused[problem.code] <= MOST_OF_A_CODE:
            self._problems.append(problem)

    def warn(self, warning: Warning) -> None:
        """Tell what surprises."""
        self._warned[warning.code] += 1
        if self._warned[warning.code] <= MOST_OF_A_CODE:
            self._warnings.append(warning)

    def problems(self) -> list[Problem]:
        """What forbids the push; after the first ones of a code, how many more there are."""
        more = [
            Problem(code, f"{count - MOST_OF_A_CODE} more of these forbid it.")
            for code, count in self._refused.items()
            if count > MOST_OF_A_CODE
        ]
        return [*self._problems, *more]

    def warnings(self) -> list[Warning]:
        """What surprises, in the order in which it was told; likewise."""
        more = [
            Warning(code=code, message=f"{count - MOST_OF_A_CODE} more of these.")
            for code, count in self._warned.items()
            if count > MOST_OF_A_CODE
        ]
        return [*self._warnings, *more]
