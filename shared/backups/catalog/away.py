"""Storage accounts that did not answer: whoever goes through many backups asks each one once."""

from dataclasses import dataclass, field

from shared.model.problem import Code, Problem


@dataclass
class Away:
    """What one run, or one request, met."""

    _problems: dict[str, Problem] = field(default_factory=dict)
    """Alias → what was said of the account."""

    def met(self, problem: Problem) -> None:
        """Remember it where it says that an account does not answer."""
        silent = problem.code is Code.STORAGE_UNAVAILABLE and problem.retry_after_seconds
        if silent and problem.target:
            self._problems[problem.target] = problem

    def of(self, alias: str) -> Problem | None:
        """What was said of an account; None where it answered, or was not asked."""
        return self._problems.get(alias)
