"""What is compared: two backups, or a living service and a backup.

Both give the records of a section in one order, with their secrets taken out. Secrets are compared
by their values, in this process: how they are sealed, or numbered, says nothing of them.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shared.backup.known import Opened
from shared.backup.order import record_key
from shared.backup.reader import as_record, parsed_line
from shared.backup.secret_entries import SecretEntries
from shared.backup.section_lines import SectionLines
from shared.backup.source import Cut
from shared.blobs.backup_container import corrupt
from shared.model.place import LinePlace, SecretPlace, SidePlace, no_such_place
from shared.model.record import Record
from shared.model.wire import JsonObject, JsonValue
from shared.rules.documents import SECRET, replace_secrets

_TAKEN: JsonObject = {SECRET: 0}
"""In the place of each secret, so that two documents differ there only where one has none."""


@dataclass(frozen=True)
class InTheClear:
    """A secret of a backup that was made before its name or look was known as a secret's."""

    value: JsonValue = field(repr=False)


@dataclass(frozen=True)
class Entry:
    """A record of one side."""

    section: str
    key: str
    record: Record
    """Its secrets taken out."""
    secrets: Mapping[str, JsonValue | InTheClear] = field(repr=False)
    """Pointer → index in a backup; the value, where it stands in the record."""
    size: int
    """Bytes of its line; 0 for a living service's."""
    behind: SidePlace
    """Where the record after it begins."""


class Side(Protocol):
    """One of the two that are compared."""

    def entries(self, section: str, place: SidePlace) -> AsyncIterator[list[Entry]]:
        """The records of a section from a place on."""
        ...

    async def opened(self, entry: Entry, pointers: Sequence[str]) -> Mapping[str, JsonValue] | None:
        """Secrets of an entry by their pointers; None where the key is not at hand.

        Entries are asked for in the order in which they come.
        """
        ...

    @property
    def secret_place(self) -> SecretPlace:
        """How far secrets were read."""
        ...


class BackupSide:
    """A backup.

    :param run_key: opens its secrets; None where it cannot be unwrapped.
    """

    def __init__(self, opened: Opened, run_key: bytes | None, place: SecretPlace) -> None:
        self._descriptor = opened.descriptor
        self._container = opened.container
        self.secrets = (
            SecretEntries(opened.container, opened.descriptor, run_key, place)
            if run_key is not None
            else None
        )

    async def entries(self, section: str, place: SidePlace) -> AsyncIterator[list[Entry]]:
        """See Side.

        :raises Problem: BlobMissing, BlobCorrupt also where records are not in their order.
        """
        part = self._descriptor.section(section)
        if part is None:
            return
        blob = await SectionLines.checked(self._container, part, place.line)
        before = ""
        async for page in blob.lines(place.line):
            found: list[Entry] = []
            for line in page:
                entry = _entry(section, part.blob, line.text, blob.behind(line))
                if entry.key <= before:
                    raise corrupt(part.blob, f"'{entry.record.name}' is not in the order")
                before = entry.key
                found.append(entry)
            yield found

    async def opened(self, entry: Entry, pointers: Sequence[str]) -> Mapping[str, JsonValue] | None:
        """See Side."""
        if self.secrets is None:
            return None
        found: dict[str, JsonValue] = {}
        for pointer in sorted(pointers):
            index = entry.secrets[pointer]
            if isinstance(index, InTheClear):
                found[pointer] = index.value
                continue
            if not isinstance(index, int) or isinstance(index, bool):
                raise corrupt(self._descriptor.secrets.blob, f"'{entry.record.name}' has no index")
            found[pointer] = await self.secrets.value(
                index, entry.section, entry.record.name, pointer
            )
        return found

    @property
    def secret_place(self) -> SecretPlace:
        """See Side."""
        return self.secrets.place if self.secrets else SecretPlace()


def _entry(section: str, path: str, text: bytes, behind: LinePlace) -> Entry:
    record = as_record(path, parsed_line(path, text))
    indexes: dict[str, JsonValue | InTheClear] = {}

    def take(pointer: str, value: JsonValue) -> JsonValue:
        if isinstance(value, dict) and SECRET in value:
            indexes[pointer] = value[SECRET]
        else:
            indexes[pointer] = InTheClear(value)
        return _TAKEN

    document = replace_secrets(section, record.document, take)
    try:
        key = record_key(section, record.name)
    except ValueError as error:
        raise corrupt(path, "a record has a name that is none of the section's") from error
    taken = Record(record.name, document, record.changed_at, record.content)
    return Entry(section, key, taken, indexes, len(text), SidePlace(line=behind))


class LiveSide:
    """A living service."""

    def __init__(self, cut: Cut) -> None:
        self._cut = cut

    async def entries(self, section: str, place: SidePlace) -> AsyncIterator[list[Entry]]:
        """See Side.

        :raises Problem: InvalidRequest for a place that no page gave.
        """
        try:
            pages = self._cut.records(section, place.after)
        except ValueError as error:
            raise no_such_place() from error
        async for page in pages:
            yield [_living(section, record) for record in page]

    async def opened(self, entry: Entry, pointers: Sequence[str]) -> Mapping[str, JsonValue] | None:
        """See Side."""
        found = {pointer: entry.secrets[pointer] for pointer in pointers}
        return {p: v.value for p, v in found.items() if isinstance(v, InTheClear)}

    @property
    def secret_place(self) -> SecretPlace:
        """See Side: its secrets come with its records."""
        return SecretPlace()


def _living(section: str, record: Record) -> Entry:
    values: dict[str, JsonValue | InTheClear] = {}

    def take(pointer: str, value: JsonValue) -> JsonValue:
        values[pointer] = InTheClear(value)
        return _TAKEN

    document = replace_secrets(section, record.document, take)
    taken = Record(record.name, document, record.changed_at, record.content)
    behind = SidePlace(after=record.name)
    return Entry(section, record_key(section, record.name), taken, values, 0, behind)
