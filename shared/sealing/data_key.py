"""A service's data key: seals each secret in its document.

A sealed value is ``{"$sealed": base64(nonce | ciphertext | tag)}``: AES-256-GCM of the secret's
JSON, bound to service, section, name and JSON pointer, so that it cannot be opened anywhere else.
"""

import base64
import binascii
import hmac
import json
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.model.problem import Code, Problem
from shared.model.wire import JsonValue
from shared.rules.documents import SEALED
from shared.sealing.derive import KEY_BYTES, derived

_NONCE_BYTES = 12


class DataKey:
    """The data key of one service.

    :param service_id: id of the service that the key belongs to; a new service with the same name
        has another id.
    :param key: 32 bytes; stored only wrapped.
    """

    def __init__(self, service_id: str, key: bytes) -> None:
        self._service_id = service_id
        self._key = key
        self._cipher = AESGCM(key)

    @staticmethod
    def new() -> bytes:
        """A random 256-bit key."""
        return os.urandom(KEY_BYTES)

    def __repr__(self) -> str:
        return f"DataKey({self._service_id})"

    def seal(self, section: str, name: str, pointer: str, value: JsonValue) -> JsonValue:
        """Seal one secret for its place."""
        nonce = os.urandom(_NONCE_BYTES)
        plain = json.dumps(value, separators=(",", ":")).encode()
        sealed = nonce + self._cipher.encrypt(nonce, plain, self._place(section, name, pointer))
        return {SEALED: base64.b64encode(sealed).decode()}

    def open(self, section: str, name: str, pointer: str, value: JsonValue) -> JsonValue:
        """Open one sealed secret. A value that is not sealed is returned unchanged.

        :raises Problem: KeyUnavailable if it was sealed for another place or with another key.
        """
        if not (isinstance(value, dict) and SEALED in value):
            return value
        try:
            sealed = base64.b64decode(str(value[SEALED]), validate=True)
            plain = self._cipher.decrypt(
                sealed[:_NONCE_BYTES],
                sealed[_NONCE_BYTES:],
                self._place(section, name, pointer),
            )
        except (InvalidTag, binascii.Error, ValueError) as error:
            raise Problem(
                Code.KEY_UNAVAILABLE,
                f"The secret at {section}/{name}{pointer} does not open with the data key of "
                "its service: it was moved or changed in storage. Put the artifact again.",
                target=f"{section}/{name}{pointer}",
            ) from error
        opened: JsonValue = json.loads(plain)
        return opened

    def fingerprint(self, document: JsonValue) -> str:
        """A fingerprint of a document including its secrets, which reveals nothing without the key.

        HMAC-SHA256 of the JSON under a key of its own, 64 hexadecimal digits.
        """
        text = json.dumps(document, sort_keys=True).encode()
        key = derived(self._key, "interkeep/fingerprint/1")
        return hmac.digest(key, text, "sha256").hex()

    def _place(self, section: str, name: str, pointer: str) -> bytes:
        place = ["interkeep/document/1", self._service_id, section, name, pointer]
        return json.dumps(place, separators=(",", ":")).encode()
