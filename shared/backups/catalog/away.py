"""Storage accounts that did not answer, so that code that reads many backups tries each of them
once."""

from dataclasses import dataclass, field

from shared.model.problem import Code, Problem


@dataclass
class Away:
    """The failing accounts of one run or one request."""

    _problems: dict[str, Problem] = field(default_factory=dict)
    """Alias → the problem with the account."""

    def met(self, problem: Problem) -> None:
        """Store a problem if it says that an account does not answer."""
        silent = problem.code is Code.STORAGE_UNAVAILABLE and problem.retry_after_seconds
        if silent and problem.target:
            self._problems[problem.target] = problem

    def of(self, alias: str) -> Problem | None:
        """The problem with an account; None if it answered, or was not asked."""
        return self._problems.get(alias)
