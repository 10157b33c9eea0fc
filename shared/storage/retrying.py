"""Storage calls that fail for a while are retried, by one rule for tables, queues and blobs; those
of ARM too.

The SDK's own retry policies differ between its clients, ignore Retry-After and 429, and may wait
for minutes; they are switched off. A repeated write may meet what its first delivery wrote: the
writer reads back before it reports a conflict.

The HTTP status is not enough to know what storage said: a transaction is answered 202 with a
refusal in its body, a body ends early after a 200. So the caller may pass a function that parses an
answer; one that cannot be parsed, or that asks to wait, is retried like a 503.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from azure.core.exceptions import AzureError, ServiceRequestError
from azure.core.rest import HttpRequest

from shared.clock import Clock
from shared.storage.around import AroundTransport
from shared.storage.pace import storage_is_busy
from shared.storage.patience import Patience, patience_of_task
from shared.storage.refusals import Said, is_busy, is_fault, is_refused, passes, said

_CONNECT_SECONDS = 10
_COPY_SECONDS = 240
"""A copy by the service is answered when all of its bytes, up to 256 MiB, have arrived."""

_LONGEST_ASKED_SECONDS = 3600
"""Upper limit of a Retry-After: nothing waits for longer than an hour."""

_COPY = "x-ms-copy-source"
_COPY_TRIES = 2
"""Tries of a copy that fails inside the service; then the bytes are streamed instead."""

UNDERSTAND = "understand"
"""Option of a request: a function that reads an answer to its end, and raises if the request must
be sent again."""

Understand = Callable[[Any], Awaitable[None]]

log = logging.getLogger("interkeep.storage")


class OutOfPatience(ServiceRequestError):
    """The time of a request for its storage calls is over; this one was not sent."""


class RepeatingTransport(AroundTransport):
    """HTTP to storage that retries a call while that can help and its retry budget lasts.

    :param inner: the transport that sends one try.
    :param patience: the retry budget of tasks that were not given one.
    :param busy: called where an answer asks to wait.
    """

    def __init__(
        self,
        inner: Any,
        patience: Patience,
        clock: Clock,
        busy: Callable[[], None] = storage_is_busy,
    ) -> None:
        super().__init__(inner)
        self._patience = patience
        self._clock = clock
        self._busy = busy

    async def send(self, request: HttpRequest, **config: Any) -> Any:
        """Send a request; send it again after temporary conditions: throttling, a server error, no
        connection.

        With the option ``understand``, an answer is a success only if that function has read it.

        :raises azure.core.exceptions.AzureError: the error of the last try, if it got no answer, or
            none that could be parsed.
        :raises OutOfPatience: if there is no time left for any try.
        """
        understand: Understand | None = config.pop(UNDERSTAND, None)
        patience = patience_of_task() or self._patience
        last = min(patience.until, self._clock.monotonic() + patience.call_seconds)
        tries = 0
        while True:
            tries += 1
            failed: AzureError | None = None
            answer: Any = None
            try:
                answer = await self._inner.send(request, **self._timed(request, patience, config))
                if not is_refused(answer) and understand is not None:
                    await understand(answer)
            except AzureError as error:
                if not passes(error):
                    raise
                failed = error
            if failed is None and not _passes(request, answer, tries):
                return answer
            if failed is None or said(failed) is Said.BUSY:
                self._busy()
            wait = _wait(patience, tries, _asked_for(failed, answer))
            final = isinstance(failed, OutOfPatience) or not _is_whole(request)
            if final or self._clock.monotonic() + wait > last:
                if failed is not None:
                    raise failed
                return answer
            why = type(failed).__name__ if failed is not None else answer.status_code
            log.info("%s failed (%s), again in %.1f s", request.method, why, wait)
            if answer is not None and config.get("stream"):
                await _let_go(answer)
            await asyncio.sleep(wait)

    def _timed(
        self, request: HttpRequest, patience: Patience, config: dict[str, Any]
    ) -> dict[str, Any]:
        most = _COPY_SECONDS if _COPY in request.headers else patience.try_seconds
        left = patience.until - self._clock.monotonic()
        if left <= 0:
            raise OutOfPatience("this request's time for storage calls is over")
        connect = min(_CONNECT_SECONDS, left)
        return {**config, "connection_timeout": connect, "read_timeout": min(most, left)}


def _passes(request: HttpRequest, answer: Any, tries: int) -> bool:
    """Whether the answer reports a temporary condition."""
    return is_busy(answer) and not (_COPY in request.headers and _gives_up(answer, tries))


def _gives_up(answer: Any, tries: int) -> bool:
    return tries >= _COPY_TRIES and is_fault(answer)


def _is_whole(request: HttpRequest) -> bool:
    """Whether the body is in memory; a stream that was read once cannot be sent again."""
    return request.data is None or isinstance(request.data, bytes | str)


def asked_to_wait(headers: Mapping[str, str]) -> float:
    """Seconds that the service asked to wait for, 0 where it did not."""
    for name, unit in (("x-ms-retry-after-ms", 1000), ("Retry-After", 1)):
        try:
            return min(max(0.0, float(headers.get(name, "")) / unit), _LONGEST_ASKED_SECONDS)
        except ValueError:
            continue
    return 0.0


def _asked_for(failed: AzureError | None, answer: Any) -> float:
    """Seconds that storage asked to wait for, in the headers or in the body of an answer."""
    inner: float = getattr(failed, "retry_after_seconds", 0.0)
    return max(inner, asked_to_wait({} if answer is None else answer.headers))


def _wait(patience: Patience, tries: int, asked_for: float) -> float:
    """Exponential backoff with jitter: between half and all of the wait, so that many callers do
    not return at once."""
    doubled = patience.first_wait_seconds * 2 ** min(tries - 1, 16)
    longest = min(doubled, patience.longest_wait_seconds)
    return asked_for + random.uniform(longest / 2, longest)


async def _let_go(answer: Any) -> None:
    """Release the connection of an answer that is not read."""
    closed = answer.internal_response.release()
    if asyncio.iscoroutine(closed):
        await closed
