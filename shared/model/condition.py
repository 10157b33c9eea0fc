"""What a caller demands of the stored version before it is written over."""

from collections.abc import Callable

Condition = Callable[[str | None], None]
"""Looks at the version of what is stored, None for nothing; raises ConditionNotMet."""


def unconditional(_version: str | None) -> None:
    """Demand nothing."""
