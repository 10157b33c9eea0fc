"""A transport around another one: its sockets are those of the inner one."""

from types import TracebackType
from typing import Any, Self

from azure.core.pipeline.transport import AsyncHttpTransport


class AroundTransport(AsyncHttpTransport[Any, Any]):
    """Base of transports that decide how requests are sent, and leave the sending to another one.

    :param inner: the transport that sends.
    """

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def open(self) -> None:
        """Open the sockets."""
        await self._inner.open()

    async def close(self) -> None:
        """Close the sockets."""
        await self._inner.close()

    async def __aenter__(self) -> Self:
        await self._inner.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        await self._inner.__aexit__(kind, error, trace)
