"""Table Configuration: a partition for each service, with its head, key, settings and artifacts.

Every change is one transaction that also writes the head: it increases the revision by one, on the
condition that the head was not changed since it was read. So two reads of the same revision enclose
one consistent state of the whole partition.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum

from shared.model.artifact import Artifact
from shared.model.numbers import AgreementNumbers
from shared.model.seals import WrappedKey
from shared.model.sections import Section
from shared.model.wire import JsonObject
from shared.rules.naming import begins_with, is_same_name
from shared.state.artifact_rows import (
    FACTS_COLUMNS,
    REFERENCE_COLUMNS,
    ArtifactFacts,
    named_by,
    read_artifact,
    read_facts,
    read_numbers,
    row_with_md5,
)
from shared.state.columns import document_columns, dumps, read_document
from shared.state.edits import Edit, Put, PutSettings, Remove
from shared.state.row_keys import LAST, named, named_from
from shared.storage.tables import (
    TRANSACTION_ROWS,
    Column,
    Delete,
    Insert,
    Replace,
    Row,
    RowChanged,
    Step,
    Table,
)
from shared.storage.versioned import Versioned

TABLE = "interkeepConfiguration"
HOLD_SECONDS = 60
"""A hold expires after this time without renewal, measured by the storage's clock."""

_ROWS_AT_ONCE = 200
"""Rows in a page of whole rows: some mebibytes of documents, and two pages are in memory at a
time."""

_NUMBERING = ("name", "numbering", "parties")
"""The columns that ``read_numbers`` reads."""

_HEAD = "!head"
_KEY = "!key"
_SETTINGS = "!service"


class Phase(StrEnum):
    """The phase of the whole partition, stored in the head."""

    OPEN = "open"
    RESTORING = "restoring"
    CLOSED = "closed"
    """The service is being deleted: no further change is accepted."""


@dataclass(frozen=True)
class StoredSettings:
    """The settings of a service, secrets sealed."""

    document: JsonObject = field(repr=False)
    changed_at: str
    """RFC 3339; a restore keeps the time."""
    operation_id: str
    """The operation that wrote them last; empty for the service's creation or restore."""
    etag: str


@dataclass(frozen=True)
class Head:
    """The row that every change of a service's configuration also writes."""

    revision: int
    phase: Phase
    hold: str
    """Id of the operation that holds the configuration; empty for none."""
    counts: Mapping[str, int]
    """How many artifacts each section has."""
    etag: str = ""
    age_seconds: float = 0.0
    stage: str = ""
    """Id of the operation whose staged changes are being written (staging.py); empty for none.
    Until then, what the partition has is between two states: nothing reads or changes it."""

    @property
    def held_for_seconds(self) -> float:
        """How much longer writers must wait, 0 without a hold."""
        return max(0.0, HOLD_SECONDS - self.age_seconds) if self.hold else 0.0


class Configuration:
    """Settings and artifacts of services."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def begin(
        self,
        service_id: str,
        *,
        phase: Phase,
        key: WrappedKey,
        settings: JsonObject,
        changed_at: str,
    ) -> Head:
        """Create the partition of a new service.

        :raises RowExists: if it has one already.
        """
        head = Head(revision=1, phase=phase, hold="", counts={})
        rows = [
            head_row(service_id, head),
            Row(service_id, _KEY, {"key": dumps(key.to_json())}),
            _settings_row(service_id, settings, changed_at),
        ]
        etags = await self._table.transact([Insert(row) for row in rows])
        return replace(head, etag=etags[0])

    async def head(self, service_id: str) -> Head | None:
        """The head, None for a service that has no partition, or has none any more."""
        row = await self._table.get(service_id, _HEAD)
        return _head(row) if row else None

    async def write_head(self, service_id: str, head: Head) -> Head:
        """Write only the head: its phase or hold; the revision does not change.

        :raises RowChanged: if another writer changed it since it was read.
        """
        etag = await self._table.replace(head_row(service_id, head), head.etag)
        return replace(head, etag=etag, age_seconds=0.0)

    async def change(
        self, service_id: str, head: Head, edits: Sequence[Edit], *, insert_only: bool = False
    ) -> tuple[Head, list[str]]:
        """Do all of the edits, at most 99, or none; return the new head and the ETag of each edit.

        :param insert_only: refuse to replace an artifact (for a restore).
        :raises RowChanged: if the head has changed since it was read.
        :raises RowExists: with ``insert_only``, if an artifact exists.
        """
        counts = dict(head.counts)
        steps: list[Step] = []
        for edit in edits:
            match edit:
                case Put(artifact, new):
                    counts[artifact.section] = counts.get(artifact.section, 0) + int(new)
                    row = edit.row(service_id)
                    steps.append(Insert(row) if insert_only else Replace(row, None))
                case Remove(section, name):
                    counts[section] = counts.get(section, 0) - 1
                    steps.append(Delete(service_id, named(section, name)))
                case PutSettings(document, changed_at, operation_id):
                    row = _settings_row(service_id, document, changed_at, operation_id)
                    steps.append(Replace(row, None))
        changed = replace(head, revision=head.revision + 1, counts=counts, hold="")
        steps.append(Replace(head_row(service_id, changed), head.etag))
        *etags, head_etag = await self._table.transact(steps)
        return replace(changed, etag=head_etag, age_seconds=0.0), etags

    async def key(self, service_id: str) -> WrappedKey | None:
        """The wrapped data key of a service."""
        found = await self.wrapped_key(service_id)
        return found.value if found else None

    async def wrapped_key(self, service_id: str) -> Versioned[WrappedKey] | None:
        """The wrapped data key of a service with its version, to rewrap it."""
        row = await self._table.get(service_id, _KEY)
        return Versioned(_wrapped(row), row.etag) if row else None

    async def write_key(self, service_id: str, key: WrappedKey, etag: str) -> None:
        """Write a data key that was rewrapped. This is not a change of the configuration.

        :raises RowChanged: if it was written since, or the service was deleted.
        """
        await self._table.replace(Row(service_id, _KEY, {"key": dumps(key.to_json())}), etag)

    async def settings(self, service_id: str) -> StoredSettings | None:
        """The settings of a service, None if it has no partition, or has none any more."""
        row = await self._table.get(service_id, _SETTINGS)
        if row is None:
            return None
        return StoredSettings(
            read_document(row.values),
            str(row.values["changedAt"]),
            str(row.values.get("operation", "")),
            row.etag,
        )

    async def artifact(
        self, service_id: str, section: Section, name: str
    ) -> Versioned[Artifact] | None:
        """One artifact, by its name without regard to case."""
        row = await self._table.get(service_id, named(section, name))
        return Versioned(read_artifact(row), row.etag) if row else None

    async def note_md5(
        self, service_id: str, section: Section, name: str, sha256: str, md5: str
    ) -> None:
        """Add the MD5 of an artifact's content if it is not stored yet; nothing else changes."""
        row = await self._table.get(service_id, named(section, name))
        known = row_with_md5(row, sha256, md5) if row else None
        if known is not None:
            with suppress(RowChanged):
                await self._table.replace(known, known.etag)

    async def numbers(self, service_id: str, agreement: str) -> AgreementNumbers | None:
        """What an agreement's document says about control numbers; None if there is no such
        agreement."""
        row = await self._table.get(service_id, named(Section.AGREEMENTS, agreement))
        found = read_numbers(row) if row else None
        return found if found and is_same_name(found.name, agreement) else None

    async def all_numbers(
        self, service_id: str, after: str = "", *, prefix: str = ""
    ) -> AsyncIterator[list[AgreementNumbers]]:
        """The agreements with what their documents say about control numbers, a page at a time.

        :param after: the agreement after which the first page begins.
        :param prefix: what their names begin with, without regard to case.
        """
        start = named(Section.AGREEMENTS, after) if after else f"{Section.AGREEMENTS}!"
        begin = named_from(Section.AGREEMENTS, prefix) if prefix else ""
        end, columns = f"{begin or f'{Section.AGREEMENTS}!'}{LAST}", _NUMBERING
        pages = self._table.pages(service_id, after=start, begin=begin, before=end, columns=columns)
        async for page in pages:
            found = [read_numbers(row) for row in page]
            yield [one for one in found if begins_with(one.name, prefix)]

    async def has(self, service_id: str, section: Section, name: str) -> bool:
        """Whether there is an artifact of that name."""
        return await self._table.get(service_id, named(section, name)) is not None

    async def users(self, service_id: str, section: Section, name: str) -> list[tuple[str, str]]:
        """The artifacts that name this one, by section and name; reads all artifacts of the
        service, also those of sections that only a newer version of the app knows."""
        wanted = named(section, name)
        columns = ("section", "name", *REFERENCE_COLUMNS)
        found: list[tuple[str, str]] = []
        async for page in self._table.pages(service_id, after="!~", before=LAST, columns=columns):
            found += [
                (str(row.values["section"]), str(row.values["name"]))
                for row in page
                if wanted in named_by(row)
            ]
        return found

    async def parties(self, service_id: str) -> dict[str, str]:
        """The agreements by their parties' key; those that do not name both parties are left
        out."""
        found: dict[str, str] = {}
        start, end = f"{Section.AGREEMENTS}!", f"{Section.AGREEMENTS}!{LAST}"
        async for page in self._table.pages(
            service_id, after=start, before=end, columns=("name", "parties")
        ):
            for row in page:
                if row.values.get("parties"):
                    found[str(row.values["parties"])] = str(row.values["name"])
        return found

    async def pages(
        self,
        service_id: str,
        section: Section | None = None,
        *,
        after: str = "",
        prefix: str = "",
        size: int = 1000,
    ) -> AsyncIterator[list[Versioned[Artifact]]]:
        """Artifacts in the order of section and key, a page at a time.

        :param after: the name in the section after which the first page begins.
        :param prefix: what their names in the section begin with, without regard to case.
        """
        start = named(section, after) if section and after else f"{section or ''}!"
        begin = named_from(section, prefix) if section and prefix else ""
        end = f"{begin or f'{section}!'}{LAST}" if section else LAST
        first = start if section else "!~"
        pages = self._table.pages(service_id, after=first, begin=begin, before=end, size=size)
        async for page in pages:
            found = [Versioned(read_artifact(row), row.etag) for row in page]
            yield [one for one in found if begins_with(one.value.name, prefix)]

    async def facts(self, service_id: str, section: Section) -> AsyncIterator[list[ArtifactFacts]]:
        """What is known of the artifacts of a section without their documents, a page at a
        time."""
        first, last = f"{section}!", f"{section}!{LAST}"
        pages = self._table.pages(service_id, after=first, before=last, columns=FACTS_COLUMNS)
        async for page in pages:
            yield [read_facts(row) for row in page]

    async def rows(self, service_id: str) -> AsyncIterator[list[Row]]:
        """The rows of all artifacts in the order of section and key, a page at a time.

        For callers that must continue if one of them cannot be read: ``read_artifact`` parses each.
        """
        pages = self._table.pages(service_id, after="!~", before=LAST, size=_ROWS_AT_ONCE)
        async for page in pages:
            yield page

    async def names(
        self, service_id: str, section: Section, *, after: str = ""
    ) -> AsyncIterator[list[str]]:
        """The names of a section in the order of its keys, a page at a time.

        :param after: the name after which the first page begins.
        """
        first = named(section, after) if after else f"{section}!"
        async for page in self._table.pages(
            service_id, after=first, before=f"{section}!{LAST}", columns=("name",)
        ):
            yield [str(row.values["name"]) for row in page]

    async def keys(self, service_id: str) -> AsyncIterator[list[str]]:
        """The keys of all rows of the partition, artifacts first, the head last."""
        bounds = (("!~", LAST), ("", "!~"))
        for after, before in bounds:
            async for page in self._table.pages(service_id, after=after, before=before, columns=()):
                yield [row.key for row in page]

    async def drop(self, service_id: str, keys: Sequence[str]) -> None:
        """Delete rows of a closed partition; does nothing for those that are already deleted."""
        for start in range(0, len(keys), TRANSACTION_ROWS):
            batch = keys[start : start + TRANSACTION_ROWS]
            await self._table.transact([Delete(service_id, key) for key in batch])


def _wrapped(row: Row) -> WrappedKey:
    return WrappedKey.model_validate(json.loads(str(row.values["key"])))


def _settings_row(
    service_id: str, document: JsonObject, changed_at: str, operation_id: str = ""
) -> Row:
    columns = {"changedAt": changed_at, "operation": operation_id, **document_columns(document)}
    return Row(service_id, _SETTINGS, columns)


def head_row(service_id: str, head: Head) -> Row:
    """The row of a head."""
    values: dict[str, Column] = {
        "revision": head.revision,
        "phase": head.phase,
        "hold": head.hold,
        "counts": dumps(dict(head.counts)),
        **({"stage": head.stage} if head.stage else {}),
    }
    return Row(service_id, _HEAD, values)


def _head(row: Row) -> Head:
    return Head(
        revision=int(row.values["revision"]),
        phase=Phase(str(row.values["phase"])),
        hold=str(row.values["hold"]),
        counts=json.loads(str(row.values["counts"])),
        etag=row.etag,
        age_seconds=row.age_seconds,
        stage=str(row.values.get("stage") or ""),
    )
