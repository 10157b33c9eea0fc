"""What changed in an account: places, never values."""

import json

from hypothesis import given
from hypothesis import strategies as st

from shared.model.wire import JsonObject
from shared.rules.documents import at
from shared.rules.integration_accounts.drift import (
    MOST_CHARACTERS,
    MOST_POINTERS,
    Change,
    Drift,
    drift,
)


def changed(before: JsonObject, after: JsonObject) -> Drift:
    found = drift(before, after)
    assert found is not None
    assert found.change is Change.CHANGED
    return found


def test_added_and_removed_have_no_places() -> None:
    assert drift(None, {"a": 1}) == Drift(Change.ADDED)
    assert drift({"a": 1}, None) == Drift(Change.REMOVED)
    assert drift(None, None) is None


def test_nothing_changed_is_no_drift() -> None:
    assert drift({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}) is None


def test_content_alone_is_a_change() -> None:
    assert drift({}, {}, content=True) == Drift(Change.CHANGED, content=True)


def test_places_and_no_values_are_told() -> None:
    found = changed(
        {"security": {"passwordValue": "geheim", "keep": 1}, "gone": "secret"},
        {"security": {"passwordValue": "neu", "keep": 1}, "new/one": "other"},
    )
    assert found.pointers == ("/gone", "/new~1one", "/security/passwordValue")
    shown = json.dumps(found.to_json())
    assert json.loads(shown) == {
        "change": "changed",
        "pointers": ["/gone", "/new~1one", "/security/passwordValue"],
    }


def test_many_places_are_counted() -> None:
    found = changed({}, {f"m{index:04}": index for index in range(500)})
    assert len(found.pointers) == MOST_POINTERS
    assert found.more == 450
    assert found.to_json()["more"] == 450


def test_a_long_place_is_told_by_the_one_that_it_is_in() -> None:
    name = "x" * MOST_CHARACTERS
    assert changed({"a": {name: 1}}, {"a": {name: 2}}).pointers == ("/a",)
    fitting = "x" * (MOST_CHARACTERS - 3)
    assert changed({"a": {fitting: 1}}, {"a": {fitting: 2}}).pointers == (f"/a/{fitting}",)
    assert changed({name: 1}, {name: 2}).pointers == ("",)


NAMES = st.text("ab/~é", max_size=4) | st.just("long" * 80)
DOCUMENTS = st.dictionaries(
    NAMES, st.recursive(st.integers(0, 2), lambda x: st.dictionaries(NAMES, x, max_size=4))
)


@given(DOCUMENTS, DOCUMENTS)
def test_places_are_pointers_to_what_differs(before: JsonObject, after: JsonObject) -> None:
    found = drift(before, after)
    assert (found is None) == (before == after)
    for pointer in found.pointers if found else ():
        assert len(pointer) <= MOST_CHARACTERS
        assert at(before, pointer) != at(after, pointer)
