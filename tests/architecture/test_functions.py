"""What Azure Functions needs of the declarations, and what its router would confuse."""

import pkgutil
import re
from itertools import combinations
from pathlib import Path

import pytest

from shared.triggers.doors import doors, routes
from shared.web.http.route import Route
from tests.support.declared import SHOWN, functions

TRIGGERS = Path(__file__).resolve().parents[2] / "shared" / "triggers"


def test_function_names_are_unique() -> None:
    names = [function.get_function_name() for function in functions()]
    assert len(set(names)) == len(names)


def test_binding_names_are_legal() -> None:
    """A name with an underscore makes its function silently disappear."""
    for function in functions():
        for binding in function.get_bindings():
            assert re.fullmatch(r"[a-zA-Z][a-zA-Z0-9]*|\$return", binding.name), binding.name


def test_every_route_is_a_function() -> None:
    names = {function.get_function_name() for function in functions()}
    assert {declared.name for declared in routes()} <= names


def test_every_module_with_functions_is_a_door() -> None:
    """One that nobody names in doors.py would never be deployed."""
    named = {path.stem for path in TRIGGERS.glob("*.py") if "new_blueprint(" in path.read_text()}
    listed = {door.name for door in pkgutil.iter_modules([str(TRIGGERS)])} - {"doors"}
    assert named == listed
    assert len(doors()) == len(set(doors())) == len(named)


@pytest.mark.parametrize("declared", SHOWN, ids=lambda r: r.name)
def test_a_declaration_says_all_that_there_is_to_say(declared: Route) -> None:
    assert declared.task is not None
    assert (declared.example is None) == (declared.body is None)
    assert declared.needs.keys() <= set(declared.query)
    assert declared.choices.keys() <= set(declared.query)
    assert not declared.outlives_service or "{service}" in declared.path


@pytest.mark.parametrize("declared", routes(), ids=lambda r: r.name)
def test_routes_keep_clear_of_the_hosts_own(declared: Route) -> None:
    assert declared.path.split("/")[0] not in {"admin", "runtime"}


def test_no_two_routes_take_the_same_address() -> None:
    """The host tries functions in the order of their names: no route may depend on it."""

    def overlap(one: Route, other: Route) -> bool:
        first, second = one.path.split("/"), other.path.split("/")
        return len(first) == len(second) and all(
            a == b or a.startswith("{") or b.startswith("{")
            for a, b in zip(first, second, strict=True)
        )

    confused = [
        (one.name, other.name)
        for one, other in combinations(SHOWN, 2)
        if one.method == other.method and overlap(one, other)
    ]
    assert not confused


def test_what_is_read_alone_can_be_read_conditionally() -> None:
    """Lists change all the time, and health is no resource."""
    unversioned = {r.name for r in routes() if r.method == "GET" and 304 not in r.answers}
    lists = {r.name for r in routes() if r.method == "GET" and {"top"} <= set(r.query)}
    assert unversioned == lists | {"health", "deep_health", "list_storage_accounts"}


def test_what_replaces_or_deletes_heeds_conditions() -> None:
    written = [r for r in routes() if r.method in ("PUT", "PATCH", "DELETE")]
    assert [r.name for r in written if not r.conditional] == []


def test_the_route_for_all_else_comes_last() -> None:
    assert max(declared.name for declared in routes()) == "zz_route_not_found"
    assert [one.name for one in routes() if one.method == "ANY"] == ["zz_route_not_found"]
