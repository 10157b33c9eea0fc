"""The part of a plan about sessions: how many of them a restore of a part takes."""

import json

from shared.backups.archive.opened import OpenBackup
from shared.blobs.backup_container import corrupt
from shared.model.sections import SESSIONS
from shared.restores.survey import Survey

_MOST_BYTES = 256 * 1024 * 1024
"""Largest section that is read for a plan, in bytes of lines."""

_NAME = b',"name":'
"""The last member of a line."""


async def sessions_of_part(backup: OpenBackup, parts: Survey) -> int | None:
    """How many sessions are restored; None if they are too many to be counted.

    :raises Problem: BlobMissing, BlobCorrupt.
    """
    part = backup.descriptor.section(SESSIONS)
    if part is None:
        return 0
    if part.lines_bytes > _MOST_BYTES:
        return None
    count = 0
    async for page in backup.lines(SESSIONS):
        for line in page:
            try:
                name = json.loads(line[line.rindex(_NAME) + len(_NAME) : -1])
            except ValueError as error:
                raise corrupt(part.blob, "a line has no name") from error
            count += isinstance(name, str) and parts.takes_session(name)
    return count
