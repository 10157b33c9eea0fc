"""The secrets of a backup: one sealed blob of frames (docs/backup-format.md).

A frame is a big-endian length of four bytes, then AES-256-GCM ciphertext and tag. Its nonce is the
frame's number, its associated data binds it to backup, run, blob, place and end, so that frames
cannot be swapped, dropped or moved elsewhere. Each run has a new random key: no nonce repeats.
"""

import json
import struct
from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.sealing.derive import derived

ALGORITHM = "A256GCM"
PURPOSE = "interkeep/secrets/1"
MAX_PLAIN_BYTES = 4 * 1024 * 1024
_TAG_BYTES = 16
_LENGTH = struct.Struct(">I")
MAX_FRAME_BYTES = _LENGTH.size + MAX_PLAIN_BYTES + _TAG_BYTES
"""Largest frame, including its length."""


class FrameCorrupt(Exception):
    """A frame is truncated, changed, out of place, or was sealed with another key."""


class Frames:
    """Seals or opens the frames of one secrets blob.

    :param run_key: the random 256-bit key K of the run; only keys that are derived from it encrypt.
    """

    def __init__(self, run_key: bytes, *, backup_id: str, run: str, blob: str) -> None:
        self._cipher = AESGCM(derived(run_key, PURPOSE))
        self._place = ["interkeep-backup/1", backup_id, run, blob]

    def seal(self, index: int, plain: bytes, *, last: bool) -> bytes:
        """Seal one frame of at most 4 MiB."""
        sealed = self._cipher.encrypt(_nonce(index), plain, self._bound(index, last))
        return _LENGTH.pack(len(sealed)) + sealed

    def open(self, blob: bytes) -> Iterator[bytes]:
        """The plain frames of a whole blob, in their order.

        :raises FrameCorrupt: at the first frame that is not as it was sealed.
        """
        offset = index = 0
        while offset < len(blob) or index == 0:
            frame = blob[offset : offset + MAX_FRAME_BYTES]
            plain, length = self.open_one(index, frame, bytes_left=len(blob) - offset)
            yield plain
            offset, index = offset + length, index + 1

    def open_one(self, index: int, blob: bytes, *, bytes_left: int) -> tuple[bytes, int]:
        """One plain frame, and the size of the sealed one including its length.

        :param blob: bytes from the beginning of the frame; further bytes are ignored.
        :param bytes_left: bytes of the whole blob from there: the last frame ends with it.
        :raises FrameCorrupt: if it is not as it was sealed.
        """
        if len(blob) < _LENGTH.size:
            raise FrameCorrupt("it ends before its last frame")
        (length,) = _LENGTH.unpack_from(blob)
        end = _LENGTH.size + length
        if end > len(blob) or not _TAG_BYTES <= length <= MAX_PLAIN_BYTES + _TAG_BYTES:
            raise FrameCorrupt(f"frame {index} has a wrong length")
        bound = self._bound(index, end == bytes_left)
        try:
            return self._cipher.decrypt(_nonce(index), blob[_LENGTH.size : end], bound), end
        except InvalidTag as error:
            raise FrameCorrupt(f"frame {index} does not open") from error

    def _bound(self, index: int, last: bool) -> bytes:
        return json.dumps([*self._place, index, int(last)], separators=(",", ":")).encode()


def _nonce(index: int) -> bytes:
    return index.to_bytes(12, "big")
