"""Which role which route needs: what REQUIRE_ROLES enforces. A route says it in its declaration.

A route that says none is read by everyone with a role, or changed by an Admin alone: what is new is
closed until somebody opens it.
"""

from collections.abc import Set
from enum import StrEnum


class Role(StrEnum):
    """The app roles of the registration (infra/app-roles.json)."""

    READER = "Interkeep.Reader"
    """Reads everything but secrets."""
    RUNTIME = "Interkeep.Runtime"
    """An EDI runtime: what it issues and records while messages flow."""
    OPERATOR = "Interkeep.Operator"
    """Whoever backs up, verifies, schedules, and moves services between states."""
    ADMIN = "Interkeep.Admin"
    """May do all."""


def usual_role(method: str) -> Role:
    """What a route asks for that says nothing of it."""
    return Role.READER if method == "GET" else Role.ADMIN


def roles_for(needed: Role) -> frozenset[Role]:
    """The roles of which a caller needs one.

    :param needed: the role that the route asks for; what a Reader may call, every role may.
    """
    return frozenset(Role) if needed is Role.READER else frozenset({needed, Role.ADMIN})


def may_call(needed: Role, roles: Set[str]) -> bool:
    """Whether a caller with these roles may call a route that asks for one."""
    return bool(roles_for(needed) & roles)
