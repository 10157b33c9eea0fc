"""The run-time state of a backup as a restore writes it: received numbers, MIC values, sessions."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import ValidationError

from shared.backups.archive.opened import OpenBackup
from shared.blobs.backup_container import corrupt
from shared.model.record import Record
from shared.model.runtime_text import WrittenMic, WrittenNumber, mic_of_line, number_of_line
from shared.model.sections import MIC_VALUES, RECEIVED_NUMBERS, SESSIONS
from shared.model.session import Session
from shared.restores.survey import Survey

Message = TypeVar("Message", WrittenNumber, WrittenMic)
"""What a section of messages holds."""


@dataclass(frozen=True)
class RuntimeRecords:
    """Reads sections of run-time state, and passes on what is restored of them.

    Each step of a section is the number of records that were read.
    """

    backup: OpenBackup
    parts: Survey

    def received_numbers(
        self, write: Callable[[list[WrittenNumber]], Awaitable[None]]
    ) -> AsyncGenerator[int, None]:
        """The received numbers of restored agreements.

        :raises Problem: BlobMissing, BlobCorrupt.
        """
        return self._messages(RECEIVED_NUMBERS, number_of_line, write)

    def mic_values(
        self, write: Callable[[list[WrittenMic]], Awaitable[None]]
    ) -> AsyncGenerator[int, None]:
        """The MIC values of restored agreements.

        :raises Problem: BlobMissing, BlobCorrupt.
        """
        return self._messages(MIC_VALUES, mic_of_line, write)

    async def _messages(
        self,
        name: str,
        read: Callable[[bytes], Message],
        write: Callable[[list[Message]], Awaitable[None]],
    ) -> AsyncGenerator[int, None]:
        part = self.backup.section(name)
        takes = self.parts.takes_agreement
        async for page in self.backup.lines(part.name):
            try:
                messages = [read(line) for line in page]
            except ValidationError as error:
                raise corrupt(part.blob, f"a record does not fit the section {name}") from error
            await write([one for one in messages if takes(one.agreement)])
            yield len(page)

    async def sessions(
        self,
        pages: AsyncIterator[list[Record]],
        write: Callable[[list[Session]], Awaitable[None]],
    ) -> AsyncGenerator[int, None]:
        """The sessions of restored agreements; all of them where the whole backup is restored.

        :param pages: the records of the section, secrets in the clear.
        :raises Problem: BlobMissing, BlobCorrupt.
        """
        takes = self.parts.takes_session
        async for page in pages:
            try:
                sessions = [
                    Session.of(one.name, one.document, one.changed_at)
                    for one in page
                    if takes(one.name)
                ]
            except ValidationError as error:
                blob = self.backup.section(SESSIONS).blob
                raise corrupt(blob, "a record is no session") from error
            await write(sessions)
            yield len(page)
