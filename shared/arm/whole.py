"""An answer of ARM, read to its end as long as it is of a size that ARM's are."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.arm.refusals import NotUnderstood, heading

MOST_BYTES = 32 * 1024 * 1024
"""The longest answer that is read, unpacked. A page of ARM has a few MiB, as what it lists was
written in requests of 4 MB at most; as JSON in memory it is several times as large, and a few are
read at once in a host of 1.5 GB."""


class TooLarge(Exception):
    """An answer that is longer than any of ARM's. Another one would not be shorter."""

    def __init__(self) -> None:
        super().__init__(f"an answer of more than {MOST_BYTES // 1024 // 1024} MiB, which is none")


@dataclass(frozen=True)
class Whole:
    """An answer that was read, as policies and rules of repeating look at it."""

    status_code: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    """Unpacked."""


async def whole(answer: Any) -> Whole:
    """Read the answer of a transport, and release its connection.

    :raises TooLarge: if it is too long, once that much was read.
    :raises NotUnderstood: if it cannot be unpacked.
    :raises azure.core.exceptions.AzureError: if it ends early.
    """
    body = bytearray()
    try:
        async for piece in answer.iter_bytes():
            body += piece
            if len(body) > MOST_BYTES:
                raise TooLarge
    except BaseException as error:
        answer.internal_response.close()
        if isinstance(error, zlib.error):
            raise NotUnderstood("a body that cannot be unpacked") from None
        raise
    return Whole(heading(answer).status, answer.headers, bytes(body))
