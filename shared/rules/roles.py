"""Which role which route needs: the table that REQUIRE_ROLES enforces.

A route that no table names is read by everyone with a role, or changed by an Admin alone: what is
new is closed until somebody opens it.
"""

from collections.abc import Set
from enum import StrEnum


class Role(StrEnum):
    """The app roles of the registration (infra/app-roles.json)."""

    READER = "Interkeep.Reader"
    RUNTIME = "Interkeep.Runtime"
    OPERATOR = "Interkeep.Operator"
    ADMIN = "Interkeep.Admin"


RUNTIME = frozenset(
    {
        "allocate_control_numbers",
        "put_batch_activity",
        "put_mic_value",
        "receive_control_number",
        "release_received_number",
    }
)
"""Routes of an EDI runtime: what it issues and records while messages flow."""

OPERATOR = frozenset(
    {
        "cancel_operation",
        "delete_schedule",
        "disable_service",
        "enable_service",
        "pin_backup",
        "put_schedule",
        "restart_service",
        "resume_service",
        "start_backup",
        "start_service",
        "stop_service",
        "suspend_service",
        "verify_backup",
    }
)
"""Routes of whoever backs up, verifies, schedules, and moves services between states."""

_READING = frozenset({"preview_schedule"})
"""Routes that only read, though their method says more."""


def roles_for(method: str, route: str) -> frozenset[Role]:
    """The roles of which a caller needs one.

    :param route: the name of the route's function.
    """
    if method == "GET" or route in _READING:
        return frozenset(Role)
    if route in RUNTIME:
        return frozenset({Role.RUNTIME, Role.ADMIN})
    if route in OPERATOR:
        return frozenset({Role.OPERATOR, Role.ADMIN})
    return frozenset({Role.ADMIN})


def may_call(method: str, route: str, roles: Set[str]) -> bool:
    """Whether a caller with these roles may call a route."""
    return bool(roles_for(method, route) & roles)
