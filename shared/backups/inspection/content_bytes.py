"""The bytes of an artifact as a backup has them, given only where they are what was backed up."""

import asyncio
import hashlib
from contextlib import aclosing
from typing import NamedTuple

from shared.backups.archive.opened import OpenBackup
from shared.backups.archive.reader import as_record, parsed_line
from shared.backups.archive.section_lines import SectionLines
from shared.backups.catalog.known import KnownBackups
from shared.blobs.backup_container import BackupContainer, corrupt
from shared.model.artifact import ContentReference
from shared.model.problem import Code, Problem
from shared.model.record import Record
from shared.model.sections import Section
from shared.rules.naming import shown
from shared.state.order import key_of


class Found(NamedTuple):
    """An artifact's content in a backup that is open."""

    container: BackupContainer
    name: str
    """Of the artifact, as the backup spells it."""
    content: ContentReference


class BackedUpContent:
    """Reads the content of artifacts out of backups."""

    def __init__(self, backups: KnownBackups) -> None:
        self._backups = backups

    async def find(self, service: str, backup: str, section: Section, name: str) -> Found:
        """What a backup says of an artifact's content.

        :param name: compared as names of artifacts are, without regard to case.
        :raises Problem: what KnownBackups.open raises; ArtifactNotFound, also for an artifact
            without content; BlobMissing, BlobCorrupt of the section.
        """
        opened = await self._backups.open(service, backup)
        record = await _record(opened, section, name)
        if record is None:
            raise Problem(
                Code.ARTIFACT_NOT_FOUND,
                f"The backup has no '{shown(name)}' in the section {section}. List its contents.",
                target="name",
            )
        if record.content is None:
            raise Problem(
                Code.ARTIFACT_NOT_FOUND,
                f"'{shown(name)}' had no content when it was backed up.",
                target="name",
            )
        return Found(opened.container, record.name, record.content)

    async def read(self, found: Found) -> bytes:
        """All of its bytes. None of them is given before all of them have the hash and the size
        that were backed up.

        :raises Problem: BlobMissing, also where a partial backup could not read them;
            BlobCorrupt, BlobArchived.
        """
        content, path = found.content, f"content/{found.content.sha256}"
        sha256, size = hashlib.sha256(), 0
        chunks: list[bytes] = []
        async for chunk in found.container.chunks(path, content.size):
            size += len(chunk)
            if size > content.size:
                raise corrupt(path, f"it has more than its {content.size} bytes")
            await asyncio.to_thread(sha256.update, chunk)
            chunks.append(chunk)
        if (size, sha256.hexdigest()) != (content.size, content.sha256):
            raise corrupt(path, "its bytes do not have the hash that is its name")
        return b"".join(chunks)


async def _record(opened: OpenBackup, section: Section, name: str) -> Record | None:
    """The record of an artifact; None where the backup has none, or not that section."""
    part, wanted = opened.descriptor.section(section), key_of(section, name)
    if part is None or wanted is None:
        return None
    blob = await SectionLines.checked(opened.container, part)
    async with aclosing(blob.lines()) as pages:
        async for page in pages:
            for line in page:
                record = as_record(part.blob, parsed_line(part.blob, line.text))
                key = key_of(section, record.name)
                if key == wanted:
                    return record
                if key is not None and key > wanted:  # they are sorted by it
                    return None
    return None
