"""Backups of every released version stay readable: one of each is kept here, as it was written.

``version-1`` holds the small service of tests/support/scenes.py, ``version-2`` the same with what
tests/support/linked.py adds. Their key is no secret: it is made here. What is kept is never made
anew: a change that cannot read it needs a new version.
"""

import base64
import hashlib
import hmac
import json
import struct
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.backups.archive.reader import read_descriptor
from shared.blobs.backup_container import BackupContainer
from shared.installation.installation import Installation
from shared.sealing.frames import Frames
from shared.sealing.local import LocalKey
from tests.support.deployed import Deployed, Emulator
from tests.support.linked import SESSIONS_OF, sessions_of
from tests.support.scenes import FIRST, SERVICE, after_restore, run, start_restore

VERSION_1 = Path(__file__).parent / "version-1"
VERSION_2 = Path(__file__).parent / "version-2"
VERSIONS = pytest.mark.parametrize("kept", [VERSION_1, VERSION_2], ids=lambda path: path.name)
_RAW = bytes(range(32))
KEY = base64.b64encode(_RAW).decode()


def expanded(key: bytes, purpose: str) -> bytes:
    """HKDF-SHA256 of RFC 5869, one block, no salt: as the format's page says, not as the app."""
    drawn = hmac.new(b"\0" * 32, key, hashlib.sha256).digest()
    return hmac.new(drawn, purpose.encode() + b"\x01", hashlib.sha256).digest()


@VERSIONS
async def test_a_backup_of_every_version_is_restored(
    emulator: Emulator, tmp_path: Path, kept: Path
) -> None:
    app = Installation(Deployed.new(emulator, tmp_path, SEALING_KEY=KEY).read())
    offsite = app.accounts.require("offsite", "")
    container = offsite.get_container_client(FIRST)
    await container.create_container()
    paths = [path for path in kept.rglob("*") if path.is_file()]
    for path in paths:
        await container.upload_blob(path.relative_to(kept).as_posix(), path.read_bytes())
    descriptor = await read_descriptor(BackupContainer(offsite, FIRST), app.provider)
    assert descriptor.format == f"interkeep-backup/{kept.name[-1]}"
    blobs = {part.blob for part in descriptor.sections}
    assert len(paths) == 2 + len(blobs) + descriptor.content.objects
    record = await start_restore(app)
    await run(app, record)
    found = await app.records.find(record.operation.service, record.operation.id)
    assert found is not None
    assert found[0].operation.status == "Succeeded", found[0].operation.error
    assert await sessions_of(app, SERVICE) == (
        {one.name: one for one in SESSIONS_OF} if kept == VERSION_2 else {}
    )
    await after_restore(app, found[0])
    await app.close()


@VERSIONS
async def test_seals_and_wrapped_keys_of_every_version_are_the_pages(kept: Path) -> None:
    """What docs/backup-format.md says of them, done by hand."""
    told = json.loads((kept / f"{FIRST}.txt").read_text())
    mac = hmac.new(expanded(_RAW, "interkeep/seal/1"), told["digest"].encode(), hashlib.sha256)
    assert told["seal"]["value"] == base64.b64encode(mac.digest()).decode()
    key_id = hashlib.sha256(expanded(_RAW, "interkeep/key-id/1")).hexdigest()[:16]
    assert {told["seal"]["keyId"], told["secrets"]["keyId"], LocalKey(_RAW).id} == {key_id}
    wrapped = base64.b64decode(told["secrets"]["wrappedKey"])
    cipher = AESGCM(expanded(_RAW, "interkeep/wrap/1"))
    run_key = cipher.decrypt(wrapped[:12], wrapped[12:], b"interkeep/wrap/1")
    assert run_key == await LocalKey(_RAW).unwrap(told["secrets"]["wrappedKey"])


def test_frames_are_sealed_as_the_page_says() -> None:
    """By hand, as nothing else notices a nonce that comes twice: it opens what it sealed."""
    frames = Frames(_RAW, backup_id="b1", run="1-1", blob="secrets/1-1.sealed")
    cipher = AESGCM(expanded(_RAW, "interkeep/secrets/1"))
    for index, last in ((0, 0), (1, 0), (300, 1)):
        frame = frames.seal(index, b"plain", last=bool(last))
        place = ["interkeep-backup/1", "b1", "1-1", "secrets/1-1.sealed", index, last]
        bound = json.dumps(place, separators=(",", ":")).encode()
        sealed = cipher.encrypt(index.to_bytes(12, "big"), b"plain", bound)
        assert frame == struct.pack(">I", len(sealed)) + sealed
