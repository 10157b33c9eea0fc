"""However many sessions an account has: ten times as many take the same memory."""

import tracemalloc
from collections.abc import AsyncIterator, Iterable
from types import SimpleNamespace
from typing import Any, cast

from shared.backups.archive.reader import records
from shared.backups.making.writer import RunWriter
from shared.blobs.backup_container import BackupContainer, Ownership
from shared.clock import Clock
from shared.installation.installation import Installation
from shared.model.operation import Progress
from shared.model.record import Record
from shared.model.sections import SESSIONS
from shared.model.session import Session
from shared.restores.restored_sessions import RestoredSessions
from shared.restores.runtime_records import RuntimeRecords
from shared.restores.survey import Survey
from shared.sealing.data_key import DataKey
from shared.storage.pace import Pace
from tests.support.api import unique
from tests.support.linked import session

FEW, MANY = 2_000, 20_000
_PAGE = 1_000
_MORE_BYTES = 3_000_000
"""Far less than all of them take."""


class Source:
    """A cut of nothing but sessions, one in a hundred with a secret."""

    def __init__(self, count: int) -> None:
        self._count = count

    async def sessions(self) -> AsyncIterator[list[Record]]:
        for start in range(0, self._count, _PAGE):
            yield [self._one(number).record() for number in range(start, start + _PAGE)]

    def _one(self, number: int) -> Session:
        secret = {"password": f"secret {number}"} if number % 100 == 0 else {}
        return session(f"X12-ICN-A-{number:09}", {"ControlNumber": f"{number:09}", **secret})

    async def control_numbers(self, *_: object) -> AsyncIterator[list[bytes]]:
        yield []

    received_numbers = mic_values = control_numbers


class Task:
    """What a worker tells, and is told."""

    progress = Progress(stage="")

    def report(self, *_: object) -> None:
        """Nobody listens."""

    async def checkpoint(self) -> None:
        """Nobody cancels."""


class Counted:
    """A table that counts."""

    def __init__(self) -> None:
        self.rows = 0

    async def put_all(self, _service: str, sessions: Iterable[Session]) -> None:
        self.rows += len(list(sessions))


async def written_and_read(app: Installation, count: int) -> int:
    """The most bytes that a backup and a restore of so many sessions held."""
    container = BackupContainer(app.accounts.require("offsite", ""), unique("many"))
    await container.create(Ownership("i", "s", "o"))
    task = cast(Any, Task())
    writer = RunWriter(container, app.provider, Clock(), task, backup_id="b", run="1-1")
    table = Counted()
    key = DataKey("s", DataKey.new())
    tracemalloc.start()
    try:
        await writer.write_runtime(cast(Any, Source(count)))
        [part] = [one for one in writer.result.sections if one.name == SESSIONS]
        assert part.items == count
        assert writer.result.secrets is not None
        assert writer.result.secrets.items == count // 100
        restored = RestoredSessions(cast(Any, table), "s", key, resumed=False)
        runtime = RuntimeRecords(cast(Any, SimpleNamespace()), Survey())
        pace = Pace(4)
        steps = runtime.sessions(
            records(container, part), lambda sessions: restored.write(sessions, pace)
        )
        assert sum([step async for step in steps]) == count == table.rows
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def test_memory_is_flat(fresh_app: Installation) -> None:
    few = await written_and_read(fresh_app, FEW)
    many = await written_and_read(fresh_app, MANY)
    assert many - few < _MORE_BYTES, f"{few:,} and {many:,} bytes"
