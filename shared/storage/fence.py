"""The fence: a worker that has lost its lease does not write any more.

The engine sets the check for the task that runs an operation; every storage client calls it before
each request that changes something, so that no handler can forget it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_check: ContextVar[Callable[[], None] | None] = ContextVar("fence", default=None)


class LeaseLost(Exception):
    """This operation's lease has expired or belongs to another worker: stop before the next
    write."""


class Canceled(Exception):
    """The caller asked to cancel the operation, and it has stopped."""


@contextmanager
def fenced(check: Callable[[], None] | None) -> Iterator[None]:
    """Run the body, and every task that it starts, under a check.

    :param check: raises LeaseLost once the lease is lost; None lifts the fence.
    """
    token = _check.set(check)
    try:
        yield
    finally:
        _check.reset(token)


def before_write() -> None:
    """Raise LeaseLost if the current task may not write any more."""
    check = _check.get()
    if check is not None:
        check()
