"""Table MicValues: a partition for each service, a row for the MIC value of each AS2 message."""

from collections.abc import AsyncIterator, Sequence
from functools import lru_cache

from shared.model.runtime import MicValue
from shared.model.runtime_text import WrittenMic, written_mic
from shared.rules.naming import artifact_key
from shared.state.row_keys import bounded, encoded
from shared.storage.tables import Replace, Row, Table
from shared.storage.versioned import Versioned

TABLE = "interkeepMicValues"


class MicValues:
    """MIC values of AS2 messages."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def get(
        self, service_id: str, agreement: str, message_id: str
    ) -> Versioned[MicValue] | None:
        """The MIC value of a message; message ids are case-sensitive."""
        row = await self._table.get(service_id, mic_key(agreement, message_id))
        return Versioned(_read(row), row.etag) if row else None

    async def put(self, service_id: str, mic: MicValue, over: str | None) -> str:
        """Replace the version with this ETag, or insert one if it is None; return the new ETag.

        :raises RowChanged: if another writer changed it since.
        :raises RowExists: if it should be inserted and exists already.
        """
        row = _row(service_id, mic)
        return await (self._table.replace(row, over) if over else self._table.insert(row))

    async def put_all(self, service_id: str, mics: Sequence[MicValue | WrittenMic]) -> None:
        """Insert or replace up to 100, all or none."""
        await self._table.transact([Replace(_row(service_id, mic), None) for mic in mics])

    async def drop_all(self, service_id: str) -> None:
        """Delete all of a service; does nothing for those that are already deleted."""
        await self._table.drop_partition(service_id)

    async def pages(self, service_id: str, after: str = "") -> AsyncIterator[list[MicValue]]:
        """All MIC values of a service in the order of their keys, a page at a time.

        :param after: the key after which the first page begins; see ``mic_key``.
        """
        async for page in self._table.pages(service_id, after=after):
            yield [_read(row) for row in page]

    async def written(self, service_id: str) -> AsyncIterator[list[WrittenMic]]:
        """All of a service as they are stored; otherwise as ``pages``."""
        async for page in self._table.pages(service_id):
            yield [written_mic(str(row.values["mic"])) for row in page]


def mic_of(row: Row) -> MicValue:
    """The MIC value from a row of the table."""
    return _read(row)


def mic_key(agreement: str, message_id: str) -> str:
    """The key of a message's row."""
    return bounded(f"{_agreement_key(agreement)}!{encoded(message_id)}")


@lru_cache(maxsize=1024)
def _agreement_key(agreement: str) -> str:
    """The encoded name of an agreement. Cached: many messages are of the same few agreements."""
    return encoded(artifact_key(agreement))


def _row(service_id: str, mic: MicValue | WrittenMic) -> Row:
    key = mic_key(mic.agreement, mic.message_id)
    return Row(service_id, key, {"mic": mic.text})


def _read(row: Row) -> MicValue:
    return MicValue.model_validate_json(str(row.values["mic"]))
