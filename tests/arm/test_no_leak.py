"""No token, signature or callback URL in a line of the log, a text of an exception, or a repr."""

import logging
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError

from shared.arm.problems import problem_of
from shared.arm.refusals import ArmRefused
from shared.model.integration_account import Child
from shared.operations.failures import operation_error
from shared.storage.patience import Patience
from tests.arm.scripted import (
    ACCOUNT,
    ARM_HOST,
    CUT,
    Reply,
    World,
    page,
    path_of,
    refusal,
    world,
)

SIGNATURE = "s1gnatureCanary"
BLOB = "/c/b"
LINK: dict[str, Any] = {
    "uri": f"https://x.blob.core.windows.net{BLOB}?sv=1&sig={SIGNATURE}&sp=r",
    "contentSize": 3,
}
CALLBACK = f"https://prod-18.brazilus.logic.azure.com:443/integrationAccounts/0?sig={SIGNATURE}"
NO_HTTP = Reply(raw=b"no http at all\r\n\r\n")

TWICE = Patience(call_seconds=0.2, try_seconds=20, first_wait_seconds=0.1)
"""Sends again, which is a line in the log."""

Doing = Callable[[World], Awaitable[Any]]


async def content(here: World) -> Any:
    return await here.account.content(Child.MAPS, "M", LINK)


async def elsewhere(here: World) -> Any:
    link = {**LINK, "uri": f"https://example.com/?sig={SIGNATURE}"}
    return await here.account.content(Child.MAPS, "M", link)


async def listed(here: World) -> Any:
    return [one async for one in here.account.pages(Child.MAPS)]


async def put(here: World) -> Any:
    return await here.account.put(Child.MAPS, "M", {"properties": {"contentLink": LINK}})


async def callback(here: World) -> Any:
    return await here.account.post("listCallbackUrl")


ITEM = Reply(200, {"name": "M", "properties": {"contentLink": LINK}})
NEXT = f"https://{ARM_HOST}{path_of('maps')}?$skiptoken={SIGNATURE}"
SCRIPTS: dict[str, tuple[Doing, list[tuple[str, str, Any]]]] = {
    "a link that is refused": (
        content,
        [("GET", BLOB, Reply(403, b"<Error/>")), ("GET", path_of("maps", "M"), ITEM)],
    ),
    "a link whose host speaks no HTTP": (content, [("GET", BLOB, NO_HTTP)]),
    "a link whose host hangs up": (content, [("GET", BLOB, CUT)]),
    "a link whose host stops": (content, [("GET", BLOB, Reply(200, b"abc", cut=1))]),
    "a link whose bytes are others": (
        content,
        [("GET", BLOB, Reply(200, b"abcdef")), ("GET", path_of("maps", "M"), ITEM)],
    ),
    "a link that leads elsewhere": (elsewhere, []),
    "a page that speaks no HTTP": (
        listed,
        [("GET", path_of("maps"), [page(["M"], NEXT), NO_HTTP])],
    ),
    "a page that comes back": (listed, [("GET", path_of("maps"), page(["M"], NEXT))]),
    "a page elsewhere": (
        listed,
        [("GET", path_of("maps"), page(["M"], f"https://example.com/?sig={SIGNATURE}"))],
    ),
    "a message of ARM": (
        put,
        [
            (
                "PUT",
                path_of("maps", "M"),
                refusal(400, "InvalidContentLink", f"The link '{LINK['uri']}' cannot be read."),
            )
        ],
    ),
    "a message of ARM with a token": (
        put,
        [
            (
                "PUT",
                path_of("maps", "M"),
                refusal(400, "Odd", "Authorization: Bearer eyJtoken1.eyJ0.x is odd"),
            )
        ],
    ),
    "a callback URL that is no object": (
        callback,
        [("POST", path_of("listCallbackUrl"), Reply(200, [CALLBACK]))],
    ),
    "a token that is not accepted": (
        listed,
        [("GET", path_of("maps"), refusal(401, "InvalidAuthenticationToken", "eyJtoken1 ended"))],
    ),
}


@pytest.mark.parametrize("case", SCRIPTS)
async def test_nothing_tells_a_secret(case: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    doing, scripts = SCRIPTS[case]
    async with world(TWICE) as here:
        for method, address, reply in scripts:
            here.server.on(address, reply, method)
        with pytest.raises(ArmRefused) as refused:
            await doing(here)
        told = [
            caplog.text,
            repr([record.__dict__ for record in caplog.records]),
            repr(refused.value),
            repr(vars(refused.value)),
            "".join(traceback.format_exception(refused.value)),
            repr(problem_of(refused.value, ACCOUNT)),
            repr(operation_error(refused.value)),
            repr((here.arm, here.account)),
        ]
    for text in told:
        assert SIGNATURE not in text
        assert "eyJ" not in text


async def test_what_is_answered_is_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with world() as here:
        here.server.on(path_of("listCallbackUrl"), Reply(200, {"value": CALLBACK}), "POST")
        here.server.on(path_of("maps", "M"), ITEM, "PUT")
        here.server.on(BLOB, Reply(200, b"abc"))
        assert (await callback(here))["value"] == CALLBACK
        assert SIGNATURE not in repr(await put(here))
        assert "abc" not in repr(await content(here))
    assert SIGNATURE not in caplog.text
    assert "eyJ" not in caplog.text


async def test_what_an_identity_says_is_not_passed_on() -> None:
    async with world() as here:
        here.identity.refuses = ClientAuthenticationError(f"asked with client_secret={SIGNATURE}")
        with pytest.raises(ArmRefused) as refused:
            await listed(here)
    assert SIGNATURE not in "".join(traceback.format_exception(refused.value))
