"""Where the sweep stopped, a row a table; in the directory's table, in a partition of its own."""

from shared.storage.tables import Row, Table

_PARTITION = "cursor"


class Cursors:
    """How far the sweep has come."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def get(self, name: str) -> tuple[str, str]:
        """Partition and key of the last row that was looked at; empty ones for the beginning."""
        row = await self._table.get(_PARTITION, name)
        return (str(row.values["partition"]), str(row.values["key"])) if row else ("", "")

    async def put(self, name: str, place: tuple[str, str]) -> None:
        """Remember where the next run goes on."""
        values = {"partition": place[0], "key": place[1]}
        await self._table.replace(Row(_PARTITION, name, dict(values)), None)
