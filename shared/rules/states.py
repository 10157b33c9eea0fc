"""The service state chart of Azure BizTalk Services, as data, and what else forbids a change.

From "BizTalk Services: Service state chart" (2013 to 2018); ``disable`` and ``enable``, and
updateConfiguration while Suspended (a restored service must be correctable), are this project's.
"""

from enum import StrEnum

from shared.model.operation import OperationName
from shared.model.problem import Code, Problem
from shared.model.service import Service, State


class ServiceOperation(StrEnum):
    """What the chart allows or forbids, in its own words."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"
    SUSPEND = "suspend"
    RESUME = "resume"
    DISABLE = "disable"
    ENABLE = "enable"
    DELETE = "delete"
    SCALE = "scale"
    UPDATE_CONFIGURATION = "updateConfiguration"
    BACKUP = "backup"


_OP = ServiceOperation
_RESTARTABLE = frozenset({_OP.START, _OP.STOP, _OP.RESTART, _OP.DELETE, _OP.UPDATE_CONFIGURATION})
_PAUSABLE = frozenset({_OP.SUSPEND, _OP.RESUME, _OP.DELETE})
_ONLY_DELETE = frozenset({_OP.DELETE})

ALLOWED: dict[State, frozenset[ServiceOperation]] = {
    State.ACTIVE: frozenset(
        {
            _OP.STOP,
            _OP.RESTART,
            _OP.SUSPEND,
            _OP.DISABLE,
            _OP.DELETE,
            _OP.SCALE,
            _OP.UPDATE_CONFIGURATION,
            _OP.BACKUP,
        }
    ),
    State.DISABLED: frozenset({_OP.DELETE, _OP.ENABLE}),
    State.SUSPENDED: frozenset(
        {_OP.SUSPEND, _OP.RESUME, _OP.DISABLE, _OP.DELETE, _OP.UPDATE_CONFIGURATION, _OP.BACKUP}
    ),
    State.STOPPED: frozenset({_OP.START, _OP.RESTART, _OP.DISABLE, _OP.DELETE, _OP.BACKUP}),
    State.SERVICE_UPDATE_FAILED: _ONLY_DELETE,
    State.DISABLE_FAILED: frozenset({_OP.DELETE, _OP.DISABLE}),
    State.ENABLE_FAILED: frozenset({_OP.DELETE, _OP.ENABLE}),
    State.START_FAILED: _RESTARTABLE,
    State.STOP_FAILED: _RESTARTABLE,
    State.RESTART_FAILED: _RESTARTABLE,
    State.SUSPEND_FAILED: _PAUSABLE,
    State.RESUME_FAILED: _PAUSABLE,
    State.CREATE_FAILED: _ONLY_DELETE,
    State.RESTORE_FAILED: _ONLY_DELETE,
    State.CONFIG_UPDATE_FAILED: frozenset({_OP.RESTART, _OP.DELETE, _OP.UPDATE_CONFIGURATION}),
    State.SCALE_FAILED: frozenset({_OP.DELETE, _OP.SCALE}),
    State.CREATING: frozenset(),
    State.RESTORING: frozenset(),
    State.UPDATING: frozenset(),
    State.DELETING: frozenset(),
}

TRANSITIONS: dict[ServiceOperation, tuple[OperationName, State]] = {
    _OP.START: (OperationName.START, State.ACTIVE),
    _OP.STOP: (OperationName.STOP, State.STOPPED),
    _OP.RESTART: (OperationName.RESTART, State.ACTIVE),
    _OP.SUSPEND: (OperationName.SUSPEND, State.SUSPENDED),
    _OP.RESUME: (OperationName.RESUME, State.ACTIVE),
    _OP.DISABLE: (OperationName.DISABLE, State.DISABLED),
    _OP.ENABLE: (OperationName.ENABLE, State.SUSPENDED),
}
"""Immediate transitions: the name of each in the log, and the state after it."""

MENDED: dict[State, tuple[ServiceOperation, State]] = {
    State.SCALE_FAILED: (_OP.SCALE, State.ACTIVE),
    State.CONFIG_UPDATE_FAILED: (_OP.UPDATE_CONFIGURATION, State.ACTIVE),
}
"""Failure states, and the state after the failed operation succeeds. Scale begins only in Active,
and the chart leads a service whose settings failed back through restart; so both end in Active."""

MANAGEABLE = frozenset({State.ACTIVE, State.SUSPENDED, State.STOPPED})
"""States in which artifacts, counters and the schedule may change."""


def ways(state: State) -> list[tuple[ServiceOperation, State]]:
    """The operations that lead out of a state, and where to."""
    mended = [MENDED[state]] if state in MENDED else []
    moves = [(operation, then) for operation, (_, then) in TRANSITIONS.items()]
    return [(one, then) for one, then in [*moves, *mended] if one in ALLOWED[state]]


def way_to_resume(state: State) -> list[ServiceOperation]:
    """The shortest row of operations that ends with a resume; empty where none does."""
    rows: list[tuple[list[ServiceOperation], State]] = [([], state)]
    seen = {state}
    for row, now in rows:  # it grows
        for operation, then in ways(now):
            if operation is _OP.RESUME:
                return [*row, operation]
            if then not in seen:
                seen.add(then)
                rows.append(([*row, operation], then))
    return []


def after_success(state: State, operation: ServiceOperation) -> State:
    """The state after an operation that has no state of its own to lead to (scale,
    updateConfiguration)."""
    mended = MENDED.get(state)
    return mended[1] if mended is not None and mended[0] is operation else state


def allowed_operations(state: State) -> list[str]:
    """The operations that a state allows, sorted, for answers."""
    return sorted(str(operation) for operation in ALLOWED[state])


def require_allowed(name: str, state: State, operation: ServiceOperation) -> None:
    """Refuse an operation that the chart does not allow.

    :raises Problem: OperationNotAllowed, naming the state and what it does allow.
    """
    if operation not in ALLOWED[state]:
        raise Problem(
            Code.OPERATION_NOT_ALLOWED,
            f"Service '{name}' is {state}, which does not allow {operation}. {_offer(state)}",
        )


def require_manageable(name: str, state: State) -> None:
    """Refuse changes of artifacts in states that do not allow them.

    :raises Problem: OperationNotAllowed.
    """
    if state not in MANAGEABLE:
        raise Problem(
            Code.OPERATION_NOT_ALLOWED,
            f"Service '{name}' is {state}; artifacts change only while it is Active, "
            f"Suspended or Stopped. {_offer(state)}",
        )


def require_active(name: str, state: State) -> None:
    """Refuse run-time operations of a service that is not Active.

    :raises Problem: ServiceNotActive.
    """
    if state is not State.ACTIVE:
        hint = " Resume it first." if _OP.RESUME in ALLOWED[state] else f" {_offer(state)}"
        raise Problem(
            Code.SERVICE_NOT_ACTIVE,
            f"Service '{name}' is {state}; control numbers are issued only while it is Active."
            + hint,
        )


def require_own(service: Service) -> None:
    """Refuse what only the integration account changes while the service is linked to it.

    :raises Problem: ManagedByAccount, naming the account, and what to do.
    """
    account = service.integration_account
    if account is not None and account.linked:
        raise Problem(
            Code.MANAGED_BY_ACCOUNT,
            f"Service '{service.name}' is linked to the integration account "
            f"'{account.resource_id}', which alone changes it. Change it there and pull, or end "
            "the link: DELETE services/{service}/integration-account.",
            target="service",
        )


def require_changeable(service: Service) -> None:
    """Refuse a caller's change of what a service holds.

    :raises Problem: OperationNotAllowed, ManagedByAccount.
    """
    require_manageable(service.name, service.state)
    require_own(service)


def require_running(service: Service) -> None:
    """Refuse what a runtime does with a service that is not Active, or is not its own.

    :raises Problem: ServiceNotActive, ManagedByAccount.
    """
    require_active(service.name, service.state)
    require_own(service)


def _offer(state: State) -> str:
    allowed = allowed_operations(state)
    if not allowed:
        return "Wait until the operation under way ends, then try again."
    return f"It allows: {', '.join(allowed)}."
