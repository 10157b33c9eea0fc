"""Roles: the four of the registration, what each may call, and that the docs say the same."""

import json
import re
from pathlib import Path

import pytest

from shared.rules.roles import Role, may_call, roles_for, usual_role
from shared.triggers.doors import routes
from tests.support.declared import SHOWN

ROOT = Path(__file__).resolve().parents[2]
ALL = {*Role}


@pytest.mark.parametrize(
    ("method", "route", "allowed"),
    [
        ("GET", "get_service", ALL),
        ("POST", "preview_schedule", ALL),
        ("POST", "allocate_control_numbers", {Role.RUNTIME, Role.ADMIN}),
        ("PUT", "put_mic_value", {Role.RUNTIME, Role.ADMIN}),
        ("POST", "start_backup", {Role.OPERATOR, Role.ADMIN}),
        ("POST", "resume_service", {Role.OPERATOR, Role.ADMIN}),
        ("PUT", "set_control_number", {Role.ADMIN}),
        ("POST", "advance_control_numbers", {Role.ADMIN}),
        ("POST", "start_restore", {Role.ADMIN}),
        ("DELETE", "delete_backup", {Role.ADMIN}),
        ("PUT", "put_artifact", {Role.ADMIN}),
    ],
)
def test_who_may_call_what(method: str, route: str, allowed: set[Role]) -> None:
    (declared,) = [one for one in routes() if (one.method, one.name) == (method, route)]
    assert roles_for(declared.role) == allowed
    assert {role for role in Role if may_call(declared.role, {role})} == allowed


@pytest.mark.parametrize(
    ("method", "allowed"), [("GET", ALL), ("POST", {Role.ADMIN}), ("ANY", {Role.ADMIN})]
)
def test_a_route_that_says_nothing_is_closed(method: str, allowed: set[Role]) -> None:
    assert roles_for(usual_role(method)) == allowed


def test_nobody_without_a_role_may_call_anything() -> None:
    for roles in (set[str](), {"Interkeep.Root"}, {"interkeep.admin"}):
        assert not may_call(Role.READER, roles)


def test_roles_add_up() -> None:
    both = {Role.RUNTIME, Role.OPERATOR}
    assert may_call(Role.OPERATOR, both)
    assert may_call(Role.RUNTIME, both)
    assert not may_call(Role.ADMIN, both)


def test_they_are_those_of_the_registration() -> None:
    listed = json.loads((ROOT / "infra" / "app-roles.json").read_text())
    assert {one["value"] for one in listed} == ALL


def asked_of(role: Role) -> set[str]:
    """The routes that ask for a role."""
    return {declared.name for declared in SHOWN if declared.role is role}


def test_the_docs_list_what_each_may_call() -> None:
    section = (ROOT / "docs" / "api.md").read_text().split("\n## Roles\n")[1].split("\n## ")[0]
    rows = dict(re.findall(r"^\| `(Interkeep\.\w+)` \| (.*) \|$", section, re.M))
    named = {role: set(re.findall(r"`(\w+)`", cell)) for role, cell in rows.items()}
    assert named == {
        Role.READER: set(),
        Role.RUNTIME: asked_of(Role.RUNTIME),
        Role.OPERATOR: asked_of(Role.OPERATOR),
        Role.ADMIN: set(),
    }
