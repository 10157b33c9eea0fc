"""Writing the secrets of a backup: taken out of the documents, sealed in frames."""

from shared.blobs.backup_container import BackupContainer
from shared.model.descriptor import SecretsPart
from shared.model.record import Record, canonical_line
from shared.model.wire import JsonObject, JsonValue
from shared.rules.documents import SECRET, replace_secrets
from shared.rules.naming import artifact_key
from shared.sealing.data_key import DataKey
from shared.sealing.frames import ALGORITHM, MAX_PLAIN_BYTES, Frames
from shared.sealing.provider import KeyProvider


class SecretsWriter:
    """Takes secrets out of records, and seals them with the run's key, which the provider wraps."""

    def __init__(
        self, container: BackupContainer, provider: KeyProvider, *, backup_id: str, run: str
    ) -> None:
        self._path = f"secrets/{run}.sealed"
        self._blob = container.new_blob(self._path, "application/octet-stream")
        self._provider = provider
        self._run_key = DataKey.new()
        self._frames = Frames(self._run_key, backup_id=backup_id, run=run, blob=self._path)
        self._plain = bytearray()
        self._items = 0
        self._frame = 0

    def take_from(self, section: str, record: Record) -> Record:
        """The record with each secret replaced by its index."""
        found: dict[str, tuple[JsonObject, JsonValue]] = {}

        def take(pointer: str, value: JsonValue) -> JsonValue:
            stand_in: JsonObject = {SECRET: -1}
            found[pointer] = stand_in, value
            return stand_in

        document = replace_secrets(section, record.document, take)
        if not found:
            return record
        # Numbered in the order of pointers, not of members: a restore does not keep the latter.
        for index, pointer in enumerate(sorted(found), self._items):
            stand_in, value = found[pointer]
            stand_in[SECRET] = index
            entry: JsonObject = {
                "section": section,
                "name": artifact_key(record.name),
                "pointer": pointer,
                "value": value,
            }
            self._plain += canonical_line(entry)
        self._items += len(found)
        return Record(record.name, document, record.changed_at, record.content)

    async def flush(self) -> None:
        """Upload the frames that are full."""
        while len(self._plain) > MAX_PLAIN_BYTES:
            await self._blob.append(self._next_frame(last=False))

    def _next_frame(self, *, last: bool) -> bytes:
        plain = bytes(self._plain[:MAX_PLAIN_BYTES])
        del self._plain[:MAX_PLAIN_BYTES]
        frame = self._frames.seal(self._frame, plain, last=last)
        self._frame += 1
        return frame

    async def close(self) -> SecretsPart:
        """Commit the blob, and return its entry for the descriptor."""
        await self.flush()
        sha256 = await self._blob.commit(self._next_frame(last=True))
        wrapped = await self._provider.wrap(self._run_key)
        return SecretsPart(
            **wrapped.model_dump(),
            blob=self._path,
            algorithm=ALGORITHM,
            items=self._items,
            bytes=self._blob.size,
            sha256=sha256,
        )
