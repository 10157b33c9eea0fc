"""What a push was planned for: the account that it writes to, and the one that its service was
pulled from. Both stay what they were, in every attempt; where the service's link was changed, it
ends. So does whether the service is linked at its end.
"""

from shared.integration_accounts.pushing.starting import (
    PULLED_FROM,
    SOURCE_BEFORE,
    SOURCES,
    pulled_from,
)
from shared.integration_accounts.workflows.under_way import pushed_account
from shared.model.operation import Operation
from shared.model.problem import Code, Problem
from shared.model.push import PushBody
from shared.model.service import Service
from shared.model.wire import JsonValue
from shared.rules.trading import member


def body_of(operation: Operation) -> PushBody:
    """The request of a push, with the account that it was planned for: not with that of a link that
    was changed since."""
    body, account = (
        PushBody.model_validate(operation.parameters["request"]),
        pushed_account(operation),
    )
    if account is None or body.create is not None:
        return body
    return body.model_copy(update={"resource_id": str(account)})


def planned_sources(operation: Operation) -> dict[str, str]:
    """The state of each account that numbers of the service came from when the push was planned, by
    its key."""
    found, before = operation.parameters.get(SOURCES), operation.parameters.get(SOURCE_BEFORE)
    if isinstance(found, dict):
        return {key: str(state) for key, state in found.items()}
    return {_key(operation.parameters.get(PULLED_FROM)): str(before)}


def is_planned_to_link(operation: Operation) -> bool:
    """Whether the accepted plan says that the service is linked to the account at the end."""
    return member(operation.parameters.get("plan"), "links") is not False


def require_as_planned(operation: Operation, service: Service) -> None:
    """Refuse to go on where the service has another link than when the push was planned: the
    numbers were to go on after those of that account.

    :raises Problem: IntegrationAccountLinked for another account; IntegrationAccountNotLinked for
        a link that has ended.
    """
    if PULLED_FROM not in operation.parameters:
        return  # it was started by the version before
    planned, now = operation.parameters[PULLED_FROM], pulled_from(service)
    if _key(planned) == _key(now) and _is_linked(planned) == _is_linked(now):
        return
    account = pushed_account(operation)
    if account is not None and _is_linked(now) and _key(now) == account.key:
        return  # the push linked it, or somebody did to the very account
    was = f"had {_shown(planned)}" if _key(planned) else "had no account"
    if _is_linked(now):
        raise Problem(
            Code.INTEGRATION_ACCOUNT_LINKED,
            f"Service '{service.name}' {was} when this push was planned, and "
            f"is linked to {_shown(now)} now. Nothing more was written. Ask for the plan again.",
            "/resourceId",
        )
    raise Problem(
        Code.INTEGRATION_ACCOUNT_NOT_LINKED,
        f"Service '{service.name}' was linked to {_shown(planned)} when this push was planned, and "
        "that link has ended. Nothing more was written. Ask for the plan again.",
        "/resourceId",
    )


def _key(told: JsonValue) -> str:
    return _shown(told).lower()


def _shown(told: JsonValue) -> str:
    found = member(told, "resourceId")
    return found if isinstance(found, str) else ""


def _is_linked(told: JsonValue) -> bool:
    return member(told, "linked") is True
