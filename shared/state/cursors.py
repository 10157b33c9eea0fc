"""Where the sweep stopped: a row for each table, in a partition of the directory's table."""

from shared.storage.tables import Row, Table

_PARTITION = "cursor"


class Cursors:
    """How far the sweep has come."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def get(self, name: str) -> tuple[str, str]:
        """Partition and key of the last row that was processed; empty for the beginning."""
        row = await self._table.get(_PARTITION, name)
        return (str(row.values["partition"]), str(row.values["key"])) if row else ("", "")

    async def put(self, name: str, place: tuple[str, str]) -> None:
        """Store where the next run continues from."""
        values = {"partition": place[0], "key": place[1]}
        await self._table.replace(Row(_PARTITION, name, dict(values)), None)
