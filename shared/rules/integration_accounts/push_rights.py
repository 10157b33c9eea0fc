"""What a push may do in Azure, as the permissions of its identity say it."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from shared.model.integration_account import Child
from shared.model.problem import Code, Problem
from shared.model.wire import JsonObject, JsonValue
from shared.rules.trading import member

_ACCOUNTS = "Microsoft.Logic/integrationAccounts"
CREATES_ACCOUNT = f"{_ACCOUNTS}/write"
"""What making an account takes."""

MOVES_WORKFLOWS = (
    "Microsoft.Logic/workflows/disable/action",
    "Microsoft.Logic/workflows/enable/action",
)
"""What disabling workflows for a push, and enabling them after it, takes."""


def wanted_rights(
    written: Collection[Child], deleted: Collection[Child], *, creates: bool
) -> tuple[str, ...]:
    """The actions that a push does, sorted.

    :param written: the kinds of which it writes anything.
    :param creates: whether it makes the account.
    """
    found = {f"{_ACCOUNTS}/{child}/write" for child in written}
    found |= {f"{_ACCOUNTS}/{child}/delete" for child in deleted}
    found |= {CREATES_ACCOUNT} if creates else set()
    return tuple(sorted(found))


def lacking_rights(permissions: Iterable[JsonObject], wanted: Iterable[str]) -> tuple[str, ...]:
    """The actions that no permission allows.

    Each permission is what one role gives: what it allows without what it leaves out. What one role
    leaves out another may give.

    :param permissions: the elements of the list of ``Microsoft.Authorization/permissions``.
    """
    roles = [(_patterns(one, "actions"), _patterns(one, "notActions")) for one in permissions]
    return tuple(
        action
        for action in wanted
        if not any(
            _matches(action, allowed) and not _matches(action, left_out)
            for allowed, left_out in roles
        )
    )


def refused_rights(lacking: Collection[str], scope: str) -> Problem:
    """The problem of a push whose identity may not do all that it takes."""
    return Problem(
        Code.INTEGRATION_ACCOUNT_FORBIDDEN,
        f"The app's identity may not do {', '.join(lacking)} on {scope}. The role Logic App "
        "Contributor allows it: give it to that identity on the account or its resource group; it "
        "counts after some minutes.",
        "/create/resourceId" if CREATES_ACCOUNT in lacking else "/resourceId",
    )


def refused_workflow_rights(lacking: Collection[str], scope: str) -> Problem:
    """The problem of a push whose identity may not disable the workflows, or not enable them
    again."""
    return Problem(
        Code.INTEGRATION_ACCOUNT_FORBIDDEN,
        f"The app's identity may not do {', '.join(lacking)} in {scope}, which has enabled "
        "workflows that use the account. The role Logic App Contributor allows it: give it to that "
        "identity on the workflows or their resource group; it counts after some minutes. Or send "
        "workflows: leave, and disable them yourself.",
        "/workflows",
    )


def _patterns(permission: Mapping[str, JsonValue], name: str) -> tuple[re.Pattern[str], ...]:
    return tuple(_compiled(permission, name))


def _compiled(permission: Mapping[str, JsonValue], name: str) -> Iterator[re.Pattern[str]]:
    listed = member(dict(permission), name)
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, str):
            parts = (re.escape(part) for part in one.split("*"))
            yield re.compile(".*".join(parts), re.IGNORECASE)


def _matches(action: str, patterns: Iterable[re.Pattern[str]]) -> bool:
    return any(pattern.fullmatch(action) for pattern in patterns)
