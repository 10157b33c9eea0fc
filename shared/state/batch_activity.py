"""Table BatchActivity: a partition for each service, a row for each batch with its active messages.

Run-time state as the runtime last reported it; it does not change the configuration's revision.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from shared.model.wire import JsonObject
from shared.rules.naming import artifact_key
from shared.state.row_keys import encoded
from shared.storage.tables import Column, Row, Table
from shared.storage.versioned import Versioned
from shared.streams.in_order import two_in_order
from shared.streams.merged import joined
from shared.streams.read_ahead import first_of, with_first

TABLE = "interkeepBatchActivity"


@dataclass(frozen=True)
class BatchActivity:
    """How many messages wait in a batch."""

    batch: str
    agreement: str
    active_messages: int
    reported_at: str
    """RFC 3339."""

    def to_json(self) -> JsonObject:
        """As answers show it."""
        return {
            "batch": self.batch,
            "agreement": self.agreement,
            "activeMessages": self.active_messages,
            "reportedAt": self.reported_at,
        }


class BatchActivities:
    """Active messages of batches."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def get(self, service_id: str, batch: str) -> Versioned[BatchActivity] | None:
        """The last report of a batch, None if there is none."""
        row = await self._table.get(service_id, _key(batch))
        return Versioned(_read(row), row.etag) if row else None

    async def put(self, service_id: str, activity: BatchActivity, over: str | None) -> str:
        """Replace the version with this ETag (None: there is none yet) and return the new ETag.

        :raises RowChanged: if another writer changed it since.
        :raises RowExists: if there is one already.
        """
        values: dict[str, Column] = {
            "batch": activity.batch,
            "agreement": activity.agreement,
            "activeMessages": activity.active_messages,
            "reportedAt": activity.reported_at,
        }
        row = Row(service_id, _key(activity.batch), values)
        return await (self._table.replace(row, over) if over else self._table.insert(row))

    async def drop(self, service_id: str, batch: str) -> None:
        """Delete the report of a batch; does nothing if there is none."""
        await self._table.delete(service_id, _key(batch))

    async def drop_all(self, service_id: str) -> None:
        """Delete all reports of a service; does nothing for those that are already deleted."""
        await self._table.drop_partition(service_id)

    async def pages(
        self, service_id: str, batches: AsyncIterator[list[str]], after: str = ""
    ) -> AsyncIterator[list[BatchActivity]]:
        """The reports of batches in the order of their keys, a page at a time.

        :param batches: the names of the batches that exist, in the same order. A report that was
            written while its batch was deleted may be left over; it is ignored.
        """
        # Most services have one page of either: both are asked for at once.
        rows = self._table.pages(service_id, after=_key(after))
        reports, names = await two_in_order(first_of(rows), first_of(batches))
        pairs = joined(
            with_first(reports, rows), with_first(names, batches), lambda row: row.key, _key
        )
        async for page in pairs:
            yield [_read(row) for row, batch in page if batch is not None]

    async def active(
        self, service_id: str, batches: AsyncIterator[list[str]]
    ) -> list[BatchActivity]:
        """The batches that have active messages."""
        return [
            activity
            async for page in self.pages(service_id, batches)
            for activity in page
            if activity.active_messages
        ]


def _key(batch: str) -> str:
    return encoded(artifact_key(batch))


def _read(row: Row) -> BatchActivity:
    return BatchActivity(
        str(row.values["batch"]),
        str(row.values["agreement"]),
        int(row.values["activeMessages"]),
        str(row.values["reportedAt"]),
    )
