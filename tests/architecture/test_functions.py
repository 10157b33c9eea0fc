"""What Azure Functions needs of the declarations, and what its router would confuse."""

import re
from itertools import combinations

import azure.functions as func
import pytest

from shared.http.route import ROUTES, Route
from shared.triggers import (
    alerts,
    artifacts,
    backups,
    inspection,
    installation,
    keys,
    operations,
    restores,
    runtime,
    schedules,
    services,
    storage_accounts,
)

DOORS = (
    alerts,
    services,
    artifacts,
    runtime,
    backups,
    inspection,
    schedules,
    restores,
    operations,
    storage_accounts,
    installation,
    keys,
)


@pytest.fixture(scope="module")
def functions() -> list[func.decorators.function_app.Function]:
    builders = [builder for door in DOORS for builder in door.blueprint._function_builders]
    return [builder._function for builder in builders]


def test_function_names_are_unique(functions: list[func.decorators.function_app.Function]) -> None:
    names = [function.get_function_name() for function in functions]
    assert len(set(names)) == len(names)


def test_binding_names_are_legal(functions: list[func.decorators.function_app.Function]) -> None:
    """A name with an underscore makes its function silently disappear."""
    for function in functions:
        for binding in function.get_bindings():
            assert re.fullmatch(r"[a-zA-Z][a-zA-Z0-9]*|\$return", binding.name), binding.name


def test_every_route_is_a_function(
    functions: list[func.decorators.function_app.Function],
) -> None:
    names = {function.get_function_name() for function in functions}
    assert {declared.name for declared in ROUTES} <= names


@pytest.mark.parametrize("declared", ROUTES, ids=lambda r: r.name)
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

    declared = [one for one in ROUTES if one.method != "ANY"]
    confused = [
        (one.name, other.name)
        for one, other in combinations(declared, 2)
        if one.method == other.method and overlap(one, other)
    ]
    assert not confused


def test_what_is_read_alone_can_be_read_conditionally() -> None:
    """Lists change all the time, and health is no resource."""
    unversioned = {r.name for r in ROUTES if r.method == "GET" and 304 not in r.answers}
    lists = {r.name for r in ROUTES if r.method == "GET" and {"top"} <= set(r.query)}
    assert unversioned == lists | {"health", "deep_health", "list_storage_accounts"}


def test_what_replaces_or_deletes_heeds_conditions() -> None:
    written = [r for r in ROUTES if r.method in ("PUT", "PATCH", "DELETE")]
    assert [r.name for r in written if not r.conditional] == []


def test_the_route_for_all_else_comes_last() -> None:
    assert max(declared.name for declared in ROUTES) == "zz_route_not_found"
    assert [one.name for one in ROUTES if one.method == "ANY"] == ["zz_route_not_found"]
