"""The stand-in for Azure Resource Manager answers as the real one did: its recorded answers, in
the order of their times, are compared with those of the stand-in to the same requests.

All of them are compared: the status, an error's code, who refused it, the budget's header, the
ETag's, and the answer itself. Of times, ETags and links it is compared that they are there and of
the same kind; of an error's message nothing, as only its code has a meaning.

A conversation was recorded by request, not by time, and no request that made a session is in it.
So the requests are sorted by the times of their answers, and a GET follows the PUT whose version
it shows; and before a GET shows a session that no PUT of the conversation wrote, it is written.
"""

import base64
import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import aiohttp
from yarl import URL

from localhost.arm.kinds import ACCOUNTS, KINDS
from tests.support.arm import Arm, resources_of

VOLATILE = {"createdTime", "changedTime", "etag", "uri", "contentVersion", "basePath"}
"""Members of which only the kind is compared."""

GATHERED = "x-ms-original-request-ids"

_RANK = {
    ("GET", 404): 1,
    ("DELETE", 204): 1,
    ("PUT", 201): 2,
    ("GET", 200): 3,
    ("PUT", 200): 4,
    ("POST", 200): 5,
    ("DELETE", 200): 6,
}
"""What came first of what was answered in the same second."""

Exchange = dict[str, Any]


@dataclass
class Conversation:
    """One recorded conversation; ``exchanges`` by the times of their answers."""

    name: str
    exchanges: list[tuple[str, Exchange]] = field(default_factory=list)


def _path(exchange: Exchange) -> str:
    return str(exchange["url"].partition("?")[0])


def _is_item(exchange: Exchange) -> bool:
    return bool(re.search(r"/integrationAccounts/[^/?]+/\w+/[^/?]+", exchange["url"]))


def _version(exchange: Exchange) -> str:
    """What of a resource's answer is another one after each write."""
    answer = exchange["answer"] or {}
    return str(exchange["etag"] or answer.get("properties", {}).get("changedTime"))


def _level(exchange: Exchange) -> int:
    """A group is answered before its account, which is before what is in it: but for its end."""
    if "/providers/" not in exchange["url"]:
        return 0
    if _is_item(exchange) or isinstance((exchange["answer"] or {}).get("value"), list):
        return 1 if _code(exchange) in ("ResourceNotFound", "ResourceGroupNotFound") else 2
    return 3 if exchange["method"] == "DELETE" else 1


def _code(exchange: Exchange) -> str:
    return str((exchange["answer"] or {}).get("error", {}).get("code", ""))


def _in_order(exchanges: list[Exchange]) -> list[tuple[int, Exchange]]:
    def place(number: int, exchange: Exchange) -> tuple[Any, ...]:
        answered = parsedate_to_datetime(exchange["date"])
        return (answered, _level(exchange), _RANK[exchange["method"], exchange["status"]], number)

    written = {
        (_path(exchange).lower(), _version(exchange)): place(number, exchange)
        for number, exchange in enumerate(exchanges)
        if exchange["method"] == "PUT" and _is_item(exchange)
    }

    def key(numbered: tuple[int, Exchange]) -> tuple[Any, ...]:
        number, exchange = numbered
        own = place(number, exchange)
        if exchange["method"] == "GET" and exchange["status"] == 200 and _is_item(exchange):
            after = written.get((_path(exchange).lower(), _version(exchange)))
            return own if after is None else (*after, *own)
        return own

    return sorted(enumerate(exchanges), key=key)


def _recorded(corpus: Path) -> Iterator[Conversation]:
    file = corpus / "integration_account" / "arm" / "conversations.json.gz"
    for each in json.loads(gzip.decompress(file.read_bytes()))["conversations"]:
        numbered = _in_order(each["exchanges"])
        name = each["name"]
        yield Conversation(name, [(f"{name}#{number}", one) for number, one in numbered])


class Replay:
    """A conversation with the stand-in: what it begins with is put there, the rest is asked."""

    def __init__(self, arm: Arm, session: aiohttp.ClientSession) -> None:
        self._arm = arm
        self._session = session

    async def ask(self, exchange: Exchange) -> tuple[int, Any, Any]:
        """Status, headers and JSON of the stand-in's answer."""
        url = URL(self._arm.url + exchange["url"], encoded=True)
        async with self._session.request(exchange["method"], url, json=exchange["body"]) as answer:
            text = await answer.text()
            return answer.status, answer.headers, json.loads(text) if text else None

    def begin(self, conversation: Conversation) -> None:
        """Put there what the conversation did not make itself: groups, and other accounts."""
        exchanges = [exchange for _, exchange in conversation.exchanges]
        made = {_path(one).lower(): one["body"] for one in exchanges if one["method"] == "PUT"}
        state = self._arm.state
        for exchange in exchanges:
            parts = [unquote(part) for part in _path(exchange).strip("/").split("/")]
            state.subscriptions.setdefault(parts[1].lower(), parts[1])
            if _code(exchange) != "ResourceGroupNotFound" and parts[2].lower() != "providers":
                group = made.get("/" + "/".join(parts[:4]).lower(), {})
                state.add_group(parts[1], parts[3], group.get("location", "westus"))
            if parts[2].lower() == "providers":
                listed = exchange["answer"]["value"]
                self._arm.load(one for one in listed if one["id"].lower() not in made)

    async def arrange(self, exchange: Exchange) -> bool:
        """Write the session that a GET shows, where no PUT did; whether it was written."""
        if exchange["method"] != "GET" or exchange["status"] != 200 or not _is_item(exchange):
            return False
        shown = exchange["answer"]
        kind, name = shown["id"].split("/")[-2:]
        there = self._arm.account(shown["id"]).items.get(kind.lower(), {}).get(name.lower())
        content = shown["properties"].get("content")
        if kind != "sessions" or (there and there.properties["content"] == content):
            return False
        query = exchange["url"].partition("?")[2]
        body = {"properties": {"content": content}}
        status, _, _ = await self.ask(
            {"method": "PUT", "url": f"{shown['id']}?{query}", "body": body}
        )
        assert status == (200 if there else 201)
        return True


def same(recorded: Any, answered: Any, place: str = "") -> list[str]:
    """Where two answers differ."""
    if isinstance(recorded, dict) and isinstance(answered, dict):
        differences = [
            f"{place}: {sorted(recorded)} was recorded, not {sorted(answered)}"
            for _ in (0,)
            if set(recorded) != set(answered)
        ]
        for name in recorded.keys() & answered.keys():
            differences += same(recorded[name], answered[name], f"{place}/{name}")
        return differences
    if isinstance(recorded, list) and isinstance(answered, list):
        if len(recorded) != len(answered):
            return [f"{place}: {len(recorded)} were recorded, not {len(answered)}"]
        pairs = zip(_by_id(recorded), _by_id(answered), strict=True)
        return [line for n, pair in enumerate(pairs) for line in same(*pair, f"{place}/{n}")]
    if type(recorded) is not type(answered):
        return [f"{place}: {recorded!r} was recorded, not {answered!r}"]
    # What stands alone in a member of that name is a signed address.
    if place.rpartition("/")[2] in VOLATILE or place == "/value":
        return []
    return [] if recorded == answered else [f"{place}: {recorded!r} was recorded, not {answered!r}"]


def _by_id(listed: list[Any]) -> list[Any]:
    """Resources in the order of their ids: a list of accounts goes by region."""
    ids = all(isinstance(one, dict) and "id" in one for one in listed)
    return sorted(listed, key=lambda one: str(one["id"])) if ids else listed


def _compared(exchange: Exchange, status: int, headers: Any, body: Any) -> list[str]:
    if status != exchange["status"]:
        return [f"{exchange['status']} was recorded, not {status}: {body}"]
    recorded = exchange["answer"]
    if status >= 400:
        assert body["error"]["message"]
        differences = same(recorded["error"]["code"], body["error"]["code"], "code")
    else:
        differences = same(recorded, body)
    if (exchange["etag"] is None) != ("ETag" not in headers):
        differences.append(f"the ETag {exchange['etag']} was recorded")
    # The excerpts have no headers. One is of a list that was gathered from several regions.
    told = {n for n in exchange.get("headers", ()) if n.startswith("x-ms-")} - {GATHERED}
    own = {n.lower() for n in headers if n.lower().startswith("x-ms-")} - {"x-ms-stand-in"}
    if "headers" in exchange and told != own:
        differences.append(f"the headers {sorted(told)} were recorded, not {sorted(own)}")
    return differences


async def test_it_answers_as_it_was_recorded(corpus: Path) -> None:
    differences: list[str] = []
    compared = arranged = 0
    async with aiohttp.ClientSession(headers={"Authorization": "Bearer t"}) as session:
        for conversation in _recorded(corpus):
            with Arm() as arm:
                replay = Replay(arm, session)
                replay.begin(conversation)
                for label, exchange in conversation.exchanges:
                    arranged += await replay.arrange(exchange)
                    answer = await replay.ask(exchange)
                    compared += 1
                    differences += [f"{label}: {line}" for line in _compared(exchange, *answer)]
    assert not differences, "\n".join(differences[:40])
    assert compared > 700
    # Sessions alone, and few of them: else it would be compared with itself.
    assert arranged < compared / 30


async def test_every_recorded_resource_is_loaded_and_listed(arm: Arm, corpus: Path) -> None:
    resources = resources_of(corpus)
    arm.load(resources)
    headers = {"Authorization": "Bearer t"}
    listed: dict[str, Exchange] = {}
    accounts = [one["id"] for one in resources if one["id"].split("/")[-2] == ACCOUNTS]
    async with aiohttp.ClientSession(arm.url, headers=headers) as session:
        for account in accounts:
            for kind in KINDS.values():
                query = {"api-version": kind.versions[-1]}
                async with session.get(f"{account}/{kind.name}", params=query) as answer:
                    page = await answer.json()
                listed |= {one["id"]: one for one in page["value"]}
        for resource in resources:
            if resource["id"] not in accounts:
                await _is_as_recorded(resource, listed.pop(resource["id"]), arm)
    assert not listed


async def _is_as_recorded(resource: Exchange, shown: Exchange, arm: Arm) -> None:
    properties = dict(shown["properties"])
    link = properties.pop("contentLink", None)
    kept = {name: properties[name] for name in resource["properties"]}
    assert kept == resource["properties"]
    assert set(properties) - set(kept) <= {"createdTime", "changedTime"}
    text = resource.get("content")
    content = base64.b64decode(resource.get("contentBase64", "")) or (text or "").encode()
    assert bool(link) == bool(content)
    if link:
        async with aiohttp.request("GET", link["uri"]) as answer:
            assert await answer.read() == content
