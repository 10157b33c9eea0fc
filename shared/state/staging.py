"""Staged changes: what a pull found, in the partition of its service until it is written.

The rows sort before all artifacts, so nothing that reads artifacts meets them. A pull stages all
that it found, then marks the head (``Head.stage``) in one transaction with a summary. From then on
it can only go forward, from the staged rows alone: each transaction writes some artifacts and
deletes their staged rows, so every one of them is written once, whoever continues after a crash.
"""

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.model.sections import Section
from shared.model.wire import JsonObject, rfc3339
from shared.state.artifact_rows import ACCOUNT_TIME
from shared.state.columns import document_columns, dumps, read_document, sent_bytes, together
from shared.state.configuration import Configuration, Head, head_row
from shared.state.edits import Put
from shared.state.row_keys import bounded, named
from shared.storage.tables import (
    TRANSACTION_ROWS,
    Column,
    Delete,
    Replace,
    Row,
    Step,
    Table,
)

_PREFIX = "!stage!"
_PULLED = "!pulled"
_NEW, _GONE, _DRIFT = "stagedNew", "stagedGone", "stagedDrift"
_OF_THE_STAGE = frozenset({_NEW, _GONE, _DRIFT})
_ROWS_AT_ONCE = (TRANSACTION_ROWS - 1) // 2
"""Each staged artifact takes two rows of a transaction, the head one."""


@dataclass(frozen=True)
class Staged:
    """One artifact as a pull leaves it."""

    section: Section
    name: str
    new: bool
    gone: bool
    drift: JsonObject = field(repr=False)
    """What changed of it, for the log of drift; empty where nothing is to be logged."""
    row: Row = field(repr=False)

    @property
    def key(self) -> str:
        """The key of the staged row: the same for every attempt."""
        return self.row.key


@dataclass(frozen=True)
class StagedValue:
    """A piece of run-time state, or the settings, as a pull leaves it."""

    key: str
    value: JsonObject = field(repr=False)


@dataclass(frozen=True)
class Summary:
    """What the last pull that wrote something found."""

    operation: str
    found_at: datetime
    """When the pull began."""
    result: JsonObject = field(repr=False)
    warnings: list[JsonObject] = field(repr=False)
    drifts: bool
    """Whether what it found is drift: not where the service is pulled for the first time."""
    seen: JsonObject = field(repr=False)
    """What it saw of the account."""


class Staging:
    """Staged changes of services.

    :param table: that of the configuration.
    """

    def __init__(self, table: Table, configuration: Configuration) -> None:
        self._table = table
        self._configuration = configuration

    async def put(
        self, service_id: str, stage: str, put: Put, drift: JsonObject, account_time: str = ""
    ) -> None:
        """Stage an artifact that is to be written; replaces what was staged of it before.

        :param account_time: when it changed, as its account writes it; empty where it says nothing.
        :raises Problem: DocumentTooLarge.
        """
        artifact = put.artifact
        of_account: dict[str, Column] = {ACCOUNT_TIME: account_time} if account_time else {}
        columns = {**put.columns, **of_account, _NEW: put.new, _DRIFT: dumps(drift)}
        await self._stage(service_id, stage, artifact.section, artifact.name, columns)

    async def remove(
        self, service_id: str, stage: str, section: Section, name: str, drift: JsonObject
    ) -> None:
        """Stage the removal of an artifact that exists."""
        columns: dict[str, Column] = {
            "section": section,
            "name": name,
            _GONE: True,
            _DRIFT: dumps(drift),
        }
        await self._stage(service_id, stage, section, name, columns)

    async def _stage(
        self,
        service_id: str,
        stage: str,
        section: Section,
        name: str,
        columns: dict[str, Column],
    ) -> None:
        row = Row(service_id, _artifact_key(stage, section, name), columns)
        await self._table.replace(row, None)

    async def forget(self, service_id: str, stage: str, section: Section, name: str) -> None:
        """Take back what was staged of an artifact."""
        await self._table.delete(service_id, _artifact_key(stage, section, name))

    async def put_values(self, service_id: str, stage: str, values: Iterable[StagedValue]) -> None:
        """Stage run-time state; a key that was staged is replaced."""
        rows = [Row(service_id, _value_key(stage, v.key), _of_value(v)) for v in values]
        for group in together(rows, _sent, TRANSACTION_ROWS):
            await self._table.transact([Replace(row, None) for row in group])

    async def artifacts(self, service_id: str, stage: str) -> AsyncIterator[list[Staged]]:
        """The staged artifacts, a page at a time; each page fits into one transaction."""
        prefix = f"{_PREFIX}{stage}!a!"
        pages = self._table.pages(service_id, after=prefix, before=f"{prefix}~", size=_ROWS_AT_ONCE)
        async for page in pages:
            for group in together(page, _sent, TRANSACTION_ROWS):
                yield [_staged(row) for row in group]

    async def values(self, service_id: str, stage: str) -> AsyncIterator[list[StagedValue]]:
        """The staged run-time state, at most 100 at a time."""
        prefix = f"{_PREFIX}{stage}!v!"
        pages = self._table.pages(
            service_id, after=prefix, before=f"{prefix}~", size=TRANSACTION_ROWS
        )
        async for page in pages:
            yield [StagedValue(str(row.values["key"]), read_document(row.values)) for row in page]

    async def seal(self, service_id: str, head: Head, summary: Summary) -> Head:
        """Mark the head: from now on the staged changes will be written, whatever happens.

        :raises RowChanged: if another writer changed the head since it was read.
        """
        sealed = replace(head, stage=summary.operation)
        told: dict[str, Column] = {
            "operation": summary.operation,
            "foundAt": rfc3339(summary.found_at),
            "drifts": summary.drifts,
            **document_columns(
                {"result": summary.result, "warnings": summary.warnings, "seen": summary.seen}
            ),
        }
        etags = await self._table.transact(
            [
                Replace(head_row(service_id, sealed), head.etag),
                Replace(Row(service_id, _PULLED, told), None),
            ]
        )
        return replace(sealed, etag=etags[0], age_seconds=0.0)

    async def summary(self, service_id: str) -> Summary | None:
        """What the last pull that wrote something found, None if none did."""
        row = await self._table.get(service_id, _PULLED)
        if row is None:
            return None
        told = read_document(row.values)
        return Summary(
            operation=str(row.values["operation"]),
            found_at=datetime.fromisoformat(str(row.values["foundAt"])),
            result=told["result"],
            warnings=told["warnings"],
            drifts=bool(row.values["drifts"]),
            seen=told["seen"],
        )

    async def write(self, service_id: str, head: Head, staged: Sequence[Staged]) -> Head:
        """Write some staged artifacts and delete their staged rows, in one transaction.

        :raises RowChanged: if another writer changed the head since it was read.
        """
        counts = dict(head.counts)
        steps: list[Step] = []
        for one in staged:
            final = named(one.section, one.name)
            change = -1 if one.gone else int(one.new)
            counts[one.section] = counts.get(one.section, 0) + change
            if one.gone:
                steps.append(Delete(service_id, final))
            else:
                values = {n: v for n, v in one.row.values.items() if n not in _OF_THE_STAGE}
                steps.append(Replace(Row(service_id, final, values), None))
            steps.append(Delete(service_id, one.key))
        written = replace(head, revision=head.revision + 1, counts=counts, hold="")
        # The head first: whether this transaction happened is told by its id.
        steps.insert(0, Replace(head_row(service_id, written), head.etag))
        etags = await self._table.transact(steps)
        return replace(written, etag=etags[0], age_seconds=0.0)

    async def unmark(self, service_id: str, head: Head) -> Head:
        """Say that all that was staged is written.

        :raises RowChanged: if another writer changed the head since it was read.
        """
        return await self._configuration.write_head(service_id, replace(head, stage="", hold=""))

    async def drop_values(self, service_id: str, stage: str, values: Sequence[StagedValue]) -> None:
        """Delete staged run-time state that was written."""
        steps = [Delete(service_id, _value_key(stage, one.key)) for one in values]
        if steps:
            await self._table.transact(steps)

    async def clear(self, service_id: str) -> None:
        """Delete what attempts staged that never sealed it."""
        pages = self._table.pages(
            service_id, after=_PREFIX, before=f"{_PREFIX}~", columns=(), size=TRANSACTION_ROWS
        )
        async for page in pages:
            if page:
                await self._table.transact([Delete(service_id, row.key) for row in page])


def _artifact_key(stage: str, section: Section, name: str) -> str:
    return bounded(f"{_PREFIX}{stage}!a!{named(section, name)}")


def _value_key(stage: str, key: str) -> str:
    return bounded(f"{_PREFIX}{stage}!v!{key}")


def _of_value(value: StagedValue) -> dict[str, Column]:
    return {"key": value.key, **document_columns(value.value)}


def _staged(row: Row) -> Staged:
    values = row.values
    return Staged(
        section=Section(str(values["section"])),
        name=str(values["name"]),
        new=bool(values.get(_NEW)),
        gone=bool(values.get(_GONE)),
        drift=json.loads(str(values.get(_DRIFT) or "{}")),
        row=row,
    )


def _sent(row: Row) -> int:
    return sent_bytes(row.values.values())
