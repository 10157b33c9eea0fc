"""Answers that are packed (gzip) where the caller takes that: the Linux host packs nothing.

JSON of more than a kilobyte alone, and what a route says can be packed. Content that somebody put
goes out as it came. No answer holds a secret in the clear, so its length tells nothing of one.
"""

import asyncio
import gzip
from dataclasses import replace

from shared.web.http.call import Answer
from shared.web.http.etag import VARIES, tag_of_packed

_SMALL_BYTES = 1024
"""Up to here nothing is won: it is one packet either way."""

_QUICK_BYTES = 32 * 1024
"""What takes longer is packed beside the loop, which answers others meanwhile."""

_LEVEL = 6


async def packed(answer: Answer, accepted: str | None) -> Answer:
    """An answer as it is sent; its ETag is then that of the packed form.

    So is that of a PUT: the same caller's next GET has the same.

    :param accepted: the request's Accept-Encoding.
    """
    if not answer.can_be_packed:
        return answer
    content = answer.content()
    if len(content) <= _SMALL_BYTES:
        return replace(answer, body=content)
    headers = {**answer.headers, **VARIES}
    if takes_gzip(accepted or ""):
        content = await _gzipped(content)
        headers["Content-Encoding"] = "gzip"
        if "ETag" in headers and answer.has_own_tag:
            headers["ETag"] = tag_of_packed(headers["ETag"])
    return replace(answer, body=content, headers=headers)


def takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding takes gzip; what names it counts before ``*``."""
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        coding, _, parameter = part.partition(";")
        name, _, value = parameter.strip().partition("=")
        try:
            weights[coding.strip()] = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            weights[coding.strip()] = 0.0
    named = [weights[coding] for coding in ("gzip", "x-gzip") if coding in weights]
    return max(named or [weights.get("*", 0.0)]) > 0


async def _gzipped(content: bytes) -> bytes:
    if len(content) <= _QUICK_BYTES:
        return _gzip(content)
    return await asyncio.to_thread(_gzip, content)


def _gzip(content: bytes) -> bytes:
    # Without a time, so that the same answer is the same bytes: its ETag is a strong one.
    return gzip.compress(content, _LEVEL, mtime=0)
