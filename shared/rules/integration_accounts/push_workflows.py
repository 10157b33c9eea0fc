"""Whose resume enables the workflows that a push disabled: the service's that has the account."""

from shared.model.service import Service, State
from shared.rules.states import ALLOWED, ServiceOperation, way_to_resume


def not_resumed(holder: Service | None) -> str:
    """Why no resume enables them as things are, and what to do; empty where one does.

    :param holder: the service that is linked to the account, when the push has ended.
    """
    if holder is None:
        return (
            "no service is linked to it: link one, suspend and resume it, and they are enabled "
            "again. Or enable them in Azure."
        )
    way = way_to_resume(holder.state)
    if holder.state is State.ACTIVE or way == [ServiceOperation.RESUME]:
        return ""
    is_so = (
        f"service '{holder.name}', which is linked to it, is {holder.state}, which resume does "
        "not lead out of"
    )
    if way:
        *first, last = way
        return f"{is_so}: {', '.join(first)} and {last} it, and they are enabled again."
    if ServiceOperation.DELETE in ALLOWED[holder.state]:
        return (
            f"{is_so}: delete it, link another service to the account, suspend and resume that "
            "one, and they are enabled again. Or enable them in Azure."
        )
    return (
        f"{is_so}: wait until the operation under way ends, and see its state. Or enable them in "
        "Azure."
    )


def to_resume(service: Service, holder: Service | None, disabled: int) -> str:
    """The line of a plan's checklist that says how they come back.

    :param service: the one that is pushed.
    :param holder: as of ``not_resumed``.
    :param disabled: how many of those that use the account Interkeep has disabled then.
    """
    them = f"the {disabled} workflows" if disabled > 1 else "the workflow"
    if why := not_resumed(holder):
        are = "are" if disabled > 1 else "is"
        return f"After the push {them} that Interkeep disabled for the account {are} off: {why}"
    assert holder is not None
    is_own = holder.id == service.id
    whose = "" if is_own else ", which is linked to the account and is suspended for the push,"
    return (
        f"Resume service '{holder.name}'{whose} when all is as it should be: it enables {them} "
        "that Interkeep disabled, and no other."
    )
