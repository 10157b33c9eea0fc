"""Content by its link: whole, checked, without a token, and from nowhere else."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.arm import content as arm_content
from shared.arm.content import Content
from shared.arm.refusals import ArmRefused, Meaning
from shared.model.integration_account import Child
from tests.arm.scripted import (
    CUT,
    GONE,
    ONCE,
    Reply,
    Seen,
    World,
    path_of,
    refusal,
    world,
)

DATA = "<xsd>é</xsd>".encode() * 50
HOST = "flowprodcu22cqsn01.blob.core.windows.net"
BLOB = "/integrationaccounts0/99D1E_SCHEMA"
SIGNED = (
    f"https://{HOST}{BLOB}?sv=2016-05-31&sr=b&sig=a%2Fb%2Bc%3D&se=2017-02-28T23%3A12%3A43Z&sp=r"
)
ITEM = path_of("schemas", "Orders")
OTHER_BLOB = "/integrationaccounts0/NEWER"


def link(data: bytes = DATA, uri: str = SIGNED, **more: Any) -> dict[str, Any]:
    md5 = base64.b64encode(hashlib.md5(data).digest()).decode()
    return {
        "uri": uri,
        "contentVersion": '"0x8D4600DC612F5D8"',
        "contentSize": len(data),
        "contentHash": {"algorithm": "md5", "value": md5},
        **more,
    }


def item(data: bytes = DATA, blob: str = OTHER_BLOB) -> Reply:
    fresh = link(data, f"https://{HOST}{blob}?sig=fresh")
    return Reply(200, {"name": "Orders", "properties": {"contentLink": fresh}})


@pytest.fixture
async def here() -> AsyncIterator[World]:
    async with world() as made:
        made.server.on(BLOB, Reply(200, DATA, {"Content-Type": "application/xml"}))
        yield made


async def fetched(here: World, told: dict[str, Any]) -> Content:
    return await here.account.content(Child.SCHEMAS, "Orders", told)


async def meaning_of(here: World, told: dict[str, Any]) -> Meaning:
    with pytest.raises(ArmRefused) as refused:
        await fetched(here, told)
    return refused.value.meaning


@pytest.mark.parametrize(
    "told",
    [
        link(),
        link(contentHash={"algorithm": "MD5", "value": link()["contentHash"]["value"]}),
        link(contentHash={"algorithm": "sha1", "value": "AAAA"}),
        link(contentSize=float(len(DATA))),
        {"uri": SIGNED, "contentSize": len(DATA)},
        {"Uri": SIGNED, "ContentSize": len(DATA)},
    ],
)
async def test_content_is_fetched_whole_and_checked(here: World, told: dict[str, Any]) -> None:
    account = here.account
    found = await account.content(Child.SCHEMAS, "Orders", told)
    assert (found.data, found.content_type) == (DATA, "application/xml")
    assert account.requests == 1


async def test_the_hash_of_a_link_is_checked_however_it_is_spelt(here: World) -> None:
    other = {"Algorithm": "md5", "Value": base64.b64encode(bytes(16)).decode()}
    told = {"uri": SIGNED, "contentSize": len(DATA), "ContentHash": other}
    here.server.on(path_of("schemas", "Orders"), Reply(200, {"name": "Orders"}))
    with pytest.raises(ArmRefused):
        await fetched(here, told)


async def test_no_token_goes_to_a_link_and_the_link_as_it_was_given(here: World) -> None:
    here.server.on(path_of(), Reply(200, {"name": "contoso-b2b"}))
    await here.account.get()
    await fetched(here, link())
    seen = here.server.seen[1]
    assert (seen.host, seen.token) == (HOST, "")
    assert seen.query == SIGNED.partition("?")[2]
    assert "Authorization" not in seen.headers
    assert seen.headers["Accept-Encoding"] == "identity"


async def test_content_without_bytes_is_content(here: World) -> None:
    here.server.on(BLOB, Reply(200, b""))
    assert (await fetched(here, link(b""))).data == b""


@pytest.mark.parametrize(
    "uri",
    [
        "https://example.com/x?sig=s",
        "http://flowprodcu22cqsn01.blob.core.windows.net/x?sig=s",
        "https://flowprodcu22cqsn01.blob.core.windows.net@example.com/x?sig=s",
        "https://169.254.169.254/metadata/identity/oauth2/token",
        "http://127.0.0.1:7075/x",
        "https://account.blob.core.chinacloudapi.cn/x?sig=s",
    ],
)
async def test_a_link_to_another_host_is_not_followed(here: World, uri: str) -> None:
    assert await meaning_of(here, link(uri=uri)) is Meaning.ELSEWHERE
    assert here.server.seen == []


async def test_a_fresh_link_to_another_host_is_not_followed_either(here: World) -> None:
    here.server.on(BLOB, Reply(403, b"<Error/>"))
    bad = link(uri="https://example.com/x?sig=s")
    here.server.on(ITEM, Reply(200, {"name": "Orders", "properties": {"contentLink": bad}}))
    assert await meaning_of(here, link()) is Meaning.ELSEWHERE
    assert [seen.path for seen in here.server.seen] == [BLOB, ITEM]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(here: World, status: int) -> None:
    here.server.on(BLOB, Reply(status, None, {"Location": f"https://{HOST}{OTHER_BLOB}"}))
    assert await meaning_of(here, link()) is Meaning.UNCLEAR
    assert [seen.path for seen in here.server.seen] == [BLOB]


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_link_that_ended_is_asked_for_again(here: World, status: int) -> None:
    newer = b"newer content"
    here.server.on(BLOB, Reply(status, b"<Error/>"))
    here.server.on(ITEM, item(newer))
    here.server.on(OTHER_BLOB, Reply(200, newer))
    assert (await fetched(here, link())).data == newer
    assert [seen.path for seen in here.server.seen] == [BLOB, ITEM, OTHER_BLOB]
    assert here.server.seen[2].token == ""


async def test_a_link_is_asked_for_again_once(here: World) -> None:
    here.server.on(BLOB, Reply(403, b"<Error/>"))
    here.server.on(ITEM, item(blob=BLOB))
    assert await meaning_of(here, link()) is Meaning.CONTENT_UNREADABLE
    assert [seen.path for seen in here.server.seen] == [BLOB, ITEM, BLOB]


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (refusal(404, "SchemaNotFound"), Meaning.CHILD_GONE),
        (GONE, Meaning.ACCOUNT_GONE),
        (Reply(200, {"name": "Orders"}), Meaning.UNCLEAR),
        (Reply(200, {"name": "Orders", "properties": {"contentLink": "x"}}), Meaning.UNCLEAR),
    ],
)
async def test_what_is_gone_meanwhile_is_told(here: World, answer: Reply, meaning: Meaning) -> None:
    here.server.on(BLOB, Reply(404, b"<Error/>"))
    here.server.on(ITEM, answer)
    assert await meaning_of(here, link()) is meaning


@pytest.mark.parametrize(
    "served",
    [DATA[:-1], DATA + b"x", b"", DATA[::-1]],
    ids=["shorter", "longer", "nothing", "other bytes"],
)
async def test_other_bytes_than_the_link_says_are_not_taken(here: World, served: bytes) -> None:
    here.server.on(BLOB, Reply(200, served))
    here.server.on(ITEM, item(blob=BLOB))
    assert await meaning_of(here, link()) is Meaning.CONTENT_UNREADABLE
    assert [seen.path for seen in here.server.seen] == [BLOB, ITEM, BLOB]


async def test_content_that_changed_after_the_list_is_taken_by_its_new_link(here: World) -> None:
    newer = b"newer content, which is longer" * 100
    here.server.on(BLOB, Reply(200, newer))
    here.server.on(ITEM, item(newer, BLOB))
    assert (await fetched(here, link())).data == newer


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"contentSize": 3},
        {"uri": ""},
        {"uri": 7, "contentSize": 3},
        {"uri": SIGNED},
        {"uri": SIGNED, "contentSize": "3"},
        {"uri": SIGNED, "contentSize": -1},
        {"uri": SIGNED, "contentSize": True},
        {"uri": SIGNED, "contentSize": 1.5},
        link(contentHash={"algorithm": "md5", "value": "not base64"}),
        link(contentHash={"algorithm": "md5", "value": "AAAA"}),
        link(contentHash={"algorithm": "md5"}),
    ],
)
async def test_a_link_that_cannot_be_checked_is_not_followed(
    here: World, told: dict[str, Any]
) -> None:
    assert await meaning_of(here, told) is Meaning.UNCLEAR
    assert here.server.seen == []


async def test_content_that_is_too_large_is_not_fetched(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arm_content, "MOST_BYTES", len(DATA) - 1)
    assert await meaning_of(here, link()) is Meaning.CONTENT_UNREADABLE
    assert here.server.seen == []


async def test_a_host_that_sends_without_end_is_left(here: World) -> None:
    endless = DATA * 2000
    here.server.on(BLOB, Reply(200, endless))
    here.server.on(ITEM, item(DATA[:10], BLOB))
    told = link(DATA[:10])
    assert await meaning_of(here, told) is Meaning.CONTENT_UNREADABLE


async def test_a_download_that_is_cut_is_sent_again(here: World) -> None:
    whole = Reply(200, DATA)
    here.server.on(BLOB, [Reply(200, DATA, cut=100), CUT, CUT, Reply(503, b"busy"), whole])
    account = here.account
    assert (await account.content(Child.SCHEMAS, "Orders", link())).data == DATA
    assert [seen.path for seen in here.server.seen] == [BLOB] * 5
    assert account.requests == 4


async def test_a_download_that_is_always_cut_is_told_when_the_budget_is_over() -> None:
    async with world(ONCE) as here:
        here.server.on(BLOB, Reply(200, DATA, cut=100))
        assert await meaning_of(here, link()) is Meaning.UNAVAILABLE
        here.server.on(BLOB, Reply(503, b"busy"))
        assert await meaning_of(here, link()) is Meaning.UNAVAILABLE


@pytest.mark.parametrize("status", [201, 204, 206])
async def test_part_of_the_content_is_not_the_content(here: World, status: int) -> None:
    here.server.on(BLOB, Reply(status, None if status == 204 else DATA))
    told = link(b"") if status == 204 else link()
    assert await meaning_of(here, told) is Meaning.UNCLEAR


async def test_packed_bytes_stay_as_they_are_stored(here: World) -> None:
    here.server.on(BLOB, Reply(200, DATA, {"Content-Encoding": "gzip"}))
    assert (await fetched(here, link())).data == DATA


async def test_a_download_can_be_cancelled(here: World) -> None:
    asked = asyncio.Event()

    async def never(seen: Seen) -> Reply:
        asked.set()
        await asyncio.sleep(1)
        return Reply(200, DATA)

    here.server.on(BLOB, never)
    task = asyncio.create_task(fetched(here, link()))
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_content_is_not_shown() -> None:
    assert "secret" not in repr(Content(b"secret", "text/plain"))
