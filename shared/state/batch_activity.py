"""Table BatchActivity: a partition a service, a row a batch with its active messages.

Run-time state, outside the configuration's revision: as the runtime reported it last.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from shared.model.wire import JsonObject
from shared.rules.naming import artifact_key
from shared.state.row_keys import encoded
from shared.storage.tables import Column, Row, Table
from shared.storage.versioned import Versioned
from shared.streams.merged import joined

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
        """What was reported of a batch last, None where nothing was."""
        row = await self._table.get(service_id, _key(batch))
        return Versioned(_read(row), row.etag) if row else None

    async def put(self, service_id: str, activity: BatchActivity, over: str | None) -> str:
        """Write what was reported over the version with this ETag, None for none; its new ETag.

        :raises RowChanged: where somebody else wrote it since.
        :raises RowExists: where there is one already.
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
        """Forget a batch; one that is not known is as good."""
        await self._table.delete(service_id, _key(batch))

    async def drop_all(self, service_id: str) -> None:
        """Remove all of a service; what is gone is as good."""
        await self._table.drop_partition(service_id)

    async def pages(
        self, service_id: str, batches: AsyncIterator[list[str]], after: str = ""
    ) -> AsyncIterator[list[BatchActivity]]:
        """What was reported of batches, in the order of their keys, a page at a time.

        :param batches: the names of the batches that there are, in the same order: a report that
            met its batch's deletion may have stayed behind, and says nothing.
        """
        behind = _key(after)
        rows = self._table.pages(service_id, after=behind)
        async for page in joined(rows, batches, lambda row: row.key, _key):
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
