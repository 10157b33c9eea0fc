"""Table InFlight, partition ``left-behind``: what recovery could not finish in a day.

Kept apart from operations in progress, so that those do not wait for it; retried each hour.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from shared.model.wire import JsonObject, rfc3339
from shared.state.operations import flight_key
from shared.state.readable import readable
from shared.storage.tables import Row, Table

_PARTITION = "left-behind"


@dataclass(frozen=True)
class LeftBehind:
    """An operation that has ended, but could not be settled."""

    service: str
    operation_id: str
    operation: str
    """The operation's name."""
    since: datetime
    """When it ended."""
    why: str
    """Why recovery failed, without addresses or secrets."""
    todo: str
    """What an operator can do about it."""

    def to_json(self) -> JsonObject:
        """As deep health lists it."""
        return {
            "service": self.service,
            "operation": self.operation_id,
            "operationName": self.operation,
            "since": rfc3339(self.since),
            "why": self.why,
            "do": self.todo,
        }


class LeftBehindIndex:
    """Which operations were left behind."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def get(self, service: str, operation_id: str) -> LeftBehind | None:
        """One entry."""
        row = await self._table.get(_PARTITION, flight_key(service, operation_id))
        return _read(row) if row else None

    async def put(self, left: LeftBehind) -> None:
        """Add an operation, or replace its entry."""
        values = {
            "service": left.service,
            "operation": left.operation_id,
            "name": left.operation,
            "since": rfc3339(left.since),
            "why": left.why,
            "todo": left.todo,
        }
        key = flight_key(left.service, left.operation_id)
        await self._table.replace(Row(_PARTITION, key, dict(values)), None)

    async def drop(self, service: str, operation_id: str) -> None:
        """Delete an operation's entry; does nothing if there is none."""
        await self._table.delete(_PARTITION, flight_key(service, operation_id))

    async def pages(self) -> AsyncIterator[list[LeftBehind]]:
        """All entries that can be read, a page of at most 1,000 at a time."""
        async for page in self._table.pages(_PARTITION):
            yield readable(page, _read)


def _read(row: Row) -> LeftBehind:
    values = row.values
    return LeftBehind(
        service=str(values["service"]),
        operation_id=str(values["operation"]),
        operation=str(values["name"]),
        since=datetime.fromisoformat(str(values["since"])),
        why=str(values["why"]),
        todo=str(values["todo"]),
    )
