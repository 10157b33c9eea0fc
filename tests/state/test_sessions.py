"""Sessions in their table: any name, any content, as they came; what is secret is sealed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.installation.installation import Installation
from shared.model.problem import Code, Problem
from shared.model.record import Record
from shared.model.sections import SESSIONS
from shared.model.session import Session
from shared.model.wire import JsonValue
from shared.sealing.data_key import DataKey
from shared.services.sessions import has_open_secret, opened_session, sealed_session
from shared.state.order import record_key
from shared.state.sessions import row_key_of

SERVICE = "s1"
CHANGED = "2017-04-27T18:49:40.2157679Z"
NAMES = (
    *("A-Icn", "a-gcn", "B", "a b-Icn", " A-Icn", "A-Icn ", "Edifact-ICN-A+B,C-ME 1+2,'?:"),
    *("X12-ICN-A-000000905", "Ä-Icn", "strasse-Icn", "straße-Icn", "日本-Icn", "/\\#?%", "~", "="),
    "z" * 900,
)
CONTENTS: tuple[JsonValue, ...] = (
    "256",
    {"ControlNumber": "1000", "ControlNumberChangedTime": "2/22/2017 8:05:41 PM"},
    {"a": [1, 1.5, None, True, {"b": []}]},
    None,
    [],
    7,
    {"$sealed": "not ours"},
    {"$secret": 3},
    {"password": {"$sealed": "inside one"}},
    "AccountName=a;AccountKey=secret-key-of-somebody==",
)


def session(name: str, content: JsonValue = "256") -> Session:
    return Session(name=name, content=content, changed_time=CHANGED, etag='"0858"')


async def test_any_name_and_any_content_comes_back_as_it_came(fresh_app: Installation) -> None:
    app = fresh_app
    service, key = app.clock.new_id(), DataKey(SERVICE, DataKey.new())
    all_of_them = [
        session(name, CONTENTS[number % len(CONTENTS)]).model_copy(
            update={"properties": {"createdTime": CHANGED, "more": {"x": number}}}
        )
        for number, name in enumerate(NAMES)
    ]
    await app.sessions.put_all(service, [sealed_session(key, one) for one in all_of_them])
    pages = app.sessions.pages(service)
    found = [opened_session(key, one) for page in [p async for p in pages] for one in page]
    assert {one.name: one for one in found} == {one.name: one for one in all_of_them}
    keys = [record_key(SESSIONS, one.name) for one in found]
    assert keys == sorted(set(keys))
    for number, one in enumerate(found):
        rest = [p async for p in app.sessions.pages(service, row_key_of(one.name))]
        assert [s.name for page in rest for s in page] == [s.name for s in found[number + 1 :]]
    await app.sessions.drop_all(service)
    assert [one async for page in app.sessions.pages(service) for one in page] == []


async def test_names_are_compared_without_case_and_kept_as_spelt(fresh_app: Installation) -> None:
    app = fresh_app
    service = app.clock.new_id()
    await app.sessions.put_all(service, [session("Fabrikam-ICN", "1")])
    await app.sessions.put_all(service, [session("fabrikam-Icn", "2"), session("B")])
    found = await app.sessions.get(service, "FABRIKAM-icn")
    assert found is not None
    assert (found.value.name, found.value.content) == ("fabrikam-Icn", "2")
    await app.sessions.drop(service, ["FABRIKAM-ICN", "never-there"])
    left = [one.name async for page in app.sessions.pages(service) for one in page]
    assert left == ["B"]
    assert await app.sessions.get(service, "fabrikam-Icn") is None


async def test_more_than_a_transaction_holds(fresh_app: Installation) -> None:
    """By their number, and by their size: incompressible texts of 100 kB take many transactions."""
    app = fresh_app
    service = app.clock.new_id()
    many = [session(f"S{number:04}-Icn", str(number)) for number in range(250)]
    noise = "".join(chr(33 + (number * number * 7919 + number // 7) % 94) for number in range(90))
    large = [session(f"L{number}-Icn", f"{number}{noise}" * 300) for number in range(60)]
    await app.sessions.put_all(service, [*many, *large])
    found = {one.name: one async for page in app.sessions.pages(service) for one in page}
    assert found == {one.name: one for one in [*many, *large]}


def test_a_secret_of_a_session_is_sealed_at_its_place() -> None:
    key = DataKey(SERVICE, DataKey.new())
    held = session("A-Icn", {"number": "7", "password": "open-sesame"})
    sealed = sealed_session(key, held)
    assert "open-sesame" not in json.dumps(sealed.document())
    assert has_open_secret(held)
    assert not has_open_secret(sealed)
    assert opened_session(key, sealed) == held
    elsewhere = sealed.model_copy(update={"name": "B-Icn"})
    with pytest.raises(Problem) as refused:
        opened_session(key, elsewhere)
    assert refused.value.code is Code.KEY_UNAVAILABLE
    without = session("A-Icn", {"number": "7"})
    assert sealed_session(key, without) is without


def test_what_no_row_can_hold_is_refused() -> None:
    key = DataKey(SERVICE, DataKey.new())
    nested: JsonValue = "x"
    for _ in range(100):
        nested = [nested]
    for content in (nested, "half \ud800", {"half \ud800": 1}):
        with pytest.raises(Problem) as refused:
            sealed_session(key, session("A-Icn", content))
        assert refused.value.code is Code.INVALID_REQUEST


_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(_TEXT, _TEXT)
def test_only_case_is_ignored(one: str, other: str) -> None:
    same = row_key_of(one) == row_key_of(other)
    assert not same or one.upper() == other.upper() or one.lower() == other.lower() or len(one) > 99
    assert row_key_of(one) == row_key_of(one.translate({n: chr(n).upper() for n in range(97, 123)}))


@given(_TEXT, _TEXT)
def test_a_record_gives_back_its_session(name: str, content: str) -> None:
    held = session(name, content)
    line = json.loads(held.record().line())
    read = Record.read(line)
    assert Session.of(read.name, read.document, read.changed_at) == held
