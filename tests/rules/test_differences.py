"""Where two documents differ."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.differences import MOST_POINTERS, differences
from shared.rules.documents import at, escaped

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats(-1, 1) | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.text(max_size=2), JSON, max_size=4)


@pytest.mark.parametrize(
    ("before", "after", "pointers"),
    [
        ({}, {}, []),
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, ["/a"]),
        ({"a": 1}, {"a": True}, ["/a"]),
        ({"a": 1}, {"a": 1.0}, ["/a"]),
        ({"a": 0}, {"a": None}, ["/a"]),
        ({"a": "1"}, {"a": 1}, ["/a"]),
        ({"a": []}, {"a": {}}, ["/a"]),
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 2}}}, ["/a/b/c"]),
        ({"a": {"b": {"c": 1}}}, {}, ["/a"]),
        ({}, {"a": {"b": {"c": 1}}}, ["/a"]),
        ({"a": [1, 2, 3]}, {"a": [1, 9]}, ["/a/1", "/a/2"]),
        ({"a": [1]}, {"a": [1, {"b": 2}]}, ["/a/1"]),
        ({"a/b": 1, "c~d": 1, "": 1}, {"a/b": 2, "c~d": 2, "": 2}, ["/", "/a~1b", "/c~0d"]),
        ({"b": 1, "a": 1}, {"a": 2, "b": 2}, ["/a", "/b"]),
    ],
)
def test_places(before: Any, after: Any, pointers: list[str]) -> None:
    found = differences(before, after)
    assert (list(found.pointers), found.more) == (pointers, 0)
    assert bool(found) == bool(pointers)
    assert list(differences(after, before).pointers) == pointers


def test_only_the_first_hundred_are_named() -> None:
    before = {f"m{i:03}": i for i in range(MOST_POINTERS + 7)}
    found = differences(before, dict.fromkeys(before, -1))
    assert found.pointers == tuple(f"/m{i:03}" for i in range(MOST_POINTERS))
    assert found.more == 7


@given(DOCUMENTS)
def test_a_document_does_not_differ_from_itself(document: Any) -> None:
    assert not differences(document, copy.deepcopy(document))


@given(DOCUMENTS, DOCUMENTS)
def test_what_is_not_named_is_the_same(before: Any, after: Any) -> None:
    """Take what is at the named places from the other, and the two are one document."""
    named = set(differences(before, after).pointers)
    assert bool(named) == (repr_of(before) != repr_of(after))
    for pointer in named:
        assert repr_of(at(before, pointer)) != repr_of(at(after, pointer)) or (
            None in (at(before, pointer), at(after, pointer))
        )
    assert untouched(before, named, "") == untouched(after, named, "")


def untouched(value: Any, named: set[str], pointer: str) -> Any:
    """What is left of a document without the named places."""
    if isinstance(value, dict):
        places = {name: f"{pointer}/{escaped(name)}" for name in value}
        kept = {name: v for name, v in value.items() if places[name] not in named}
        return {name: untouched(v, named, places[name]) for name, v in kept.items()}
    if isinstance(value, list):
        places_of = [f"{pointer}/{i}" for i in range(len(value))]
        pairs = zip(value, places_of, strict=True)
        return [untouched(v, named, place) for v, place in pairs if place not in named]
    return repr_of(value)


def repr_of(value: Any) -> str:
    """Equal where the JSON is: 1, 1.0 and true differ."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{n!r}:{repr_of(v)}" for n, v in sorted(value.items())) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(repr_of, value)) + "]"
    return "0.0" if value == 0 and isinstance(value, float) else repr(value)
