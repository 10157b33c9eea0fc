"""The content of an artifact, by the link that its account gave: fetched whole, and checked.

A link is a password for one blob. It goes to hosts of storage and of Logic Apps in the account's
cloud alone, over https, without the app's token; redirects are not followed; and nothing keeps it.
"""

import asyncio
import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest

from shared.arm.clouds import host_of
from shared.arm.refusals import (
    Answer,
    ArmRefused,
    Asked,
    Meaning,
    heading,
    is_ended_link,
    link_refusal,
    unanswered,
)
from shared.arm.wire import WHO, ArmWire
from shared.model.wire import JsonValue
from shared.rules.trading import member

MOST_BYTES = 64 * 1024 * 1024
"""The longest content that is read: Logic Apps takes 8 MiB."""

_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": WHO}
"""Bytes as they are stored: a packed answer would not have the size that the link says."""

_MD5 = "md5"
_OK = 200


@dataclass(frozen=True)
class Content:
    """The bytes of an artifact, as its account has them.

    :param content_type: as the host of the link says; empty where it does not.
    """

    data: bytes = field(repr=False)
    content_type: str


class Stale(Exception):
    """A link that is not valid any more, or whose bytes are not what it says: a fresh one may be.

    :param refused: what it means if that one is no better.
    """

    def __init__(self, refused: ArmRefused) -> None:
        super().__init__(str(refused))
        self.refused = refused


class _TooLong(Exception):
    """More bytes than are read."""


@dataclass(frozen=True)
class _Link:
    """What a link says of its content."""

    uri: str = field(repr=False)
    size: int
    md5: bytes | None = field(repr=False)


async def fetched(
    wire: ArmWire, asked: Asked, link: JsonValue, count: Callable[[], None]
) -> Content:
    """Fetch what a link leads to, and check it: its size, and its MD5 where the link has one.

    :param link: the member ``contentLink`` of an artifact.
    :param count: called with each try that is sent.
    :raises Stale: if a fresh link may help.
    :raises ArmRefused: if the link may not be followed, or its host does not answer.
    """
    told = _told(asked, link)
    if not wire.cloud.has_content(told.uri):
        raise ArmRefused(
            Meaning.ELSEWHERE,
            asked,
            message=f"Its content link is of {host_of(told.uri)}, which is neither storage nor "
            "Logic Apps of this cloud",
        )
    if told.size > MOST_BYTES:
        raise _unreadable(asked, f"It has {told.size} bytes; {MOST_BYTES} are the most")
    held: list[bytes] = []

    async def read(answer: Any) -> None:
        held.append(await _read(answer, told.size))

    try:
        last = await wire.fetch(HttpRequest("GET", told.uri, headers=_HEADERS), read, count)
    except _TooLong:
        raise Stale(_unreadable(asked, f"It has more than the {told.size} bytes it says")) from None
    except AzureError as error:
        raise unanswered(asked, error) from None
    if not held or not heading(last).is_one_of(_OK):
        await last.close()
        refused = link_refusal(asked, heading(last))
        raise Stale(refused) if is_ended_link(heading(last)) else refused
    return await _checked(asked, told, heading(last), held[-1])


async def _checked(asked: Asked, told: _Link, answer: Answer, data: bytes) -> Content:
    if len(data) != told.size:
        why = f"It has {len(data)} bytes, and the account says {told.size}"
        raise Stale(_unreadable(asked, why))
    if told.md5 is not None and await asyncio.to_thread(_md5_of, data) != told.md5:
        raise Stale(_unreadable(asked, "Its MD5 is not the one that the account says"))
    return Content(data, answer.headers.get("content-type", ""))


async def _read(answer: Any, size: int) -> bytes:
    """The body of an answer, as long as it is not too long.

    :raises _TooLong: if it is longer than its link says.
    """
    data = bytearray()
    try:
        async for piece in answer.iter_raw():
            data += piece
            if len(data) > size:
                raise _TooLong
    except _TooLong:
        await answer.close()
        raise
    return bytes(data)


def _md5_of(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def _told(asked: Asked, link: JsonValue) -> _Link:
    uri, size = member(link, "uri"), member(link, "contentSize")
    if isinstance(size, float) and size.is_integer():
        size = int(size)
    if not isinstance(uri, str) or not uri:
        raise _unclear(asked, "It has no content link")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise _unclear(asked, "Its content link says no size")
    return _Link(uri, size, _md5_in(asked, member(link, "contentHash")))


def _md5_in(asked: Asked, told: JsonValue) -> bytes | None:
    """The MD5 that a link has, None where it has none or another hash.

    :raises ArmRefused: if it has one that cannot be read: it would not be checked.
    """
    algorithm, value = member(told, "algorithm"), member(told, "value")
    if not isinstance(algorithm, str) or algorithm.lower() != _MD5:
        return None
    try:
        md5 = base64.b64decode(str(value), validate=True)
    except ValueError:
        md5 = b""
    if len(md5) != hashlib.md5(usedforsecurity=False).digest_size:
        raise _unclear(asked, "Its content link has an MD5 that is none")
    return md5


def _unreadable(asked: Asked, why: str) -> ArmRefused:
    return ArmRefused(Meaning.CONTENT_UNREADABLE, asked, message=why)


def _unclear(asked: Asked, why: str) -> ArmRefused:
    return ArmRefused(Meaning.UNCLEAR, asked, message=why)
