"""Requests to ARM at one pace: one resource, a list to its end, a write."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from azure.core.rest import HttpRequest

from shared.arm.addresses import Segments, address_of, asked_of
from shared.arm.pace import AccountPace
from shared.arm.refusals import (
    Answer,
    ArmRefused,
    Asked,
    Meaning,
    NotUnderstood,
    object_in,
)
from shared.arm.wire import ArmWire, Found
from shared.model.wire import JsonObject, JsonValue, parsed
from shared.rules.integration_accounts.verbatim import written
from shared.rules.trading import member

_OK, _CREATED, _ACCEPTED, _NOTHING = 200, 201, 202, 204

_POSTS_AGAIN = frozenset(
    {"disable", "enable", "listcallbackurl", "listcontentcallbackurl", "listkeyvaultkeys"}
)
"""POSTs that only read, or that change nothing the second time."""

MOST_PAGES = 10_000
"""The most pages of a list that are read: as many as a million sessions take where ARM gives a
hundred at a time. A list that goes on after that does not end."""

_JSON = {"Accept": "application/json"}


@dataclass(frozen=True)
class Put:
    """What a PUT was answered.

    :param status: 201 where it made the resource, 200 where it was there: also by the same PUT,
        where its first answer was lost.
    :param resource: as ARM answered it.
    """

    status: int
    resource: JsonObject = field(repr=False)


@dataclass(frozen=True)
class _Page:
    """A page of a list, and the link to the next, empty at the end."""

    items: list[JsonObject] = field(repr=False)
    following: str = field(repr=False)


class Requests:
    """Sends requests to ARM, for one account or whatever else.

    :param pace: shared by all that ask of the same account.
    :ivar sent: how many were sent, repeats and downloads of content counted.
    """

    def __init__(self, wire: ArmWire, pace: AccountPace) -> None:
        self.wire = wire
        self.pace = pace
        self.sent = 0

    def count(self) -> None:
        """Count a request that is sent."""
        self.sent += 1

    async def get(self, segments: Segments, version: str, *, named: bool = False) -> JsonObject:
        """One resource.

        :param named: whether the answer must have a name, as resources have.
        :raises ArmRefused: if ARM does not give it.
        """
        return await self._ask(
            asked_of("GET", segments),
            HttpRequest("GET", self._address(segments, version), headers=_JSON),
            _named if named else _object,
        )

    async def pages(
        self, segments: Segments, version: str, condition: str = ""
    ) -> AsyncIterator[list[JsonObject]]:
        """A list, page by page. It ends with an answer 200 that names no next page, and never in
        another way: what was read so far is not the list where this raises.

        :param condition: an OData filter.
        :raises ArmRefused: if ARM does not give it; where a page comes with an error, or names
            itself or an earlier one as the next; where the next one is not ARM's; where there is no
            end of them.
        """
        asked = asked_of("GET", segments)
        address = self._address(segments, version, condition)
        seen = {address}
        while True:
            request = HttpRequest("GET", address, headers=_JSON)
            page = await self._ask(asked, request, _page)
            yield page.items
            address = page.following
            if not address:
                return
            if not self.wire.cloud.is_of_arm(address):
                why = "The list goes on at an address that is not ARM's"
                raise ArmRefused(Meaning.ELSEWHERE, asked, message=why)
            if address in seen:
                why = "The list comes back to a page that it had"
                raise ArmRefused(Meaning.UNCLEAR, asked, message=why)
            if len(seen) == MOST_PAGES:
                why = f"The list has more than {MOST_PAGES} pages"
                raise ArmRefused(Meaning.UNCLEAR, asked, message=why)
            seen.add(address)

    async def put(
        self,
        segments: Segments,
        version: str,
        body: JsonObject,
        etag: str = "",
        *,
        once: bool = False,
        new: bool = False,
    ) -> Put:
        """Write a resource.

        :param etag: the version that it must have; any, or none, where it is empty. Where an answer
            was lost and the request is repeated, its own first delivery may have changed that.
        :param once: not repeated where it is not known whether it was carried out.
        :param new: on the condition that it is not there.
        :raises ArmRefused: if ARM does not do it: CHANGED where the version is another.
        """
        headers = {**_JSON, "Content-Type": "application/json"}
        if new:
            headers["If-None-Match"] = "*"
        if etag:
            headers["If-Match"] = etag
        address = self._address(segments, version)
        request = HttpRequest("PUT", address, headers=headers, content=_encoded(body))
        return await self._ask(asked_of("PUT", segments), request, _put, again=not once)

    async def delete(
        self, segments: Segments, version: str, etag: str = "", *, once: bool = False
    ) -> bool:
        """Delete a resource; whether it was there.

        Where an answer was lost and the request is repeated, it may say that it was not.

        :param etag: the version that it must have; any where it is empty.
        :param once: not repeated where it is not known whether it was carried out.
        :raises ArmRefused: if ARM does not do it: CHANGED where the version is another.
        """
        headers = {**_JSON, "If-Match": etag} if etag else _JSON
        request = HttpRequest("DELETE", self._address(segments, version), headers=headers)
        try:
            return await self._ask(asked_of("DELETE", segments), request, _deleted, again=not once)
        except ArmRefused as refused:
            if refused.meaning is not Meaning.CHILD_GONE:
                raise
            return False

    async def post(
        self, segments: Segments, version: str, body: JsonObject | None = None
    ) -> JsonObject:
        """Do an action, the last part of the address; an empty object where it answers nothing.

        It is sent again after a failure only where that changes nothing.

        :raises ArmRefused: if ARM does not do it.
        """
        headers = {**_JSON, **({} if body is None else {"Content-Type": "application/json"})}
        content = None if body is None else _encoded(body)
        address = self._address(segments, version)
        return await self._ask(
            asked_of("POST", segments),
            HttpRequest("POST", address, headers=headers, content=content),
            _posted,
            again=segments[-1].lower() in _POSTS_AGAIN,
        )

    async def _ask(
        self,
        asked: Asked,
        request: HttpRequest,
        read: Callable[[Answer], Found],
        *,
        again: bool = True,
    ) -> Found:
        return await self.wire.ask(
            asked, request, read, pace=self.pace, count=self.count, again=again
        )

    def _address(self, segments: Segments, version: str, condition: str = "") -> str:
        return address_of(self.wire.cloud.endpoint, segments, version, condition)


def _require(answer: Answer, *statuses: int) -> None:
    if not answer.is_one_of(*statuses):
        raise NotUnderstood(f"{answer.status}, which is not what this is answered with")


def _object(answer: Answer) -> JsonObject:
    """What is answered with 200. An error that comes with it says that it is not whole.

    :raises NotUnderstood: if it is none.
    """
    _require(answer, _OK)
    found = object_in(answer)
    if _one(answer, found, "error") is not None:
        raise NotUnderstood(f"{answer.status} with an error{_code_of(found)}")
    return found


def _one(answer: Answer, found: JsonObject, name: str) -> JsonValue:
    """A member of an answer, its name compared without regard to case; None for null, too.

    :raises NotUnderstood: if it is there in two spellings.
    """
    values = [one for key, one in found.items() if key.lower() == name.lower() and one is not None]
    if len(values) > 1:
        raise NotUnderstood(f"{answer.status} with an object that has {name} in two spellings")
    return values[0] if values else None


def _code_of(found: JsonObject) -> str:
    """The code of the error in an answer, such as ARM writes them; empty for another one."""
    code = member(member(found, "error"), "code")
    return f": {code}" if isinstance(code, str) and code.isascii() and code.isalnum() else ""


def _named(answer: Answer) -> JsonObject:
    found = _object(answer)
    if not isinstance(found.get("name"), str):
        raise NotUnderstood(f"{answer.status} with an object that is no resource")
    return found


def _page(answer: Answer) -> _Page:
    found = _object(answer)
    items, following = _one(answer, found, "value"), _one(answer, found, "nextLink")
    if not isinstance(items, list):
        raise NotUnderstood(f"{answer.status} with an object that is no list")
    objects = [item for item in items if isinstance(item, dict)]
    if len(objects) != len(items):
        raise NotUnderstood(f"{answer.status} with a list of what are no resources")
    if following is not None and not isinstance(following, str):
        raise NotUnderstood(f"{answer.status} with a list whose next page has no address")
    return _Page(objects, following or "")


def _put(answer: Answer) -> Put:
    _require(answer, _OK, _CREATED)
    return Put(answer.status, object_in(answer))


def _deleted(answer: Answer) -> bool:
    _require(answer, _OK, _ACCEPTED, _NOTHING)
    _json_or_nothing(answer)
    return not answer.is_one_of(_NOTHING)


def _posted(answer: Answer) -> JsonObject:
    _require(answer, _OK, _ACCEPTED, _NOTHING)
    return object_in(answer) if answer.body.strip() else {}


def _json_or_nothing(answer: Answer) -> None:
    """A page of a proxy is no answer of ARM.

    :raises NotUnderstood: if it is neither.
    """
    try:
        parsed(answer.body.strip() or b"null")
    except (ValueError, RecursionError):
        raise NotUnderstood(f"{answer.status} without JSON") from None


def _encoded(body: JsonValue) -> bytes:
    text = written(body)
    try:
        return text.encode()
    except UnicodeEncodeError:  # halves of surrogate pairs: JSON can write them in ASCII alone
        return written(body, ascii_alone=True).encode()
