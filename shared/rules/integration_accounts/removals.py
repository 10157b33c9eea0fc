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

ALL = "artifacts"
"""What a refusal names where it is about all sections together."""


@dataclass(frozen=True, slots=True)
class Removal:
    """What a pull would remove from a section."""

    section: str
    held: int
    """How many artifacts the service holds before the pull."""
    removed: int
    """How many of them the account does not have."""

    @property
    def is_of_artifacts(self) -> bool:
        """Whether it is of a section of artifacts, and not of run-time state."""
        return self.section in BY_SECTION and self.section != SESSIONS

    @property
    def is_most(self) -> bool:
        """More than half of ten or more."""
        return self.held >= _LARGE and self.removed * 2 > self.held

    @property
    def is_too_much(self) -> bool:
        """More than half of ten or more, or all of three or more. Run-time state never is."""
        all_of_some = self.held >= _SMALL and self.removed >= self.held
        return self.is_of_artifacts and (self.is_most or all_of_some)


def require_accepted(removals: Iterable[Removal], *, added: int, accepted: bool) -> None:
    """Refuse a pull that removes too much, unless its caller said that it may.

    Sections count together too: those of a small tier hold so few that none of them says anything,
    and an account of which nothing is left was emptied, however little it held.

    :param removals: every section that holds anything.
    :param added: how many artifacts the account has that the service has not.
    :param accepted: whether the request has ``acceptRemovals: true``.
    :raises Problem: PullRemovesTooMuch, with every section of which too much would go.
    """
    sections = [one for one in removals if one.is_of_artifacts]
    whole = Removal(ALL, sum(one.held for one in sections), sum(one.removed for one in sections))
    is_emptied = 0 < whole.held == whole.removed and not added
    found = [one for one in sections if one.is_too_much]
    if not found and (whole.is_most or is_emptied):
        found = [whole]
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
