"""Compressing answers with gzip if the caller accepts it: the Functions host on Linux does not.

Only JSON of more than a kilobyte, and answers of routes that say so, are compressed. Content from
callers is sent as it was stored. Answers contain no secrets in the clear, so their length reveals
nothing about one.
"""

import asyncio
import gzip
from dataclasses import replace

from shared.web.http.call import Answer
from shared.web.http.etag import VARIES, tag_of_packed

_SMALL_BYTES = 1024
"""Up to this size compression gains nothing: it is one packet either way."""

_QUICK_BYTES = 32 * 1024
"""Longer answers are compressed in a thread, so that the event loop serves others meanwhile."""

_LEVEL = 6


async def packed(answer: Answer, accepted: str | None) -> Answer:
    """An answer as it is sent; if it is compressed, its ETag is that of the compressed form.

    So is the ETag of a PUT, so that the same caller's next GET has the same one.

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
    """Whether an Accept-Encoding allows gzip; an entry for gzip takes precedence over ``*``."""
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
    # Without a time, so that equal answers have equal bytes, as their ETag is strong.
    return gzip.compress(content, _LEVEL, mtime=0)
