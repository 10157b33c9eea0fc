"""Whether a service can be created with a name, and the problems if it cannot."""

from shared.model.operation import OperationName
from shared.model.problem import Code, Problem
from shared.model.service import State
from shared.operations.locks import holder_of_lock
from shared.state.operations import Operations
from shared.state.services import Listed


async def require_no_restore(records: Operations, name: str) -> None:
    """Refuse the name of a service that an accepted restore is about to create.

    A restore has the lock of its name from its start on, but the service is in the directory only
    when its worker has begun.

    :raises Problem: ServiceNameUnavailable.
    """
    holder = await holder_of_lock(records, name)
    if holder is None or holder.name != OperationName.RESTORE:
        return
    raise Problem(
        Code.SERVICE_NAME_UNAVAILABLE,
        f"A restore makes service '{name}' (operation {holder.id}). Nothing was changed. Choose "
        "another name, or wait until the restore ends.",
        target="service",
        retry_after_seconds=10,
    )


def taken(listed: Listed | None, name: str) -> Problem:
    """The problem of creating a service whose name is not free."""
    if listed is not None and listed.service.state is State.DELETING:
        return being_deleted(name, "service")
    return exists(name)


def being_deleted(name: str, target: str) -> Problem:
    """The problem of a name that will be free in a while."""
    return Problem(
        Code.SERVICE_NAME_UNAVAILABLE,
        f"Service '{name}' is being deleted; its name is free as soon as that completes.",
        target=target,
        retry_after_seconds=5,
    )


def exists(name: str, but: str = "") -> Problem:
    """The problem of a name that belongs to an existing service."""
    rest = but or "; its name is free once it is deleted"
    return Problem(
        Code.SERVICE_EXISTS, f"Service '{name}' exists{rest}. Nothing was changed.", "service"
    )
