"""Table ReceivedControlNumbers: a partition for each service, a row for each received number."""

from collections.abc import AsyncIterator, Sequence

from shared.model.numbers import Kind
from shared.model.runtime import ReceivedNumber
from shared.model.runtime_text import WrittenNumber, written_number
from shared.rules.naming import artifact_key
from shared.state.row_keys import bounded, encoded, row_key
from shared.storage.tables import Replace, Row, Table
from shared.storage.versioned import Versioned

TABLE = "interkeepReceivedControlNumbers"


class ReceivedNumbers:
    """Received control numbers."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def get(
        self, service_id: str, agreement: str, kind: Kind, value: int | str
    ) -> Versioned[ReceivedNumber] | None:
        """A received number, also if its validity has expired."""
        row = await self._table.get(service_id, number_key(agreement, kind, value))
        return Versioned(_read(row), row.etag) if row else None

    async def add(self, service_id: str, number: ReceivedNumber) -> None:
        """Insert a number that was not received before.

        :raises RowExists: if it was.
        """
        await self._table.insert(_row(service_id, number))

    async def replace(self, service_id: str, number: ReceivedNumber, etag: str) -> None:
        """Replace a number whose validity has expired.

        :raises RowChanged: if another writer changed it since.
        """
        await self._table.replace(_row(service_id, number), etag)

    async def drop(self, service_id: str, number: ReceivedNumber, etag: str) -> None:
        """Delete a number; does nothing if it is already deleted.

        :raises RowChanged: if another writer changed it since.
        """
        key = number_key(number.agreement, number.kind, number.value)
        await self._table.delete(service_id, key, etag)

    async def put_all(
        self, service_id: str, numbers: Sequence[ReceivedNumber | WrittenNumber]
    ) -> None:
        """Insert or replace up to 100 numbers, all or none."""
        await self._table.transact([Replace(_row(service_id, n), None) for n in numbers])

    async def drop_all(self, service_id: str) -> None:
        """Delete all of a service; does nothing for those that are already deleted."""
        await self._table.drop_partition(service_id)

    async def pages(self, service_id: str, after: str = "") -> AsyncIterator[list[ReceivedNumber]]:
        """All numbers of a service in the order of their keys, a page at a time.

        :param after: the key after which the first page begins; see ``number_key``.
        """
        async for page in self._table.pages(service_id, after=after):
            yield [_read(row) for row in page]

    async def written(self, service_id: str) -> AsyncIterator[list[WrittenNumber]]:
        """All of a service as they are stored; otherwise as ``pages``."""
        async for page in self._table.pages(service_id):
            yield [written_number(str(row.values["number"])) for row in page]


def number_of(row: Row) -> ReceivedNumber:
    """The number from a row of the table."""
    return _read(row)


def number_key(agreement: str, kind: str, value: int | str) -> str:
    """The key of a number's row; texts sort after the numbers."""
    of_kind = row_key(artifact_key(agreement), kind.lower())
    if isinstance(value, int):
        return f"{of_kind}!{value:09d}"
    return bounded(f"{of_kind}!t{encoded(value)}")


def _row(service_id: str, number: ReceivedNumber | WrittenNumber) -> Row:
    key = number_key(number.agreement, number.kind, number.value)
    return Row(service_id, key, {"number": number.text})


def _read(row: Row) -> ReceivedNumber:
    return ReceivedNumber.model_validate_json(str(row.values["number"]))
