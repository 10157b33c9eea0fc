"""Lists, page by page: ``{"value": […], "nextLink"?}``."""

import base64
import binascii
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ValidationError

from shared.model.place import no_such_place
from shared.model.problem import Code, Problem
from shared.model.wire import JsonObject
from shared.web.http.call import Answer, Call

Item = TypeVar("Item")
PAGING = ("top", "continuation")
"""Query parameters of every list."""

MOST_PREFIX = 80
"""Characters of what names begin with: as many as a name of an artifact has."""

MOST_NAME = 1100
"""Characters of a record's name: of an agreement's, and a message id."""

_DEFAULT_TOP = 100
_MOST_TOP = 1000
_MOST_TOP_DIGITS = 9


def top(call: Call) -> int:
    """How many items a page may have.

    :raises Problem: InvalidRequest.
    """
    text = call.query("top")
    if text is None:
        return _DEFAULT_TOP
    digits = text.isascii() and text.isdecimal() and len(text) <= _MOST_TOP_DIGITS
    if not (digits and 1 <= int(text) <= _MOST_TOP):
        raise Problem(
            Code.INVALID_REQUEST, f"top takes a whole number from 1 to {_MOST_TOP}.", target="top"
        )
    return int(text)


def after(call: Call, is_place: Callable[[str], bool]) -> str:
    """The place after which the page begins; empty for the first one.

    :param is_place: whether a text has the form of this list's places.
    :raises Problem: InvalidRequest for anything that is not from a nextLink.
    """
    text = call.query("continuation")
    if not text:
        return ""
    try:
        place = base64.b64decode(text.encode("ascii"), b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise no_such_place() from error
    if not is_place(place):
        raise no_such_place()
    return place


def name_prefix(call: Call) -> str:
    """What the names of a list's items must begin with; empty where nothing is asked for.

    :raises Problem: InvalidRequest.
    """
    text = call.query("namePrefix") or ""
    if len(text) > MOST_PREFIX:
        raise Problem(
            Code.INVALID_REQUEST,
            f"namePrefix takes 1 to {MOST_PREFIX} characters.",
            target="namePrefix",
        )
    return text


def one_name(call: Call) -> str:
    """The name of the one item that is asked for; empty for all of them.

    :raises Problem: InvalidRequest.
    """
    text = call.query("name") or ""
    if len(text) > MOST_NAME:
        raise Problem(
            Code.INVALID_REQUEST, f"name takes 1 to {MOST_NAME} characters.", target="name"
        )
    return text


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
    :param place: the place after which the next page begins.
    :param keep: the list's filters.
    :param query: the filters, for the nextLink.
    """
    found, following = await read_page(call, pages, place, keep)
    return given_page(call, path, [shown(item) for item in found], following, query)


async def read_page(
    call: Call,
    pages: AsyncIterator[list[Item]],
    place: Callable[[Item], str],
    keep: Callable[[Item], bool] = lambda _item: True,
) -> tuple[list[Item], str | None]:
    """The items of one page, and where the next one begins, None for no next page."""
    size = top(call)
    found: list[Item] = []
    async for page in pages:
        found += [item for item in page if keep(item)]
        if len(found) > size:
            break
    following = place(found[size - 1]) if len(found) > size else None
    return found[:size], following


def given_page(
    call: Call,
    path: str,
    values: Sequence[JsonObject],
    following: str | None,
    query: dict[str, str] | None = None,
    beside: JsonObject | None = None,
) -> Answer:
    """A page that was read already; it may be short, and is the last one if nothing follows.

    :param following: where the next page begins, None for no next page.
    :param beside: members of the answer next to the list.
    """
    answer: JsonObject = {**(beside or {}), "value": list(values)}
    if following is not None:
        token = base64.urlsafe_b64encode(following.encode()).decode()
        version = call.query("api-version")
        own = {**(query or {}), **({"api-version": version} if version else {})}
        link = urlencode({**own, "top": str(top(call)), "continuation": token})
        answer["nextLink"] = f"{call.base_url}/{quote(path)}?{link}"
    return Answer(answer)


Place = TypeVar("Place", bound=BaseModel)


def place_after(call: Call, model: type[Place]) -> Place | None:
    """Where the page begins, for lists whose places are more than a key; None for the first page.

    :raises Problem: InvalidRequest for anything that is not from a nextLink.
    """
    text = after(call, bool)
    try:
        return model.model_validate_json(text) if text else None
    except ValidationError as error:
        raise no_such_place() from error
