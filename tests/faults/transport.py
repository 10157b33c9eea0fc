"""A transport under the SDK that counts storage calls and breaks the one it is told to."""

from enum import StrEnum
from typing import Any

from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.rest import HttpRequest

from shared.storage import FencedTransport


class Way(StrEnum):
    """How a storage call breaks."""

    FAILS_BEFORE = "fails before it is sent"
    ANSWER_LOST = "is done, and its answer is lost"
    PROCESS_STOPS = "is the last thing that the process does"
    PROCESS_STOPS_BEFORE = "is what the process does not get to any more"


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
        self._lasting = 1

    def break_at(self, call: int, way: Way, *, lasting: int = 1) -> None:
        """Break the call of this number, counted from now, and ``lasting - 1`` after it."""
        self.calls = 0
        self.log = []
        self._at, self._way, self._lasting = call, way, lasting

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
        self.log.append(f"{request.method} {request.url.split('?')[0]}")
        breaks = self._at is not None and self._at <= self.calls < self._at + self._lasting
        if not breaks:
            return await super().send(request, **config)
        if self._way is Way.FAILS_BEFORE:
            raise ServiceRequestError("scripted: the connection was refused")
        if self._way is Way.PROCESS_STOPS_BEFORE:
            self.stopped = True
            raise ProcessStopped
        answer = await super().send(request, **config)
        if self._way is Way.PROCESS_STOPS:
            self.stopped = True
            raise ProcessStopped
        await answer.load_body() if hasattr(answer, "load_body") else None
        raise ServiceResponseError("scripted: the connection was cut")
