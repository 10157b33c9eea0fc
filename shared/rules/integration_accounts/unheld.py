"""Artifacts of an account that no service can hold as the account has them."""

from shared.model.integration_account import Child
from shared.model.operation import Warning
from shared.model.problem import Code, Problem
from shared.model.wire import JsonObject
from shared.rules.integration_accounts.children import CHILDREN
from shared.rules.integration_accounts.push_plan import NOT_HELD, Seen
from shared.rules.integration_accounts.resources import name_of
from shared.rules.integration_accounts.verbatim import is_verbatim
from shared.rules.naming import shown
from shared.rules.trading import member

UNHELD = frozenset(
    {Code.INVALID_NAME, Code.INVALID_REQUEST, Code.RESERVED_MEMBER, Code.DOCUMENT_TOO_LARGE}
)
"""Codes of what no service can hold."""


def require_unheld(problem: Problem) -> None:
    """Go on where a problem is that no service can hold an artifact.

    :raises Problem: the given one, if that is not why.
    """
    if problem.code not in UNHELD:
        raise problem


def seen_unheld(child: Child, name: str) -> Seen:
    """Such an artifact as it is compared: as nothing that a service has."""
    return Seen(child, name, NOT_HELD, None)


def unheld_document(resource: JsonObject) -> JsonObject:
    """What such an artifact says, as far as that can be read: what it has to do with others."""
    found = member(resource, "properties")
    return found if isinstance(found, dict) and not is_verbatim(found) else {}


def unheld_name(child: Child, resource: JsonObject) -> str:
    """Its name; empty where it has none."""
    try:
        return name_of(child, resource)
    except Problem as problem:
        require_unheld(problem)
        return ""


def not_held(child: Child, name: str, why: str) -> Warning:
    """What a push tells of such an artifact, which it does not touch."""
    path = f"{CHILDREN[child].section}/{shown(name)}"
    return Warning(
        code="ArtifactNotHeld",
        message=f"No service can hold {path} as the account has it: {why} So no backup has it, and "
        "this push leaves it as it is.",
        target=path,
    )
