"""Run-time state other than generated control numbers: received numbers, and MIC values for
receipts."""

import base64
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema
from pydantic_core import to_json

from shared.model.numbers import HIGHEST_REFERENCE, Counter, Kind
from shared.model.wire import AS_WHOLE, Stored, Text, Time, Wire, as_whole, rfc3339


class MicAlgorithm(StrEnum):
    """Digest algorithms of AS2 message integrity checks (RFC 4130, RFC 5751)."""

    MD5 = "MD5"
    SHA1 = "SHA1"
    SHA2_256 = "SHA2-256"
    SHA2_384 = "SHA2-384"
    SHA2_512 = "SHA2-512"


_DIGESTS = {one.replace("-", "").lower(): one for one in MicAlgorithm}
_DIGESTS |= {f"sha{size}": MicAlgorithm(f"SHA2-{size}") for size in (256, 384, 512)}


def _algorithm(value: object) -> object:
    """The algorithm, also in the spellings of AS2 headers and RFC 5751: ``sha-256``, ``sha256``,
    ``SHA-1``."""
    name = value.replace("-", "").strip().lower() if isinstance(value, str) else ""
    return _DIGESTS.get(name, value)


def _base64(value: str) -> str:
    try:
        base64.b64decode(value, validate=True)
    except ValueError as error:
        raise ValueError(
            "takes the digest alone, in base64: what stands before the comma of "
            "Received-Content-MIC"
        ) from error
    return value


As2Name = Annotated[Text, Field(min_length=1, max_length=128)]
"""RFC 4130, section 6.2."""

_MOST_MESSAGE_ID = 998


def _of_a_line(text: str) -> str:
    size = len(text.encode())
    if size > _MOST_MESSAGE_ID:
        raise ValueError(
            f"has {size} bytes in UTF-8; {_MOST_MESSAGE_ID} are the most that a line of a message "
            "has"
        )
    return text


MessageId = Annotated[
    str, Field(min_length=1, max_length=_MOST_MESSAGE_ID), AfterValidator(_of_a_line)
]
"""An AS2 message id, which may hold ``/``: up to 998 octets (RFC 5322, 2.1.1; RFC 6532, 3.4). A
longer one could be stored, but not requested: the host refuses such a request line."""


_MOST_REFERENCE = 14


def _is_printed(text: str) -> bool:
    return text.isprintable() and text.strip(" ") != ""


def reference_of(value: object) -> int | str:
    """A reference of an envelope: its text as received, or a whole number.

    :raises ValueError: for a value that is neither.
    """
    value = as_whole(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= HIGHEST_REFERENCE:
        return value
    if isinstance(value, str) and len(value) <= _MOST_REFERENCE and _is_printed(value):
        return value
    raise ValueError(
        f"takes the reference as it came, a text of 1 to {_MOST_REFERENCE} printed characters, or "
        f"a whole number up to {HIGHEST_REFERENCE}"
    )


Reference = Annotated[
    int | str,
    PlainValidator(reference_of),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1, "maxLength": _MOST_REFERENCE},
                {"type": "integer", "minimum": 0, "maximum": HIGHEST_REFERENCE},
            ]
        }
    ),
]
"""A received control number: its text as it is in the envelope, or a whole number."""


class ReceivedBody(Wire):
    """Body of POST …/received-control-numbers/{agreement}."""

    kind: Kind
    value: Reference
    validity_days: Annotated[int, Field(ge=1, le=3650, strict=True), AS_WHOLE]
    message_id: MessageId


class ReceivedNumber(Stored):
    """A received control number, stored to recognise duplicates."""

    agreement: str
    kind: Kind
    value: int | str
    """In the form of ``rules.received.reference``: a number if it is written as one."""
    message_id: str
    seen_at: Time
    expires_at: Time

    @property
    def record_name(self) -> str:
        """The name of its record in a backup."""
        return f"{self.agreement}/{self.kind}/{self.value}"

    @property
    def text(self) -> str:
        """As it is stored in its row, and in its line: canonical JSON."""
        document = {
            "agreement": self.agreement,
            "expiresAt": rfc3339(self.expires_at),
            "kind": str(self.kind),
            "messageId": self.message_id,
            "seenAt": rfc3339(self.seen_at),
            "value": self.value,
        }
        return to_json(document).decode()


class BatchActivityBody(Wire):
    """Body of PUT …/batch-activity/{batch}."""

    active_messages: Annotated[int, Field(ge=0, le=1_000_000_000, strict=True), AS_WHOLE]


class MicBody(Wire):
    """Body of PUT …/mic-values/{agreement}."""

    message_id: MessageId
    mic: Annotated[str, Field(min_length=1, max_length=256), AfterValidator(_base64)]
    algorithm: Annotated[MicAlgorithm, BeforeValidator(_algorithm)]
    as2_from: As2Name = Field(alias="as2From")
    as2_to: As2Name = Field(alias="as2To")


class MicValue(Stored):
    """The MIC of one AS2 message, to be compared with the one in its MDN."""

    agreement: str
    message_id: str
    mic: str
    algorithm: MicAlgorithm
    as2_from: str = Field(alias="as2From")
    as2_to: str = Field(alias="as2To")
    time: Time

    @property
    def record_name(self) -> str:
        """The name of its record in a backup."""
        return f"{self.agreement}/{self.message_id}"

    @property
    def text(self) -> str:
        """As it is stored in its row, and in its line: canonical JSON."""
        document = {
            "agreement": self.agreement,
            "algorithm": str(self.algorithm),
            "as2From": self.as2_from,
            "as2To": self.as2_to,
            "messageId": self.message_id,
            "mic": self.mic,
            "time": rfc3339(self.time),
        }
        return to_json(document).decode()


class RuntimeRecord(Stored):
    """A line of a section of run-time state."""

    name: str
    changed_at: str


class CountersRecord(RuntimeRecord):
    """A line of the section control-numbers."""

    document: dict[Kind, Counter]


class ReceivedRecord(RuntimeRecord):
    """A line of the section received-control-numbers."""

    document: ReceivedNumber


class MicRecord(RuntimeRecord):
    """A line of the section mic-values."""

    document: MicValue
