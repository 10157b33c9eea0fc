"""What a restore writes to: the seam for other kinds of services."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Protocol

from azure.storage.blob.aio import BlobClient

from shared.model.keys import WrappedKey
from shared.model.record import Record
from shared.model.restore import RestorePlan
from shared.model.runtime import MicValue, ReceivedNumber
from shared.model.sections import Section

Pages = AsyncIterator[list[Record]]


class RestoreTarget(Protocol):
    """A service that comes into being from a backup. Every step is repeatable."""

    async def begin(
        self, plan: RestorePlan, settings: Record, key: WrappedKey | None = None
    ) -> None:
        """Enter the service in the state Restoring, with its settings, secrets in the clear.

        :param key: its data key; None for a new one.
        :raises Problem: ServiceExists where the name was taken meanwhile.
        """
        ...

    def content(self, sha256: str) -> BlobClient:
        """Where bytes of an artifact go."""
        ...

    def content_sizes(self) -> AsyncIterator[tuple[str, int]]:
        """The content that is there now: hashes and sizes in bytes."""
        ...

    def artifacts(self, section: Section, pages: Pages) -> AsyncGenerator[int, None]:
        """Write the artifacts of a section; yields how many more are there."""
        ...

    def control_numbers(self, plan: RestorePlan, pages: Pages) -> AsyncGenerator[int, None]:
        """Set the counters by the plan's policy; yields how many more are set."""
        ...

    async def received_numbers(self, numbers: list[ReceivedNumber]) -> None:
        """Write numbers that came in."""
        ...

    async def mic_values(self, mics: list[MicValue]) -> None:
        """Write MIC values."""
        ...

    async def complete(self) -> None:
        """Open the configuration and show the service, Suspended."""
        ...

    async def is_complete(self) -> bool:
        """Whether the service of this operation shows: restored, by an earlier attempt."""
        ...

    async def fail(self) -> None:
        """Show the service as RestoreFailed, where it was entered."""
        ...
