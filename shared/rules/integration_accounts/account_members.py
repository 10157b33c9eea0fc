"""The members of an account's own resource beside those that Interkeep itself knows.

They are kept in the settings of its service as they came, known or not, such as ``identity``,
``zones`` or ``properties.integrationServiceEnvironment``: they say what a new account in its place
has to have.
"""

import json

from shared.model.link import RECORDED, recorded_others, recorded_state
from shared.model.operation import Warning
from shared.model.problem import Problem
from shared.model.sections import Section
from shared.model.wire import JsonObject, JsonValue
from shared.rules.acceptable import require_acceptable
from shared.rules.documents import replace_secrets
from shared.rules.integration_accounts.verbatim import is_verbatim
from shared.rules.naming import shown

NOT_KEPT = "(not kept)"
"""What stands in the place of what is not kept, a value or a name: settings are shown to readers,
and what no document can hold must not make an account unprotectable."""

MOST_CHARACTERS = 128 * 1024
"""Most characters of JSON that are kept of one account: a known one has a few hundred."""

_IDENTIFYING = frozenset({"id", "name", "type", "etag"})
_TIMES = frozenset({"createdtime", "changedtime"})
_NOTES = frozenset({"systemData"})
"""Azure Resource Manager's own: who wrote the resource, and when."""
_DERIVED = frozenset({"provisioningstate"})
"""What nobody gives an account."""

_LINKS = ("contentlink", "callbackurl")
"""Parts of names of members that are addresses with a signature."""

_ANY_SECTION = Section.PARTNERS
"""A section whose values are looked at too: those of settings are secret by their place alone."""


def other_members(resource: JsonObject) -> JsonObject:
    """The members of an account's resource beside its id, times, tier, location, state and tags.

    What may hold a secret, and what no document can hold as it is, is replaced by ``NOT_KEPT``; so
    is all of it where it is larger than ``MOST_CHARACTERS``.

    :param resource: as ARM answers it; see ``verbatim.faithful``.
    """
    found: JsonObject = {}
    for name, value in resource.items():
        if name.lower() in _IDENTIFYING or name in _NOTES or _is_known(name, value):
            continue
        rest = _rest(name, value)
        if rest:
            found[name] = dict(_kept(key, inner) for key, inner in rest.items())
        elif rest is None:
            kept, held = _kept(name, value)
            found[kept] = held
    return found if len(json.dumps(found)) <= MOST_CHARACTERS else {NOT_KEPT: NOT_KEPT}


def _is_known(name: str, value: JsonValue) -> bool:
    """Whether ``AccountProperties`` has a member as a whole."""
    if name == "location":
        return isinstance(value, str)
    return name == "tags" and isinstance(value, dict) and not is_verbatim(value)


def _rest(name: str, value: JsonValue) -> JsonObject | None:
    """What ``AccountProperties`` has not of a member that it has a part of; None for others."""
    if not isinstance(value, dict) or is_verbatim(value):
        return None
    if name == "sku":
        return {k: v for k, v in value.items() if k != "name" or not isinstance(v, str)}
    if name.lower() != "properties":
        return None
    return {
        key: inner
        for key, inner in value.items()
        if key.lower() not in _TIMES and (key != "state" or not isinstance(inner, str))
    }


def _kept(name: str, value: JsonValue) -> tuple[str, JsonValue]:
    """A member as it is kept: its name, and its value."""
    if not _is_holdable(name, None):
        return NOT_KEPT, NOT_KEPT
    is_link = any(part in name.lower() for part in _LINKS)
    if is_link or is_verbatim(value) or not _is_holdable(name, value):
        return name, NOT_KEPT
    member: JsonObject = {name: value}
    return name, replace_secrets(_ANY_SECTION, member, lambda _pointer, _value: NOT_KEPT)[name]


def _is_holdable(name: str, value: JsonValue) -> bool:
    """Whether settings can hold a member where it is kept in them."""
    try:
        require_acceptable({RECORDED: {"resource": {"properties": {name: value}}}})
    except Problem:
        return False
    return True


def not_carried(settings: JsonObject, resource_id: str) -> list[Warning]:
    """What an account that a push makes has not of the one that the service was pulled from.

    :param settings: of the service.
    :param resource_id: of the account that is made.
    """
    names = [
        f"properties.{key}" if beside.lower() == "properties" else beside
        for beside, value in recorded_others(settings).items()
        for key in (value if beside.lower() == "properties" and isinstance(value, dict) else [""])
        if key.lower() not in _DERIVED
    ]
    state = recorded_state(settings)
    if state and state.lower() != "enabled":
        names.append(f"properties.state ({shown(state)})")
    if not names:
        return []
    more = ", ".join(map(shown, sorted(names)))
    return [
        Warning(
            code="AccountMembersLeftOut",
            message="The account is made with its location, its tier and the tags of the one that "
            f"the service was pulled from. That one has more: {more}. The settings of the service "
            "have the values: where the new account needs them, make it in Azure, and name it in "
            "resourceId.",
            target=resource_id,
        )
    ]
