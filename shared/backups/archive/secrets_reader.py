"""The sealed secrets of a backup, opened a frame at a time, in their order.

Each frame proves that it is unchanged and where it belongs, so that reading can begin at any frame.
Opened secrets stay in this process.
"""

import asyncio
import contextlib
import hashlib
from collections import deque
from dataclasses import dataclass, field, replace

from shared.backups.archive.reader import parsed_line
from shared.blobs.backup_container import BackupContainer, corrupt
from shared.model.descriptor import Descriptor
from shared.model.place import FIRST_SECRET, SecretPlace
from shared.model.record import Record
from shared.model.sections import WITH_SECRETS
from shared.model.wire import JsonObject, JsonValue
from shared.rules.documents import SECRET, replace_stand_ins, with_value
from shared.rules.naming import artifact_key
from shared.rules.written import stand_ins
from shared.sealing.frames import MAX_FRAME_BYTES, FrameCorrupt, Frames
from shared.sealing.provider import KeyProvider


@dataclass(frozen=True)
class Secrets:
    """The secrets of a backup: their blob matches the descriptor, and their key is available."""

    container: BackupContainer
    descriptor: Descriptor
    run_key: bytes = field(repr=False)

    @staticmethod
    async def checked(
        container: BackupContainer, descriptor: Descriptor, provider: KeyProvider
    ) -> "Secrets":
        """Read the blob once, and unwrap its key.

        :raises Problem: BlobMissing, BlobCorrupt, KeyUnavailable, KeyVaultUnavailable.
        """
        part = descriptor.secrets
        size, packed = 0, hashlib.sha256()
        async for chunk in container.chunks(part.blob, part.bytes):
            size += len(chunk)
            if size > part.bytes:
                break
            await asyncio.to_thread(packed.update, chunk)
        if (size, packed.hexdigest()) != (part.bytes, part.sha256):
            raise corrupt(part.blob, "its bytes are not those that the descriptor names")
        return Secrets(container, descriptor, await provider.unwrap(part))

    def entries(self) -> "SecretEntries":
        """All entries, from the first one on."""
        return SecretEntries(self.container, self.descriptor, self.run_key)


class SecretEntries:
    """Reads entries {section, name, pointer, value} of one backup, from a place on.

    :param run_key: the key of the run, unwrapped.
    """

    def __init__(
        self,
        container: BackupContainer,
        descriptor: Descriptor,
        run_key: bytes,
        place: SecretPlace = FIRST_SECRET,
    ) -> None:
        self._container = container
        self._part = descriptor.secrets
        backup = descriptor.backup
        self._frames = Frames(
            run_key, backup_id=backup.id, run=backup.run, blob=descriptor.secrets.blob
        )
        self.go_to(place)

    def go_to(self, place: SecretPlace) -> None:
        """Continue from another place."""
        self._entry = place.entry
        self._at = place.skip
        """Where the next entry begins in the opened bytes in memory."""
        self._held = bytearray()
        self._sizes: deque[tuple[int, int]] = deque()
        """For each frame in memory: its size in the blob, and opened."""
        self._first = (place.frame_at, place.frame)
        """Offset and number of the first frame in memory."""
        self._next_at, self._next_frame = self._first
        self._peeked: tuple[JsonObject, int] | None = None

    @property
    def place(self) -> SecretPlace:
        """Where the next entry begins."""
        frame_at, frame = self._first
        return SecretPlace(frame_at=frame_at, frame=frame, skip=self._at, entry=self._entry)

    async def peek(self) -> JsonObject | None:
        """The next entry, None after the last one.

        :raises Problem: BlobMissing, BlobCorrupt.
        """
        if self._entry >= self._part.items:
            return None
        if self._peeked is None:
            end = self._held.find(b"\n", self._at)
            while end < 0:
                searched = max(self._at, len(self._held))
                await self._load()
                end = self._held.find(b"\n", searched)
            line = bytes(self._held[self._at : end])
            self._peeked = parsed_line(self._part.blob, line), end + 1
        return self._peeked[0]

    def advance(self) -> None:
        """Move past the entry that ``peek`` returned."""
        assert self._peeked is not None
        self._at = self._peeked[1]
        self._peeked = None
        self._entry += 1
        while self._sizes and self._at >= self._sizes[0][1]:
            packed, opened = self._sizes.popleft()
            self._first = (self._first[0] + packed, self._first[1] + 1)
            self._at -= opened
            del self._held[:opened]

    async def value(self, index: int, section: str, name: str, pointer: str) -> JsonValue:
        """The secret with an index, which must not be before the next entry.

        :raises Problem: BlobMissing; BlobCorrupt if it belongs to another place.
        """
        entry = await self.peek()
        while entry is not None and self._entry < index:
            self.advance()
            entry = await self.peek()
        place = (section, artifact_key(name), pointer)
        if entry is None or self._entry != index or place_of(entry) != place:
            raise corrupt(self._part.blob, f"it has no secret for {section}/{name}{pointer}")
        return entry["value"]

    async def put_back(self, section: str, record: Record) -> Record:
        """The record with its secrets put back; call this for records in the backup's order.

        :raises Problem: BlobMissing; BlobCorrupt if an index belongs to another place.
        """
        secrets = await self.of(section, record)
        if not secrets:
            return record
        document = record.document
        for pointer, (_, secret) in secrets.items():
            document = with_value(document, pointer, secret)
        written = replace(record.written, secrets=secrets) if record.written else None
        return replace(record, document=document, written=written)

    async def of(self, section: str, record: Record) -> dict[str, tuple[int, JsonValue]]:
        """The secrets of a record with their indexes, by pointer; otherwise as ``put_back``."""
        if not record.may_hold_secrets:
            return {}
        return {
            pointer: (index, await self.value(index, section, record.name, pointer))
            for pointer, index in sorted(_indexes(record).items(), key=_by_index)
        }

    async def require_end(self) -> None:
        """Refuse a backup that has secrets to which no record refers.

        :raises Problem: BlobMissing, BlobCorrupt.
        """
        if self._entry < self._part.items - (self._peeked is not None):
            raise corrupt(self._part.blob, "it holds secrets that no record has")

    async def _load(self) -> None:
        """Open one more frame."""
        left = self._part.bytes - self._next_at
        if left <= 0:
            raise corrupt(self._part.blob, "it holds fewer secrets than the descriptor says")
        most = min(left, MAX_FRAME_BYTES)
        blob = await self._container.span(self._part.blob, self._next_at, most)
        try:
            plain, size = await asyncio.to_thread(
                self._frames.open_one, self._next_frame, blob, bytes_left=left
            )
        except FrameCorrupt as error:
            raise corrupt(self._part.blob, str(error)) from error
        self._sizes.append((size, len(plain)))
        self._held += plain
        self._next_at += size
        self._next_frame += 1


def _indexes(record: Record) -> dict[str, int]:
    """Pointer → index of each secret of the record."""
    found: dict[str, int] = {}
    there = stand_ins(record.written) if record.written else -1

    def find(pointer: str, value: JsonObject) -> JsonValue:
        if SECRET in value:
            index = value[SECRET]
            whole = isinstance(index, int) and not isinstance(index, bool)
            found[pointer] = index if whole else -1  # type: ignore[assignment]
            if len(found) == there:
                raise _AllFound
        return value

    with contextlib.suppress(_AllFound):
        replace_stand_ins(record.document, find)
    return found


class _AllFound(Exception):
    """All secrets were found; the rest of the document has none."""


def _by_index(found: tuple[str, int]) -> int:
    return found[1]


async def have_same_secrets(one: SecretEntries, other: SecretEntries, section: str) -> bool:
    """Whether a section whose lines are equal in both backups also has equal secrets.

    If so, both readers are left after the section, otherwise at its beginning.

    :raises Problem: BlobMissing, BlobCorrupt.
    """
    mine, others = await _skip_to(one, section), await _skip_to(other, section)
    begin, other_begins = one.place, other.place
    while mine is not None and mine["section"] == section:
        if mine != others:
            one.go_to(begin)
            other.go_to(other_begins)
            return False
        one.advance()
        other.advance()
        mine, others = await one.peek(), await other.peek()
    return True


async def _skip_to(secrets: SecretEntries, section: str) -> JsonObject | None:
    """The first secret of a section, or of a later one."""
    order = {name: number for number, name in enumerate(WITH_SECRETS)}
    entry = await secrets.peek()
    while entry is not None and order.get(str(entry.get("section")), -1) < order[section]:
        secrets.advance()
        entry = await secrets.peek()
    return entry


def place_of(entry: JsonObject) -> tuple[JsonValue, JsonValue, JsonValue]:
    """Section, name (in the form in which it is compared) and pointer of an entry."""
    return entry.get("section"), entry.get("name"), entry.get("pointer")
