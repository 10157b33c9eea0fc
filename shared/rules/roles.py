"""Which role which route needs: what REQUIRE_ROLES enforces. A route says it in its declaration.

Of the routes that declare no role, everyone with a role may call those that read, and only an Admin
those that change something: a new route is closed until it is opened.
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
    """May do everything."""


def usual_role(method: str) -> Role:
    """The role of a route that declares none."""
    return Role.READER if method == "GET" else Role.ADMIN


def roles_for(needed: Role) -> frozenset[Role]:
    """The roles that may call a route; a caller needs one of them.

    :param needed: the role that the route asks for; what a Reader may call, every role may.
    """
    return frozenset(Role) if needed is Role.READER else frozenset({needed, Role.ADMIN})


def may_call(needed: Role, roles: Set[str]) -> bool:
    """Whether a caller with these roles may call a route that asks for one."""
    return bool(roles_for(needed) & roles)
