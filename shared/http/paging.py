"""Lists, page by page: ``{"value": […], "nextLink"?}``."""

import base64
import binascii
from collections.abc import AsyncIterator, Callable
from typing import TypeVar
from urllib.parse import quote, urlencode

from shared.http.call import Answer, Call
from shared.model.problem import Code, Problem
from shared.model.wire import JsonObject

Item = TypeVar("Item")
PAGING = ("top", "continuation")
"""Query parameters of every list."""

_DEFAULT_TOP = 100
_MOST_TOP = 1000


def top(call: Call) -> int:
    """How many items a page may have.

    :raises Problem: InvalidRequest.
    """
    text = call.query("top")
    if text is None:
        return _DEFAULT_TOP
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= _MOST_TOP):
        raise Problem(
            Code.INVALID_REQUEST, f"top takes a whole number from 1 to {_MOST_TOP}.", target="top"
        )
    return int(text)


def after(call: Call) -> str:
    """Behind what the page begins; empty for the first one.

    :raises Problem: InvalidRequest for anything that no nextLink held.
    """
    text = call.query("continuation")
    if not text:
        return ""
    try:
        return base64.b64decode(text.encode("ascii"), b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise Problem(
            Code.INVALID_REQUEST,
            "continuation comes from a nextLink; follow that link as it is.",
            target="continuation",
        ) from error


async def one_page(
    call: Call,
    path: str,
    pages: AsyncIterator[list[Item]],
    shown: Callable[[Item], JsonObject],
    place: Callable[[Item], str],
    keep: Callable[[Item], bool] = lambda _item: True,
    query: dict[str, str] | None = None,
) -> Answer:
    """One page of a list.

    :param path: of the list, under the API's base.
    :param place: what the next page begins behind.
    :param keep: the list's filters.
    :param query: the filters, for the nextLink.
    """
    size = top(call)
    found: list[Item] = []
    async for page in pages:
        found += [item for item in page if keep(item)]
        if len(found) > size:
            break
    answer: JsonObject = {"value": [shown(item) for item in found[:size]]}
    if len(found) > size:
        token = base64.urlsafe_b64encode(place(found[size - 1]).encode()).decode()
        link = urlencode({**(query or {}), "top": str(size), "continuation": token})
        answer["nextLink"] = f"{call.base_url}/{quote(path)}?{link}"
    return Answer(answer)
