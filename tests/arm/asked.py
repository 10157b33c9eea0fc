"""Answers and questions that tests of the client share."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.arm.refusals import ArmRefused, Meaning
from tests.arm.scripted import (
    Reply,
    path_of,
    refusal,
)

HTML = Reply(502, b"<html><title>502</title></html>", {"Content-Type": "text/html"})
HTML_200 = Reply(200, b"<html><title>Sign in</title></html>", {"Content-Type": "text/html"})
PARTNER = Reply(200, {"name": "Northwind", "properties": {"partnerType": "B2B"}})
UNAUTHORIZED = refusal(401, "ExpiredAuthenticationToken")
PARTNERS = path_of("partners")
ONE = path_of("partners", "Northwind")


async def all_of(pages: AsyncIterator[list[Any]]) -> list[str]:
    return [item["name"] async for one in pages for item in one]


async def meaning_of(doing: Any) -> Meaning:
    with pytest.raises(ArmRefused) as refused:
        await doing
    return refused.value.meaning
