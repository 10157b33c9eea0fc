"""A transport under the SDK that counts storage calls and breaks the one it is told to."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any

from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.rest import HttpRequest

from shared.storage.clients import FencedTransport
from shared.storage.patience import Patience
from tests.support.refuser import Refusal

ONCE = Patience(call_seconds=0, try_seconds=60)
"""No call is sent again: whoever makes it meets the fault."""

_AGAIN = Patience(call_seconds=60, try_seconds=60, first_wait_seconds=0.01)


class Way(StrEnum):
    """How a storage call breaks."""

    FAILS_BEFORE = "fails before it is sent"
    ANSWER_LOST = "is done, and its answer is lost"
    SENT_TWICE = "is done, its answer is lost, and it is sent again"
    BUSY_INSIDE = "is told to wait, a transaction inside of its answer, and sent again"
    PROCESS_STOPS = "is the last thing that the process does"
    PROCESS_STOPS_BEFORE = "is what the process does not get to any more"

    @property
    def patience(self) -> Patience:
        """That of the app: it sends the call again, or meets the fault."""
        return _AGAIN if self in (Way.SENT_TWICE, Way.BUSY_INSIDE) else ONCE


class ProcessStopped(BaseException):
    """The process is gone: no handler of the app may catch this."""


class FaultTransport(FencedTransport):
    """Breaks one call, or stops the process there."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0
        self.log: list[str] = []
        self.stopped = False
        self._at: int | None = None
        self._way = Way.FAILS_BEFORE
        self._refusal: Callable[[HttpRequest], Refusal | None] | None = None

    def refuse_at(self, call: int, refusal: Callable[[HttpRequest], Refusal | None]) -> None:
        """Have storage refuse the call of this number, counted from now, once.

        :param refusal: says what it answers to a request; None to let it through.
        """
        self.break_at(call, Way.FAILS_BEFORE)
        self._refusal = refusal

    async def broken(self, call: int, way: Way, doing: Awaitable[object]) -> int:
        """Do something that a fault breaks, and stop the process; how many calls it made.

        What it raises is told to whoever asked, who asks again, or to the host, which delivers
        again.
        """
        self.break_at(call, way)
        try:
            await doing
        except ProcessStopped:
            pass
        except BaseExceptionGroup as group:
            if group.subgroup(ProcessStopped) is None:
                raise
        except Exception:  # noqa: BLE001 - see above
            pass
        calls = self.calls
        self.stopped = True
        return calls

    def break_at(self, call: int, way: Way) -> None:
        """Break the call of this number, counted from now."""
        self.calls = 0
        self.log = []
        self._at, self._way = call, way

    def mend(self) -> None:
        """Break nothing more, and count from now."""
        self.calls = 0
        self.log = []
        self._at = None

    async def send(self, request: HttpRequest, **config: Any) -> Any:
        """Send a request, or break as told."""
        if self.stopped:
            raise ProcessStopped
        self.calls += 1
        self.log.append(f"{request.method} {str(request.url).split('?')[0]}")
        if self.calls != self._at:
            return await super().send(request, **config)
        if self._refusal is not None:
            return await self._refused(request, self._refusal(request), **config)
        if self._way is Way.BUSY_INSIDE:
            busy = Refusal(503, "ServerBusy", "$batch" in str(request.url))
            return await self._refused(request, busy, **config)
        if self._way is Way.FAILS_BEFORE:
            raise ServiceRequestError("scripted: the connection was refused")
        if self._way is Way.PROCESS_STOPS_BEFORE:
            self.stopped = True
            raise ProcessStopped
        answer = await super().send(request, **config)
        if self._way is Way.PROCESS_STOPS:
            self.stopped = True
            raise ProcessStopped
        if hasattr(answer, "load_body") and not answer.is_stream_consumed:
            await answer.load_body()
        raise ServiceResponseError("scripted: the connection was cut")

    async def _refused(self, request: HttpRequest, refusal: Refusal | None, **config: Any) -> Any:
        """Answer a request by a refusal; sent again, it goes where it was to go."""
        if refusal is None:
            return await super().send(request, **config)
        address = request.url
        request.url = refusal.address()
        try:
            return await super().send(request, **config)
        finally:
            request.url = address
