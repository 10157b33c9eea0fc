"""Looking into a backup: what its descriptor says, and its sections, a page at a time.

A secret is never opened: where one was taken out, the mask is shown.
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
from shared.model.sections import CONTENT
from shared.model.wire import JsonObject
from shared.rules.documents import masked
from shared.rules.naming import shown

_PAGE_BYTES = 4 * 1024 * 1024
"""Of lines; a page that reaches it is short, so that it is held whatever documents are in it."""


@dataclass(frozen=True)
class ContentsPage:
    """Some records of a section."""

    values: Sequence[JsonObject] = field(repr=False)
    following: LinePlace | None
    """Where the next page begins; None for the last one."""


class Contents:
    """What is in backups."""

    def __init__(self, backups: KnownBackups) -> None:
        self._backups = backups

    async def overview(self, service: str, backup: str) -> tuple[JsonObject, list[JsonObject]]:
        """The facts of the descriptor, and a backup's sections with their sizes.

        :raises Problem: what KnownBackups.open raises.
        """
        return _overview((await self._backups.open(service, backup)).descriptor)

    async def page(
        self, service: str, backup: str, section: str, *, most: int, place: LinePlace = BEGINNING
    ) -> ContentsPage:
        """Records of a section, in its order.

        :param most: how many records; fewer where their documents are large.
        :raises Problem: what KnownBackups.open raises; InvalidRequest for a section or a place
            that is not there; BlobMissing, BlobCorrupt.
        """
        opened = await self._backups.open(service, backup)
        part = opened.descriptor.section(section)
        if part is None:
            names = ", ".join(part.name for part in opened.descriptor.sections)
            raise Problem(
                Code.INVALID_REQUEST,
                f"The backup has no section '{shown(section)}'. It has: {names}.",
                target="section",
            )
        blob = await SectionLines.checked(opened.container, part, place)
        values: list[JsonObject] = []
        size = 0
        async with aclosing(blob.lines(place)) as pages:
            async for page in pages:
                for line in page:
                    if len(values) == most or size >= _PAGE_BYTES:
                        return ContentsPage(values, blob.place(line))
                    values.append(_shown(section, part.blob, line.text))
                    size += len(line.text)
        return ContentsPage(values, None)


def _shown(section: str, path: str, line: bytes) -> JsonObject:
    parsed = parsed_line(path, line)
    if section == CONTENT:
        return parsed
    record = as_record(path, parsed)
    shown_record: JsonObject = {
        "name": record.name,
        "document": masked(section, record.document),
        "changedAt": record.changed_at,
    }
    if record.content is not None:
        shown_record["content"] = record.content.to_json()
    return shown_record


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
