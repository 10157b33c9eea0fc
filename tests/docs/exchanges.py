"""The requests that the docs show, with what they say is answered.

A fenced ``http`` block is one exchange: the request line, headers, the body, an empty line, the
status line, and what the answer's JSON holds at least. ``contoso`` stands for a name that nobody
else has, ``<operation id>`` for the id of the last operation that was accepted.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_BLOCK = re.compile(r"^```http\n(.*?)^```$", re.S | re.M)
_REQUEST = re.compile(r"(GET|PUT|POST|PATCH|DELETE) (/\S.*)")
_HEADER = re.compile(r"([A-Za-z][A-Za-z0-9-]*): (.*)")
_STATUS = re.compile(r"HTTP/1\.1 (\d{3}) .+")


@dataclass(frozen=True)
class Exchange:
    """A request and what is answered to it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes | None
    status: int
    answered: Any = None
    """What the answer's JSON holds at least; None where the page does not say."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def exchanges(page: Path, contoso: str) -> list[Exchange]:
    """The exchanges of a page, in its order.

    :param contoso: what that name is replaced by.
    :raises AssertionError: where a block is no exchange.
    """
    blocks = _BLOCK.findall(page.read_text())
    return [_read(block.replace("contoso", contoso)) for block in blocks]


def _read(block: str) -> Exchange:
    lines = iter(block.splitlines())
    request = _REQUEST.fullmatch(next(lines))
    assert request, f"no request line: {block}"
    headers, body, status = dict[str, str](), list[str](), None
    for line in lines:
        header = _HEADER.fullmatch(line)
        status = _STATUS.fullmatch(line)
        if status:
            break
        if header and not body:
            headers[header[1]] = header[2]
        else:
            body.append(line)
    assert status, f"the page does not say which status is answered: {block}"
    sent = "\n".join(body).strip()
    told = "\n".join(lines).strip()
    if sent.startswith("{"):
        headers.setdefault("Content-Type", "application/json")
        json.loads(sent)
    return Exchange(
        request[1],
        request[2],
        headers,
        sent.encode() if sent else None,
        int(status[1]),
        json.loads(told) if told else None,
    )


def missing(told: Any, answered: Any, place: str = "") -> Iterator[str]:
    """Where an answer does not hold what a page tells of it.

    Of an object its members count, of a list that each item is there.
    """
    if isinstance(told, dict) and isinstance(answered, dict):
        for member, value in told.items():
            yield from missing(value, answered.get(member), f"{place}/{member}")
    elif isinstance(told, list) and isinstance(answered, list):
        for index, value in enumerate(told):
            if not any(not list(missing(value, one)) for one in answered):
                yield f"{place}/{index}: {value} is not among {answered}"
    elif told != answered:
        yield f"{place}: {answered!r}, not {told!r}"
