"""Storage calls that fail for a while are sent again, by one rule for tables, queues and blobs.

The SDK's own policies differ between its clients, know no Retry-After and no 429, and may wait for
minutes; they are switched off. A repeated write may meet what its first delivery wrote: whoever
writes reads back before that is called a conflict.

What counts is what storage said, which HTTP alone does not tell: a transaction is accepted (202)
and refused inside, a body ends early under a 200. So whoever asks may say how an answer is
understood, and what cannot be understood, or says to wait, is asked again like a 503.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any

from azure.core.exceptions import AzureError, ServiceRequestError
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest import HttpRequest

from shared.clock import Clock
from shared.storage.pace import storage_is_busy
from shared.storage.patience import Patience, patience_of_task
from shared.storage.refusals import Said, is_busy, is_fault, is_refused, passes, said

_CONNECT_SECONDS = 10
_COPY_SECONDS = 240
"""A copy by the service answers when all of its bytes, up to 256 MiB, have arrived."""

_LONGEST_ASKED_SECONDS = 3600
"""Whatever a Retry-After says: an hour from now nobody waits any more."""

_COPY = "x-ms-copy-source"
_COPY_TRIES = 2
"""Of a copy that fails inside the service: then the bytes are streamed instead."""

UNDERSTAND = "understand"
"""Option of a request: reads all of an answer; raises where it is to be asked for again."""

Understand = Callable[[Any], Awaitable[None]]

log = logging.getLogger("interkeep.storage")


class OutOfPatience(ServiceRequestError):
    """The time that a request had for its storage calls is over; this one was not sent."""


class RepeatingTransport(AsyncHttpTransport[Any, Any]):
    """HTTP to storage that sends a call again while that can help and somebody waits for it.

    :param inner: sends one try.
    :param patience: of a task that was given none of its own.
    """

    def __init__(self, inner: Any, patience: Patience, clock: Clock) -> None:
        self._inner = inner
        self._patience = patience
        self._clock = clock

    async def send(self, request: HttpRequest, **config: Any) -> Any:
        """Send a request, and again after what passes: throttling, a server's error, no connection.

        With the option ``understand``, an answer is a success only when that has read it.

        :raises azure.core.exceptions.AzureError: what the last try met, where it got no answer, or
            none that could be understood.
        :raises OutOfPatience: where there is no time left for any try.
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
                storage_is_busy()
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

    async def open(self) -> None:
        """Open the sockets."""
        await self._inner.open()

    async def close(self) -> None:
        """Close the sockets."""
        await self._inner.close()

    async def __aenter__(self) -> "RepeatingTransport":
        await self._inner.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        await self._inner.__aexit__(kind, error, trace)


def _passes(request: HttpRequest, answer: Any, tries: int) -> bool:
    """Whether what the answer tells may pass by itself."""
    return is_busy(answer) and not (_COPY in request.headers and _gives_up(answer, tries))


def _gives_up(answer: Any, tries: int) -> bool:
    return tries >= _COPY_TRIES and is_fault(answer)


def _is_whole(request: HttpRequest) -> bool:
    """Whether the body is all here; a stream that was read once is not sent again."""
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
    """Seconds that storage asked to wait for: inside of an answer it may say so again."""
    inner: float = getattr(failed, "retry_after_seconds", 0.0)
    return max(inner, asked_to_wait({} if answer is None else answer.headers))


def _wait(patience: Patience, tries: int, asked_for: float) -> float:
    """Between a half and the whole of a doubled wait, so that many do not come back at once."""
    doubled = patience.first_wait_seconds * 2 ** min(tries - 1, 16)
    longest = min(doubled, patience.longest_wait_seconds)
    return asked_for + random.uniform(longest / 2, longest)


async def _let_go(answer: Any) -> None:
    """An answer that nobody reads gives its connection back."""
    closed = answer.internal_response.release()
    if asyncio.iscoroutine(closed):
        await closed
