"""The client over HTTP: what is written, once or again, and what is done when."""

import json
from typing import Any

import pytest

from shared.arm.refusals import Meaning
from shared.model.integration_account import Child
from tests.arm.asked import HTML, HTML_200, ONE, PARTNER, meaning_of
from tests.arm.scripted import (
    CUT,
    GONE,
    ONCE,
    SUBSCRIPTION,
    Reply,
    World,
    path_of,
    refusal,
    world,
)


async def test_a_put_is_sent_whole_with_its_condition(here: World) -> None:
    here.server.on(ONE, [Reply(201, PARTNER.body), Reply(200, PARTNER.body)], "PUT")
    body: Any = {"properties": {"partnerType": "B2B", "content": {"ü": "€"}}}
    first = await here.account.put(Child.PARTNERS, "Northwind", body)
    second = await here.account.put(Child.PARTNERS, "Northwind", body, etag='"0x8D"')
    assert (first.status, second.status, second.resource) == (201, 200, PARTNER.body)
    assert [json.loads(seen.body) for seen in here.server.seen] == [body, body]
    assert [seen.headers.get("If-Match") for seen in here.server.seen] == [None, '"0x8D"']
    assert here.server.seen[0].headers["Content-Type"] == "application/json"
    assert "€".encode() in here.server.seen[0].body


async def test_half_a_character_is_sent_as_json_can_write_it(here: World) -> None:
    here.server.on(ONE, Reply(200, PARTNER.body), "PUT")
    await here.account.put(Child.PARTNERS, "Northwind", {"properties": {"a": "\ud83d"}})
    assert json.loads(here.server.seen[0].body) == {"properties": {"a": "\ud83d"}}


async def test_a_put_whose_answer_was_lost_is_sent_again(here: World) -> None:
    here.server.on(ONE, [CUT, CUT, Reply(200, PARTNER.body)], "PUT")
    account = here.account
    put = await account.put(Child.PARTNERS, "Northwind", {"properties": {}})
    assert (put.status, account.requests, len(here.server.seen)) == (200, 2, 3)


async def test_a_put_that_meets_another_version_is_told(here: World) -> None:
    here.server.on(ONE, refusal(412, "PreconditionFailed"), "PUT")
    put = here.account.put(Child.PARTNERS, "Northwind", {"properties": {}}, etag='"1"')
    assert await meaning_of(put) is Meaning.CHANGED


@pytest.mark.parametrize("reply", [HTML_200, Reply(202, {}), Reply(204), Reply(200)])
async def test_a_put_is_done_when_arm_says_so(reply: Reply) -> None:
    async with world(ONCE) as here:
        here.server.on(ONE, reply, "PUT")
        put = here.account.put(Child.PARTNERS, "Northwind", {"properties": {}})
        assert await meaning_of(put) is Meaning.UNCLEAR


@pytest.mark.parametrize(
    ("replies", "there"),
    [
        ([Reply(200)], True),
        ([Reply(204)], False),
        ([refusal(404, "PartnerNotFound")], False),
        ([CUT, CUT, Reply(204)], False),
    ],
)
async def test_a_delete_says_whether_it_was_there(
    here: World, replies: list[Reply], there: bool
) -> None:
    here.server.on(ONE, replies, "DELETE")
    assert await here.account.delete(Child.PARTNERS, "Northwind") is there
    assert len(here.server.seen) == len(replies)


async def test_a_delete_in_an_account_that_is_gone_raises(here: World) -> None:
    here.server.on(ONE, GONE, "DELETE")
    delete = here.account.delete(Child.PARTNERS, "Northwind")
    assert await meaning_of(delete) is Meaning.ACCOUNT_GONE


async def test_a_delete_that_a_proxy_answers_is_not_done() -> None:
    async with world(ONCE) as here:
        here.server.on(ONE, HTML_200, "DELETE")
        delete = here.account.delete(Child.PARTNERS, "Northwind")
        assert await meaning_of(delete) is Meaning.UNCLEAR


async def test_posts_that_only_read_are_sent_again_and_others_are_not(here: World) -> None:
    here.server.on(path_of("listKeyVaultKeys"), [CUT, HTML, Reply(200, {"value": []})], "POST")
    here.server.on(path_of("regenerateAccessKey"), [CUT, Reply(200, {"name": "x"})], "POST")
    vault: Any = {"keyVault": {"id": "/x"}}
    assert await here.account.post("listKeyVaultKeys", vault) == {"value": []}
    assert json.loads(here.server.seen[-1].body) == vault
    regenerate = here.account.post("regenerateAccessKey")
    assert await meaning_of(regenerate) is Meaning.UNAVAILABLE
    assert len(here.server.seen) == 4


async def test_a_workflow_is_disabled_without_an_answer_to_read(here: World) -> None:
    workflow = (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g (1)/providers/Microsoft.Logic/workflows/w"
    )
    sent = workflow.replace(" (1)", "%20%281%29")
    here.server.on(f"{sent}/disable", [CUT, Reply(200)], "POST")
    here.server.on(sent, [Reply(200, {"name": "w"}), refusal(404, "WorkflowNotFound")])
    assert await here.arm.post(f"{workflow}/disable", "2019-05-01") == {}
    assert await here.arm.get(workflow, "2019-05-01") == {"name": "w"}
    assert await meaning_of(here.arm.get(workflow, "2019-05-01")) is Meaning.RESOURCE_GONE
    assert here.server.seen[1].body == b""
