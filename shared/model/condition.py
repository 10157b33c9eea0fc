"""A caller's condition on the stored version before it is replaced."""

from collections.abc import Callable

Condition = Callable[[str | None], None]
"""Called with the stored version, None for nothing; raises ConditionNotMet."""


def unconditional(_version: str | None) -> None:
    """No condition."""
