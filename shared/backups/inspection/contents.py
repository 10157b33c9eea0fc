"""Looking into a backup: what its descriptor says, and its sections, a page at a time.

Secrets are never opened: the mask is shown instead.
"""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from shared.backups.archive.reader import as_record, parsed_line
from shared.backups.archive.section_lines import SectionLines
from shared.backups.catalog.known import KnownBackups
from shared.model.descriptor import Descriptor
from shared.model.place import BEGINNING, LinePlace
from shared.model.problem import Code, Problem
from shared.model.record import Record
from shared.model.sections import ADDED_LATER, BACKED_UP, CONTENT
from shared.model.wire import JsonObject
from shared.rules.documents import masked
from shared.rules.naming import begins_with, shown
from shared.state.order import key_of
from shared.state.row_keys import LAST, named_from

_PAGE_BYTES = 4 * 1024 * 1024
"""Bytes of lines after which a page ends, so that it fits into memory whatever documents are in
it."""

_PASSED_BYTES = 16 * 1024 * 1024
"""Of lines that a page passes over, as their names do not begin so; it is short then too."""


@dataclass(frozen=True)
class ContentsPage:
    """Some records of a section."""

    values: Sequence[JsonObject] = field(repr=False)
    following: LinePlace | None
    """Where the next page begins; None after the last one."""


class Contents:
    """Reads the contents of backups."""

    def __init__(self, backups: KnownBackups) -> None:
        self._backups = backups

    async def overview(self, service: str, backup: str) -> tuple[JsonObject, list[JsonObject]]:
        """The facts of the descriptor, and a backup's sections with their sizes.

        :raises Problem: what KnownBackups.open raises.
        """
        return _overview((await self._backups.open(service, backup)).descriptor)

    async def page(
        self,
        service: str,
        backup: str,
        section: str,
        *,
        most: int,
        place: LinePlace = BEGINNING,
        prefix: str = "",
        name: str = "",
    ) -> ContentsPage:
        """Records of a section, in its order.

        :param most: how many records; fewer where their documents are large, or where many that
            are not asked for stand between them.
        :param prefix: what their names begin with, without regard to case.
        :param name: the one record that is asked for; all of them if empty.
        :raises Problem: what KnownBackups.open raises; InvalidRequest for a section or a place
            that is not there; BlobMissing, BlobCorrupt.
        """
        opened = await self._backups.open(service, backup)
        part = opened.descriptor.section(section)
        if part is None and section in ADDED_LATER:
            return ContentsPage([], None)
        if part is None:
            names = ", ".join(part.name for part in opened.descriptor.sections)
            raise Problem(
                Code.INVALID_REQUEST,
                f"The backup has no section '{shown(section)}'. It has: {names}.",
                target="section",
            )
        asked = _Asked(section, prefix, name)
        blob = await SectionLines.checked(opened.container, part, place)
        values: list[JsonObject] = []
        size = passed = 0
        async with aclosing(blob.lines(place)) as pages:
            async for page in pages:
                for line in page:
                    if len(values) == most or size >= _PAGE_BYTES or passed >= _PASSED_BYTES:
                        return ContentsPage(values, blob.place(line))
                    parsed = parsed_line(part.blob, line.text)
                    if section == CONTENT:
                        values.append(parsed)
                    else:
                        record = as_record(part.blob, parsed)
                        if asked.ends_before(record.name):
                            return ContentsPage(values, None)
                        if not asked.takes(record.name):
                            passed += len(line.text)
                            continue
                        values.append(shown_record(section, record))
                    size += len(line.text)
        return ContentsPage(values, None)


class _Asked:
    """Which records of a section are asked for, by their names."""

    def __init__(self, section: str, prefix: str, name: str) -> None:
        self._section = section
        self._prefix = prefix
        self._name = name
        self._key = key_of(section, name) if name else None
        # Artifacts are sorted by name: behind the last name with this beginning comes no other.
        named = prefix and section in BACKED_UP
        self._last = f"{named_from('', prefix)}{LAST}" if named else self._key

    def takes(self, name: str) -> bool:
        """Whether the record of this name is asked for."""
        if self._name:
            return self._key is not None and key_of(self._section, name) == self._key
        return begins_with(name, self._prefix)

    def ends_before(self, name: str) -> bool:
        """Whether no record from this one on is asked for."""
        if self._name and self._key is None:
            return True
        key = key_of(self._section, name) if self._last is not None else None
        return key is not None and self._last is not None and key > self._last


def shown_record(section: str, record: Record) -> JsonObject:
    """A record as answers show it, its secrets masked."""
    found: JsonObject = {
        "name": record.name,
        "document": masked(section, record.document),
        "changedAt": record.changed_at,
    }
    if record.content is not None:
        found["content"] = record.content.to_json()
    return found


def _overview(descriptor: Descriptor) -> tuple[JsonObject, list[JsonObject]]:
    said = descriptor.to_json()
    secrets = descriptor.secrets
    facts: JsonObject = {
        **{member: said[member] for member in ("format", "backup", "service", "consistency")},
        "content": said["content"],
        "secrets": {
            "items": secrets.items,
            "keyProvider": secrets.key_provider,
            "keyId": secrets.key_id,
        },
        **{member: said[member] for member in ("notIncluded", "warnings", "failures", "digest")},
        "sealedWith": descriptor.seal.key_id,
    }
    sections: list[JsonObject] = [
        {
            "name": part.name,
            "items": part.items,
            "bytes": part.bytes,
            "linesBytes": part.lines_bytes,
            "linesSha256": part.lines_sha256,
        }
        for part in descriptor.sections
    ]
    return facts, sections
