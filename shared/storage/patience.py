"""Patience, the retry budget: how long a storage call is retried, and how long one try may take.

An HTTP request is cut off at 230 s, and its caller is served better by an answer within seconds
that asks to retry later. Work from a queue has time: an outage of storage of one minute delays it
by a minute.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Patience:
    """The retry budget of one storage call, in seconds."""

    call_seconds: float
    """How long after its first try a call may be retried."""
    try_seconds: float
    """How long one try may wait for the next bytes of its answer."""
    first_wait_seconds: float = 0.3
    """Approximate wait before the second try; it doubles before each further one."""
    longest_wait_seconds: float = 8
    until: float = math.inf
    """Deadline by ``Clock.monotonic``, when the last try must have ended."""


WORK = Patience(call_seconds=120, try_seconds=60)
"""For work from a queue or a timer."""

REQUEST = Patience(call_seconds=10, try_seconds=25)
"""For HTTP requests."""

REQUEST_SECONDS = 200
"""How long the storage calls of one HTTP request may take: its answer is cut off at 230 s."""

_current: ContextVar[Patience | None] = ContextVar("patience", default=None)


@contextmanager
def answering(now: float) -> Iterator[None]:
    """Run the body, and every task that it starts, with the retry budget of an HTTP request.

    :param now: by ``Clock.monotonic``.
    """
    with within(REQUEST, now + REQUEST_SECONDS):
        yield


@contextmanager
def hurried(patience: Patience, now: float, seconds: float) -> Iterator[None]:
    """Run the body, and every task that it starts, with at most the retry budget of a request.

    :param patience: the budget that it would have; values that are shorter than a request's are
        kept.
    :param now: by ``Clock.monotonic``.
    :param seconds: how long all storage calls of the body may take together.
    """
    shorter = replace(
        patience,
        call_seconds=min(patience.call_seconds, REQUEST.call_seconds),
        try_seconds=min(patience.try_seconds, REQUEST.try_seconds),
    )
    with within(shorter, now + seconds):
        yield


@contextmanager
def within(patience: Patience, until: float) -> Iterator[None]:
    """Run the body, and every task that it starts, with a retry budget that ends at a deadline.

    :param until: by ``Clock.monotonic``.
    """
    token = _current.set(replace(patience, until=until))
    try:
        yield
    finally:
        _current.reset(token)


def patience_of_task() -> Patience | None:
    """The retry budget that the current task was given, None where it was given none."""
    return _current.get()
