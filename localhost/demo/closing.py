"""What is closed when the body that uses it is left."""

from types import TracebackType
from typing import Self


class Closing:
    """An asynchronous context that closes itself."""

    async def close(self) -> None:
        """Close what is open."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
