"""Removals that a pull does not carry out by itself.

An account that somebody emptied looks like one whose artifacts were deleted one by one. That is
when what the service holds is worth most, so that a person says which it was.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.model.problem import Code, Detail, Problem
from shared.model.sections import SESSIONS
from shared.rules.integration_accounts.children import BY_SECTION

_LARGE, _SMALL = 10, 3
"""Artifacts of a section of which more than half must not go, and of which not all must."""


@dataclass(frozen=True, slots=True)
class Removal:
    """What a pull would remove from a section."""

    section: str
    held: int
    """How many artifacts the service holds before the pull."""
    removed: int
    """How many of them the account does not have."""

    @property
    def is_too_much(self) -> bool:
        """More than half of ten or more, or all of three or more. Run-time state never is."""
        if self.section not in BY_SECTION or self.section == SESSIONS:
            return False
        most = self.held >= _LARGE and self.removed * 2 > self.held
        return most or (self.held >= _SMALL and self.removed >= self.held)


def require_accepted(removals: Iterable[Removal], *, accepted: bool) -> None:
    """Refuse a pull that removes too much, unless its caller said that it may.

    :param accepted: whether the request has ``acceptRemovals: true``.
    :raises Problem: PullRemovesTooMuch, with every section of which too much would go.
    """
    found = [one for one in removals if one.is_too_much]
    if accepted or not found:
        return
    details = [
        Detail(
            Code.PULL_REMOVES_TOO_MUCH,
            f"{one.removed} of {one.held} {one.section} would go",
            one.section,
        )
        for one in found
    ]
    raise Problem(
        Code.PULL_REMOVES_TOO_MUCH,
        f"The account lacks most of what the service holds: {details[0].message}. Nothing was "
        "changed, and the backups that there are hold all of it. Look at the account first; if "
        "they were deleted on purpose, pull with acceptRemovals: true.",
        target=details[0].target,
        details=details,
    )
