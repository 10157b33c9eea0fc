"""JSON documents in the columns of a row.

A short one is one text column. A longer one is compressed and cut into binary columns: a text
column holds 32 Ki UTF-16 units, a binary one 64 KiB, a row 1 MiB.
"""

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from shared.model.problem import Code, Problem
from shared.model.wire import parsed
from shared.storage.tables import Column

Item = TypeVar("Item")

_MOST_TEXT_UNITS = 30_000
_BINARY_BYTES = 64 * 1024
_MOST_STORED_BYTES = 700 * 1024
"""The stored form's share of the 1 MiB of a row, and of the 4 MiB of a transaction, where it is
sent in base64."""

_MOST_TEXT_BYTES = 4 * 1024 * 1024
"""Size as JSON. Millions of equal values compress to almost nothing, but take long to read. The
largest real document has a hundredth of this."""

_MOST_OPENED_BYTES = 64 * 1024 * 1024


def dumps(value: object) -> str:
    """JSON as it is stored in rows: no spaces, non-ASCII characters unescaped."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def document_columns(document: object) -> dict[str, Column]:
    """The columns of a document.

    :raises Problem: DocumentTooLarge, over 4 MiB as JSON or 700 KiB in its stored form.
    """
    return text_columns(dumps(document))


def text_columns(text: str) -> dict[str, Column]:
    """The columns of a document in JSON; see ``document_columns``."""
    if _fits_text(text):
        return {"document": text}
    encoded = text.encode()
    if len(encoded) > _MOST_TEXT_BYTES:
        raise Problem(
            Code.DOCUMENT_TOO_LARGE,
            f"The document takes {len(encoded)} bytes as JSON; {_MOST_TEXT_BYTES} are the most. "
            "Put large bytes as content of the artifact instead.",
            target="/document",
        )
    packed = zlib.compress(encoded, level=6)
    if len(packed) > _MOST_STORED_BYTES:
        raise Problem(
            Code.DOCUMENT_TOO_LARGE,
            f"The document takes {len(packed)} bytes compressed; {_MOST_STORED_BYTES} are the "
            "most. Put large bytes as content of the artifact instead.",
            target="/document",
        )
    return {f"document{index:02}": piece for index, piece in enumerate(_pieces(packed))}


def sent_bytes(columns: Iterable[Column]) -> int:
    """Size of a row as it is sent: JSON in ASCII, so that a character may take six or twelve
    bytes."""
    return sum(map(_sent_column_bytes, columns)) + _ENVELOPE_BYTES


def together(items: Iterable[Item], sent: Callable[[Item], int], most: int) -> Iterator[list[Item]]:
    """Items in groups that each fit into one transaction: at most so many, and 3.5 of its 4 MiB as
    sent; the rest is for the envelope.

    :param sent: the size of an item as sent, in bytes.
    """
    group: list[Item] = []
    size = 0
    for item in items:
        of_item = sent(item)
        if group and (len(group) == most or size + of_item > _TRANSACTION_BYTES):
            yield group
            group, size = [], 0
        group.append(item)
        size += of_item
    if group:
        yield group


_TRANSACTION_BYTES = 3_500_000
"""The share of the rows in the 4 MiB of a transaction."""

_ENVELOPE_BYTES = 4096
"""What is sent with the columns of a row: its address, its keys, the names and types of columns."""


def _sent_column_bytes(column: Column) -> int:
    if isinstance(column, bytes):
        return len(column) * 4 // 3
    text = str(column)
    if text.isascii():  # canonical JSON has escaped its control characters already
        return len(text) + text.count('"') + text.count("\\") + 2
    return len(json.dumps(text))


def _fits_text(text: str) -> bool:
    few = len(text) <= _MOST_TEXT_UNITS // 2
    return few or len(text.encode("utf-16-le")) // 2 <= _MOST_TEXT_UNITS


def _pieces(packed: bytes) -> Iterator[bytes]:
    for start in range(0, len(packed), _BINARY_BYTES):
        yield packed[start : start + _BINARY_BYTES]


def _unpacked(packed: bytes) -> bytes:
    return zlib.decompressobj().decompress(packed, _MOST_OPENED_BYTES)


_MOST_LIST_BYTES = 3 * _BINARY_BYTES
"""Compressed size of the list of what a document names: together with the largest document it fits
the row."""


def list_columns(name: str, items: Sequence[str]) -> dict[str, Column]:
    """The columns of a list of texts: one, or several binary ones if it is long.

    :raises Problem: DocumentTooLarge.
    """
    text = dumps(items)
    if _fits_text(text):
        return {name: text}
    packed = zlib.compress(text.encode(), level=6)
    if len(packed) > _MOST_LIST_BYTES:
        raise Problem(
            Code.DOCUMENT_TOO_LARGE,
            f"The document names {len(items)} artifacts, which is more than can be kept of one. "
            "Split it.",
            target="/document",
        )
    return dict(zip(list_names(name)[1:], _pieces(packed), strict=False))


def list_names(name: str) -> tuple[str, ...]:
    """The names of all columns that a list may have."""
    count = _MOST_LIST_BYTES // _BINARY_BYTES
    return name, *(f"{name}{index:02}" for index in range(count))


def read_list(name: str, values: Mapping[str, Column]) -> list[str]:
    """A list from a row's columns, empty if it has none."""
    text = values.get(name)
    if text is None:
        packed = b"".join(bytes(values.get(one) or b"") for one in list_names(name)[1:])  # type: ignore[arg-type]
        text = _unpacked(packed).decode() if packed else "[]"
    found: list[str] = json.loads(str(text))
    return found


def require_storable(document: object) -> None:
    """Refuse a document that is too large for a row, before anything is written for it.

    :raises Problem: DocumentTooLarge.
    """
    document_columns(document)


def read_document(values: Mapping[str, Column]) -> Any:
    """The document of a row's columns."""
    return parsed(document_text(values))


def document_text(values: Mapping[str, Column]) -> bytes:
    """The document of a row's columns, in JSON."""
    text = values.get("document")
    if text is not None:
        return str(text).encode()
    names = sorted(name for name in values if name.startswith("document"))
    packed = b"".join(bytes(values[name]) for name in names)  # type: ignore[arg-type]
    return _unpacked(packed)
