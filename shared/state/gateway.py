"""Table storage behind one small interface: rows, conditional writes, transactions, pages.

Delivery of a write can be uncertain: a request whose answer was lost is sent again, and the
repeated insert meets its own row. So every write carries an id of its own (column ``w``), and one
that meets a conflict reads back and compares it before it calls that a conflict.
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import EdmType, EntityProperty, TableTransactionError, UpdateMode
from azure.data.tables.aio import TableClient

Column = str | int | bool | bytes
SCHEMA = 1
"""Version of the rows that this code writes (column ``v``). Older ones are read."""

TRANSACTION_ROWS = 100
"""The most rows that one entity group transaction takes."""

_REFUSALS = frozenset({404, 409, 412})
"""What a write is answered whose condition was not met: not found, exists, changed."""

_WRITTEN_OVER = "W/\"datetime'1601-01-01T00%3A00%3A00.0000000Z'\""
"""The ETag of a version that is no more: whoever writes on this condition reads again."""

_SYSTEM = frozenset({"PartitionKey", "RowKey", "v", "w"})


class RowExists(Exception):
    """An insert met a row that somebody else wrote."""


class RowChanged(Exception):
    """A conditional write met another version of the row, or none."""


class SchemaTooNew(Exception):
    """A row was written by a newer version of Interkeep."""


@dataclass(frozen=True)
class Row:
    """One row as it was read or written."""

    partition: str
    key: str
    values: Mapping[str, Column]
    etag: str = ""
    age_seconds: float = field(default=0.0, compare=False)
    """How long ago it was written, by the storage's own clock; known after ``get`` only."""


@dataclass(frozen=True)
class Insert:
    """Write a row that must not exist."""

    row: Row


@dataclass(frozen=True)
class Replace:
    """Write a row over the version with this ETag; over any version where it is None."""

    row: Row
    etag: str | None


@dataclass(frozen=True)
class Delete:
    """Remove a row of this version; of any version where the ETag is None."""

    partition: str
    key: str
    etag: str | None = None


Step = Insert | Replace | Delete


class Table:
    """One table. It comes into being with its first row."""

    def __init__(self, client: TableClient, new_id: Callable[[], str]) -> None:
        self._client = client
        self._new_id = new_id

    async def get(self, partition: str, key: str) -> Row | None:
        """Read one row, None where there is none."""
        heard: dict[str, datetime] = {}
        try:
            entity = await self._client.get_entity(
                partition, key, raw_response_hook=_listener(heard)
            )
        except ResourceNotFoundError:
            return None
        return _row(entity, heard.get("date"))

    async def clock(self) -> datetime | None:
        """What time the storage has, by the Date of an answer; None where it told none."""
        heard: dict[str, datetime] = {}
        with suppress(ResourceNotFoundError):
            await self._client.get_entity("!clock", "!clock", raw_response_hook=_listener(heard))
        return heard.get("date")

    async def insert(self, row: Row) -> str:
        """Write a new row and return its ETag.

        :raises RowExists: where another write made a row of that key.
        """
        return (await self.transact([Insert(row)]))[0]

    async def replace(self, row: Row, etag: str | None) -> str:
        """Write a row over a version of it (over any, or none, for None); its new ETag.

        :raises RowChanged: where the row has another version, or is gone.
        """
        return (await self.transact([Replace(row, etag)]))[0]

    async def delete(self, partition: str, key: str, etag: str | None = None) -> None:
        """Remove a row; one that is gone already is as good.

        :raises RowChanged: where the row has another version.
        """
        await self.transact([Delete(partition, key, etag)])

    async def transact(self, steps: Sequence[Step]) -> list[str]:
        """Do all of the steps, of one partition, or none; the ETags of what was written.

        :raises RowExists: where an insert met a row.
        :raises RowChanged: where a condition was not met.
        """
        if not 1 <= len(steps) <= TRANSACTION_ROWS:
            raise ValueError(f"a transaction takes 1 to {TRANSACTION_ROWS} rows, not {len(steps)}")
        write_id = self._new_id()
        try:
            return await self._send(steps, write_id)
        except (
            ResourceExistsError,
            ResourceModifiedError,
            ResourceNotFoundError,
            TableTransactionError,
        ) as error:
            if error.status_code not in _REFUSALS or _code(error) == "TableBeingDeleted":
                raise
            return await self._settle(steps, write_id, error)

    async def _send(self, steps: Sequence[Step], write_id: str) -> list[str]:
        if len(steps) == 1:
            return [await self._send_one(steps[0], write_id)]
        operations = [_operation(step, write_id) for step in steps]
        answers = await self._client.submit_transaction(operations)
        return [str(answer.get("etag", "")) for answer in answers]

    async def _send_one(self, step: Step, write_id: str) -> str:
        match step:
            case Insert(row):
                answer = await self._client.create_entity(_entity(row, write_id))
            case Replace(row, None):
                answer = await self._client.upsert_entity(
                    _entity(row, write_id), mode=UpdateMode.REPLACE
                )
            case Replace(row, etag):
                answer = await self._client.update_entity(
                    _entity(row, write_id), mode=UpdateMode.REPLACE, **_condition(etag)
                )
            case Delete(partition, key, etag):
                await self._client.delete_entity(partition, key, **_condition(etag))
                return ""
        return str(answer.get("etag", ""))

    async def _settle(
        self, steps: Sequence[Step], write_id: str, error: HttpResponseError
    ) -> list[str]:
        """A write was refused: by a missing table, by its own first delivery, or truly."""
        if _code(error) == "TableNotFound":
            if all(isinstance(step, Delete) for step in steps):
                return [""] * len(steps)
            await self._create()
            return await self.transact(steps)
        written = next((s.row for s in steps if not isinstance(s, Delete)), None)
        if written is None:
            return await self._settle_deletes(steps, error)
        found = await self._client_row(written.partition, written.key)
        if found is not None and found.get("w") == write_id:
            return await self._etags(steps, write_id)
        raise _conflict(error) from error

    async def _settle_deletes(self, steps: Sequence[Step], error: HttpResponseError) -> list[str]:
        """A delete of what is gone has succeeded; of several, those that are left are tried."""
        if error.status_code != 404:
            raise _conflict(error) from error
        if len(steps) > 1:
            for step in steps:
                await self.transact([step])
        return [""] * len(steps)

    async def _etags(self, steps: Sequence[Step], write_id: str) -> list[str]:
        """The ETags of what this write wrote; never that of whoever wrote over it since."""
        etags = []
        for step in steps:
            if isinstance(step, Delete):
                etags.append("")
                continue
            found = await self._client_row(step.row.partition, step.row.key)
            mine = found is not None and found.get("w") == write_id
            metadata = getattr(found, "metadata", {})
            etags.append(str(metadata["etag"]) if mine else _WRITTEN_OVER)
        return etags

    async def _client_row(self, partition: str, key: str) -> Mapping[str, Any] | None:
        try:
            return await self._client.get_entity(partition, key)
        except ResourceNotFoundError:
            return None

    async def _create(self) -> None:
        try:
            await self._client.create_table()
        except ResourceExistsError:
            return

    async def pages(
        self,
        partition: str,
        *,
        after: str = "",
        before: str = "",
        columns: Sequence[str] | None = None,
        size: int = 1000,
    ) -> AsyncIterator[list[Row]]:
        """Read the rows of a partition in the order of their keys, a page at a time.

        :param after: only keys greater than this one.
        :param before: only keys less than this one.
        :param columns: read only these columns.
        :param size: the most rows of a page; a page may be short or empty and not be the last.
        """
        clauses = ["PartitionKey eq @partition"]
        clauses += ["RowKey gt @after"] if after else []
        clauses += ["RowKey lt @before"] if before else []
        found = self._client.query_entities(
            " and ".join(clauses),
            parameters={"partition": partition, "after": after, "before": before},
            results_per_page=size,
            select=_select(columns),
        )
        try:
            async for page in found.by_page():
                yield [_row(entity) async for entity in page]
        except ResourceNotFoundError as error:
            if _code(error) != "TableNotFound":
                raise

    async def scan(
        self,
        *,
        after: tuple[str, str] = ("", ""),
        columns: Sequence[str] | None = None,
        size: int = 1000,
    ) -> AsyncIterator[list[Row]]:
        """All rows of the table, a page at a time, partition after partition.

        :param after: partition and key of the row that the first page begins behind.
        :param columns: read only these columns.
        """
        found = self._client.query_entities(
            "PartitionKey gt @partition or ( PartitionKey eq @partition and RowKey gt @key )",
            parameters={"partition": after[0], "key": after[1]},
            results_per_page=size,
            select=_select(columns),
        )
        try:
            async for page in found.by_page():
                yield [_row(entity) async for entity in page]
        except ResourceNotFoundError as error:
            if _code(error) != "TableNotFound":
                raise

    async def drop_partition(self, partition: str) -> None:
        """Remove all rows of a partition; those that are gone are as good."""
        async for page in self.pages(partition, columns=()):
            for start in range(0, len(page), TRANSACTION_ROWS):
                rows = page[start : start + TRANSACTION_ROWS]
                await self.transact([Delete(partition, row.key) for row in rows])


def _listener(heard: dict[str, datetime]) -> Callable[[Any], None]:
    """A hook that notes the Date of an answer."""

    def hear(response: Any) -> None:
        date = response.http_response.headers.get("Date")
        if date:
            heard["date"] = parsedate_to_datetime(date)

    return hear


def _select(columns: Sequence[str] | None) -> list[str] | None:
    return None if columns is None else ["PartitionKey", "RowKey", "v", "w", *columns]


def _code(error: HttpResponseError) -> str:
    """The service's own error code; the SDK decodes it for some calls only."""
    code = getattr(error, "error_code", None)
    if code:
        return str(getattr(code, "value", code))
    try:
        body = json.loads(error.response.text()) if error.response else {}
        return str(body["odata.error"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""


def _conflict(error: HttpResponseError) -> Exception:
    exists = isinstance(error, ResourceExistsError) or error.status_code == 409
    return RowExists(str(error)) if exists else RowChanged(str(error))


def _condition(etag: str | None) -> dict[str, Any]:
    if etag is None:
        return {}
    return {"etag": etag, "match_condition": MatchConditions.IfNotModified}


def _entity(row: Row, write_id: str) -> dict[str, Any]:
    entity: dict[str, Any] = {"PartitionKey": row.partition, "RowKey": row.key, "w": write_id}
    for name, value in {**row.values, "v": SCHEMA}.items():
        whole = isinstance(value, int) and not isinstance(value, bool)
        entity[name] = EntityProperty(value, EdmType.INT64) if whole else value
    return entity


def _operation(step: Step, write_id: str) -> tuple[str, Any] | tuple[str, Any, dict[str, Any]]:
    match step:
        case Insert(row):
            return ("create", _entity(row, write_id))
        case Replace(row, None):
            return ("upsert", _entity(row, write_id), {"mode": UpdateMode.REPLACE})
        case Replace(row, etag):
            options = {"mode": UpdateMode.REPLACE, **_condition(etag)}
            return ("update", _entity(row, write_id), options)
        case Delete(partition, key, etag):
            entity = {"PartitionKey": partition, "RowKey": key}
            return ("delete", entity, _condition(etag)) if etag else ("delete", entity)


def _row(entity: Mapping[str, Any], read_at: datetime | None = None) -> Row:
    values = {
        name: value.value if isinstance(value, EntityProperty) else value
        for name, value in entity.items()
        if name not in _SYSTEM
    }
    version = entity.get("v")
    if isinstance(version, EntityProperty) and version.value > SCHEMA:
        raise SchemaTooNew(
            f"A row has schema version {version.value}, this app knows {SCHEMA}: a newer "
            "Interkeep wrote it. Deploy that version or a later one."
        )
    metadata = getattr(entity, "metadata", {})
    written = metadata.get("timestamp")
    age = 0.0
    if read_at is not None and written is not None:
        age = (read_at - written.astimezone(UTC)).total_seconds()
    return Row(entity["PartitionKey"], entity["RowKey"], values, str(metadata.get("etag", "")), age)
