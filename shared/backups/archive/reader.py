"""Reading a backup: everything that differs from what was written is refused, with the blob and the
reason."""

import asyncio
import contextlib
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace

from pydantic import ValidationError
from pydantic_core import from_json

from shared.backups.archive.paths import descriptor_path
from shared.backups.archive.unpacking import Gunzip, unpacked, whole_lines
from shared.blobs.backup_container import BackupContainer, corrupt
from shared.model.descriptor import FORMATS, Descriptor, SectionPart, digest
from shared.model.problem import Code, Problem
from shared.model.record import Record, StoredText
from shared.model.sections import ADDED_LATER, BACKUP_SECTIONS
from shared.model.wire import JsonObject, parsed
from shared.rules.documents import SECRET
from shared.rules.naming import shown
from shared.sealing.provider import KeyProvider

MOST_DESCRIPTOR_BYTES = 16 * 1024 * 1024
"""The descriptor of a service all of whose artifacts failed is smaller."""

_LINES_AT_ONCE = 1000

_FAMILY = FORMATS[0].partition("/")[0] + "/"
"""Prefix of every version of the format."""

_MOST_OTHERS = 10
"""Blobs that are examined if none has the container's name; a copy has just one candidate."""

_BEGIN_BYTES = 1024
"""A descriptor names its format first."""


async def read_descriptor(
    container: BackupContainer, provider: KeyProvider, *, accept_renamed: bool = False
) -> Descriptor:
    """The descriptor of the backup in a container, its digest and seal checked.

    :param accept_renamed: also read a backup in a container with another name, such as a copy.
    :raises Problem: BackupNotFound, FormatUnknown, DescriptorForged, KeyUnavailable.
    """

    async def text() -> tuple[str, bytes]:
        return await descriptor_text(container, MOST_DESCRIPTOR_BYTES)

    path, descriptor = await _read_twice(text, provider)
    if not accept_renamed:
        require_own_name(path, descriptor, container.name)
    return descriptor


async def descriptor_text(container: BackupContainer, most_bytes: int) -> tuple[str, bytes]:
    """Path and bytes of a container's descriptor: see ``find_descriptor``.

    :raises Problem: BackupNotFound; as ``find_descriptor``.
    """
    found = await find_descriptor(container, most_bytes)
    if found.text is not None:
        return found.path, found.text
    raise Problem(
        Code.BACKUP_NOT_FOUND,
        f"There is no backup in the container '{shown(container.name)}': it has no descriptor "
        f"'{shown(found.path)}'. A backup that failed or is still being written has none.",
        target="/backup/container",
    )


@dataclass(frozen=True)
class DescriptorText:
    """The result of looking for a container's descriptor."""

    path: str
    text: bytes | None = field(repr=False)
    """None if there is none."""
    read_bytes: int
    """How many bytes were read for that."""


async def find_descriptor(container: BackupContainer, most_bytes: int) -> DescriptorText:
    """The descriptor of a container: the blob of its name, or the only other one.

    The blob with the container's name is taken whatever is in it: if it is damaged, it is reported
    as damaged. Of other ``.txt`` blobs outside folders, those count that claim to be a descriptor;
    the rest belongs to other users of the account.

    :raises Problem: DescriptorForged if there are several others; BlobCorrupt if it has more than
        ``most_bytes``; BlobArchived.
    """
    path = descriptor_path(container.name)
    try:
        text = await container.read(path, most_bytes)
    except Problem as problem:
        if problem.code is not Code.BLOB_MISSING:
            raise
    else:
        return DescriptorText(path, text, len(text))
    names = [name for name in await container.root_names() if name.endswith(".txt")]
    read, found = 0, DescriptorText(path, None, 0)
    for name in names[:_MOST_OTHERS]:
        other = await _other(container, name, most_bytes - read)
        read += len(other)
        if not _claims_to_be_one(other):
            continue
        if found.text is not None:
            raise forged(
                path, f"it is not there, but several others are, such as '{shown(found.path)}'"
            )
        found = DescriptorText(name, other, 0)
    return replace(found, read_bytes=read)


async def _other(container: BackupContainer, path: str, most_bytes: int) -> bytes:
    """The bytes of a blob that may be a descriptor; empty if it is too large to be one.

    :raises Problem: BlobCorrupt if it is too large but begins like one.
    """
    try:
        return await container.read(path, most_bytes)
    except Problem as problem:
        if problem.code is Code.BLOB_MISSING:
            return b""
        if problem.code is Code.BLOB_CORRUPT:
            begin = await container.range(path, 0, _BEGIN_BYTES)
            if _FAMILY.encode() not in begin:
                return b""
        raise


def _claims_to_be_one(text: bytes) -> bool:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return False
    claimed = document.get("format") if isinstance(document, dict) else None
    return isinstance(claimed, str) and claimed.startswith(_FAMILY)


def require_own_name(path: str, descriptor: Descriptor, container: str) -> None:
    """Refuse a backup that is in a container with another name.

    :raises Problem: DescriptorForged.
    """
    name = descriptor.backup.name
    if (name, path) != (container, descriptor_path(container)):
        raise Problem(
            Code.DESCRIPTOR_FORGED,
            f"The container '{shown(container)}' holds the backup '{shown(name)}' "
            f"('{shown(path)}'), which was made under that name. If the container was copied "
            "under another name on purpose, repeat with acceptRenamed=true.",
            target=shown(path),
        )


async def descriptor_at(container: BackupContainer, path: str, provider: KeyProvider) -> Descriptor:
    """The descriptor in a blob, with its digest and seal checked.

    :raises Problem: BlobMissing, BlobArchived, BlobCorrupt, FormatUnknown, DescriptorForged,
        KeyUnavailable.
    """

    async def text() -> tuple[str, bytes]:
        return path, await container.read(path, MOST_DESCRIPTOR_BYTES)

    return (await _read_twice(text, provider))[1]


async def _read_twice(
    read: Callable[[], Awaitable[tuple[str, bytes]]], provider: KeyProvider
) -> tuple[str, Descriptor]:
    """The path and the content of a descriptor. One that looks forged is read a second time: a
    single answer may differ from what is stored (restic 5467)."""
    path, text = await read()
    try:
        return path, await parsed_descriptor(path, text, provider)
    except Problem as problem:
        if problem.code is not Code.DESCRIPTOR_FORGED:
            raise
    path, text = await read()
    return path, await parsed_descriptor(path, text, provider)


async def parsed_descriptor(path: str, text: bytes, provider: KeyProvider) -> Descriptor:
    """Parse a descriptor, and check its digest and seal.

    :raises Problem: FormatUnknown, DescriptorForged, KeyUnavailable.
    """
    descriptor = undamaged_descriptor(path, text)
    if not await provider.check(descriptor.digest, descriptor.seal):
        raise forged(path, f"its seal was not made with the key '{shown(descriptor.seal.key_id)}'")
    return descriptor


def undamaged_descriptor(path: str, text: bytes) -> Descriptor:
    """Parse a descriptor, and check its digest; anyone can have made it, since its seal is not
    checked.

    :raises Problem: FormatUnknown, DescriptorForged.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise forged(path, "it is no JSON") from error
    if not isinstance(document, dict):
        raise forged(path, "it is no JSON object")
    if document.get("format") not in FORMATS:
        raise Problem(
            Code.FORMAT_UNKNOWN,
            f"'{shown(path)}' has the format '{shown(str(document.get('format')))}'; this app "
            f"reads {' and '.join(FORMATS)}. Deploy a newer Interkeep to read newer backups.",
            target=shown(path),
        )
    try:
        descriptor = Descriptor.model_validate(document)
        same = hmac.compare_digest(digest(document), descriptor.digest)
    except ValidationError as error:
        raise forged(path, f"it is malformed at {error.errors()[0]['loc']}") from error
    except (ValueError, RecursionError) as error:
        raise forged(path, "it holds what no descriptor does") from error
    if not same:
        raise forged(path, "its digest does not fit its text")
    names = [part.name for part in descriptor.sections]
    if len(names) != len(set(names)):
        raise forged(path, "it names a section twice")
    unknown = [name for name in names if name not in BACKUP_SECTIONS]
    if unknown:
        raise Problem(
            Code.FORMAT_UNKNOWN,
            f"'{shown(path)}' has the section '{shown(unknown[0])}', which this app does not know: "
            "without it, a restore would not be whole. Deploy a newer Interkeep to read newer "
            "backups.",
            target=shown(path),
        )
    later = [name for name in names if name in ADDED_LATER]
    if later and descriptor.format == FORMATS[0]:
        # A reader of version 1 would call a restore whole that lacks it.
        raise forged(path, f"it is of version 1, which has no section '{shown(later[0])}'")
    return descriptor


def forged(path: str, reason: str) -> Problem:
    """The problem of a descriptor that was not written like this with the sealing key."""
    return Problem(
        Code.DESCRIPTOR_FORGED,
        f"The descriptor '{shown(path)}' is refused: {reason}. It was changed after it was "
        "written, or made by somebody without the key. Use another backup.",
        target=shown(path),
    )


async def section_records(
    container: BackupContainer, part: SectionPart
) -> AsyncIterator[list[JsonObject]]:
    """The parsed lines of a section, a batch at a time.

    Trust them only after the iteration has ended without an error.

    :raises Problem: BlobMissing, BlobCorrupt.
    """
    async for page in section_lines(container, part):
        yield [parsed_line(part.blob, line) for line in page]


async def records(container: BackupContainer, part: SectionPart) -> AsyncIterator[list[Record]]:
    """The records of a section; as ``section_records``.

    :raises Problem: BlobMissing, BlobCorrupt.
    """
    async for page in section_lines(container, part):
        yield [record_of(part.blob, line) for line in page]


_SECRET = SECRET.encode()
_DOCUMENT, _NAME = b'"document":', b',"name":'
"""Two members of a line, which has them in this order: the text between them is its document."""


def may_hold_secrets(line: bytes) -> bool:
    """Whether a line's document may contain stand-ins of secrets."""
    return _SECRET in line


def record_of(path: str, line: bytes) -> Record:
    """The record in a line.

    :raises Problem: BlobCorrupt.
    """
    secrets = may_hold_secrets(line)
    begin, end = line.find(_DOCUMENT) + len(_DOCUMENT), line.rfind(_NAME)
    if len(_DOCUMENT) <= begin <= end:
        text = line[begin:end]
        with contextlib.suppress(ValueError, RecursionError):
            # Not the more lenient parser: what it accepts could not be stored as it is.
            document = from_json(text, cache_strings="keys")
            around = parsed(b"%b{}%b" % (line[:begin], line[end:]))
            if isinstance(document, dict) and _lacks_document(around):
                around["document"] = document
                record = as_record(path, around, may_hold_secrets=secrets)
                return replace(record, written=StoredText(text, document))
    return as_record(path, parsed_line(path, line), may_hold_secrets=secrets)


def _lacks_document(around: object) -> bool:
    return isinstance(around, dict) and around.get("document") == {}


async def section_lines(
    container: BackupContainer, part: SectionPart
) -> AsyncIterator[list[bytes]]:
    """The lines of a section without their line feeds; as ``section_records``.

    :raises Problem: BlobMissing, BlobCorrupt.
    """
    packed, lines = hashlib.sha256(), hashlib.sha256()
    gunzip = Gunzip()
    size = items = 0
    rest = b""
    async for chunk in container.chunks(part.blob, part.bytes):
        size += len(chunk)
        if size > part.bytes:
            raise corrupt(part.blob, f"it has more than {part.bytes} bytes")
        await asyncio.to_thread(packed.update, chunk)
        async for text in unpacked(gunzip, part.blob, chunk, part.lines_bytes):
            await asyncio.to_thread(lines.update, text)
            whole, rest = whole_lines(part.blob, rest, text)
            for start in range(0, len(whole), _LINES_AT_ONCE):
                some = whole[start : start + _LINES_AT_ONCE]
                items += len(some)
                yield some
    if size != part.bytes or packed.hexdigest() != part.sha256:
        raise corrupt(part.blob, "its bytes are not those that the descriptor names")
    if rest or not gunzip.has_ended or gunzip.unpacked != part.lines_bytes or items != part.items:
        raise corrupt(part.blob, "it ends in the middle")
    if lines.hexdigest() != part.lines_sha256:
        raise corrupt(part.blob, "its lines are not those that the descriptor names")


def parsed_line(path: str, line: bytes) -> JsonObject:
    """The JSON object in a line.

    :raises Problem: BlobCorrupt.
    """
    try:
        record = parsed(line)
    except (ValueError, RecursionError) as error:
        raise corrupt(path, "a line is no JSON") from error
    if not isinstance(record, dict):
        raise corrupt(path, "a line is no JSON object")
    return record


def as_record(path: str, line: JsonObject, *, may_hold_secrets: bool = True) -> Record:
    """A record from a parsed line.

    :raises Problem: BlobCorrupt.
    """
    try:
        return Record.read(line, may_hold_secrets=may_hold_secrets)
    except ValueError as error:
        raise corrupt(path, "a line is no record") from error
