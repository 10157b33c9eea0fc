"""Answers that ARM gave, recorded from Microsoft's own tests: each is understood as what it was."""

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from shared.arm.addresses import asked_of, segments_of
from shared.arm.refusals import Answer, Meaning, Where, object_in, refusal_of
from shared.arm.requests import _named, _page, _put


@pytest.fixture(scope="module")
def recorded(corpus: Path) -> list[dict[str, Any]]:
    file = corpus / "integration_account" / "arm" / "conversations.json.gz"
    if not file.exists():
        pytest.skip(f"there are no recorded conversations at {file}")
    with gzip.open(file) as packed:
        conversations = json.load(packed)["conversations"]
    return [exchange for one in conversations for exchange in one["exchanges"]]


def answer_of(exchange: dict[str, Any]) -> Answer:
    """The answer; of its headers only the names were recorded, so the cause is ARM's own."""
    names = exchange.get("headers") or []
    headers = {"x-ms-failure-cause": "gateway"} if "x-ms-failure-cause" in names else {}
    told = exchange["answer"]
    return Answer(exchange["status"], headers, b"" if told is None else json.dumps(told).encode())


def segments(exchange: dict[str, Any]) -> tuple[str, ...]:
    return segments_of(unquote(urlsplit(exchange["url"]).path))


def test_every_404_is_of_what_was_asked_for(recorded: list[dict[str, Any]]) -> None:
    told: Counter[tuple[str, Meaning]] = Counter()
    for exchange in recorded:
        if exchange["status"] != 404:
            continue
        asked = asked_of(exchange["method"], segments(exchange))
        refused = refusal_of(asked, answer_of(exchange))
        told[exchange["answer"]["error"]["code"], refused.meaning] += 1
        if refused.meaning is Meaning.CHILD_GONE:
            assert asked.where is Where.CHILD
    assert {code: meaning for code, meaning in told if code == "ResourceNotFound"} == {
        "ResourceNotFound": Meaning.ACCOUNT_GONE
    }
    assert {meaning for code, meaning in told if code == "ResourceGroupNotFound"} == {
        Meaning.GROUP_GONE
    }
    others = {
        (code, meaning)
        for code, meaning in told
        if code not in ("ResourceNotFound", "ResourceGroupNotFound")
    }
    assert {meaning for _, meaning in others} == {Meaning.CHILD_GONE}
    assert len(others) >= 7
    assert sum(told.values()) >= 150


def test_every_answer_to_a_get_is_a_resource_or_a_list(recorded: list[dict[str, Any]]) -> None:
    read: Counter[str] = Counter()
    for exchange in recorded:
        if (exchange["method"], exchange["status"]) != ("GET", 200):
            continue
        answer = answer_of(exchange)
        where = asked_of("GET", segments(exchange)).where
        if where in (Where.ACCOUNT, Where.CHILD):
            assert _named(answer) == exchange["answer"]
        else:
            page = _page(answer)
            assert page.items == exchange["answer"]["value"]
            assert page.following == ""
        read[where.name] += 1
    assert set(read) == {"ACCOUNT", "CHILD", "LIST", "OTHER"}
    assert read.total() >= 290


def test_every_write_was_answered_with_what_was_written(recorded: list[dict[str, Any]]) -> None:
    put = [one for one in recorded if one["method"] == "PUT"]
    assert {_put(answer_of(one)).status for one in put} == {200, 201}
    posts = [one for one in recorded if one["method"] == "POST"]
    assert [next(iter(object_in(answer_of(one)))) for one in posts] == ["value"] * len(posts)
