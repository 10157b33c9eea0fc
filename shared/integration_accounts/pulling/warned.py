"""The warnings of a pull: what the service has not as the account has it, and why."""

from collections.abc import Mapping

from shared.integration_accounts.pulling.artifacts import Read
from shared.integration_accounts.pulling.behind import Behind
from shared.model.integration_account import Child
from shared.model.operation import Warning
from shared.model.sections import SESSIONS
from shared.rules.naming import shown

_NAMED = 20
"""So many of a kind are named each in a warning of its own."""


def warnings(
    read: Read, sessions: Mapping[str, str], behind: Mapping[str, Behind], resource_id: str
) -> list[Warning]:
    """All warnings of a pull. A backup of what it brought carries them too.

    :param sessions: those that no service can hold, each with why.
    :param behind: numbers that are lower than the ledger knows, by session.
    :param resource_id: of the account.
    """
    return [
        *_changing(read, resource_id),
        *(_not_covered(child) for child in read.not_covered),
        *_artifacts(read.not_held, resource_id),
        *_without_content(sorted(read.without_content), resource_id),
        *_sessions(sessions, resource_id),
        *_set_back(behind, resource_id),
    ]


def _changing(read: Read, resource_id: str) -> list[Warning]:
    if read.is_consistent:
        return []
    return [
        Warning(
            code="AccountChanging",
            message=f"The account changed while it was read, {read.readings} times in a row: "
            "what the service has may be of different moments. Moved last: "
            f"{', '.join(read.moved)}. Pull again when nobody changes the account.",
            target=resource_id,
        )
    ]


def _not_covered(child: Child) -> Warning:
    return Warning(
        code="KindNotCovered",
        message=f"The account does not list {child}: nothing of that kind is in the service, "
        "unless an earlier pull brought it.",
        target=child,
    )


def _artifacts(not_held: Mapping[str, str], resource_id: str) -> list[Warning]:
    found = [
        Warning(
            code="ArtifactNotHeld",
            message=f"{path} is not in the service as the account has it: {why} What the service "
            "had of it before stays.",
            target=path,
        )
        for path, why in sorted(not_held.items())[:_NAMED]
    ]
    if len(not_held) > _NAMED:
        found.append(
            Warning(
                code="ArtifactNotHeld",
                message=f"So it is with {len(not_held) - _NAMED} further artifacts.",
                target=resource_id,
            )
        )
    return found


def _without_content(paths: list[str], resource_id: str) -> list[Warning]:
    found = [
        Warning(
            code="ContentMissing",
            message=f"The account gives no content of {path}, neither in its list nor when it is "
            "asked for it alone: the service has its document, and content only where the "
            "artifact has not changed since it was pulled with some. Put its content into the "
            "account again.",
            target=path,
        )
        for path in paths[:_NAMED]
    ]
    if len(paths) > _NAMED:
        found.append(
            Warning(
                code="ContentMissing",
                message=f"So it is with {len(paths) - _NAMED} further artifacts.",
                target=resource_id,
            )
        )
    return found


def _sessions(not_held: Mapping[str, str], resource_id: str) -> list[Warning]:
    found = [
        Warning(
            code="SessionNotHeld",
            message=f"The session '{shown(name)}' is not in the service as the account has it: "
            f"{why} What the service had of it before stays.",
            target=f"{SESSIONS}/{shown(name)}",
        )
        for name, why in sorted(not_held.items())[:_NAMED]
    ]
    if len(not_held) > _NAMED:
        found.append(
            Warning(
                code="SessionNotHeld",
                message=f"So it is with {len(not_held) - _NAMED} further sessions.",
                target=resource_id,
            )
        )
    return found


def _set_back(behind: Mapping[str, Behind], resource_id: str) -> list[Warning]:
    found = [
        Warning(
            code="NumberSetBack",
            message=f"The session '{shown(name)}' is at {one.value}, and numbers up to "
            f"{one.issued} were issued: somebody emptied it or set it back, or they were issued "
            "elsewhere. The account issues them again. Set the next number to a later one, past "
            "what may have been issued since it was pulled before.",
            target=f"{SESSIONS}/{shown(name)}",
        )
        for name, one in sorted(behind.items())[:_NAMED]
    ]
    if len(behind) > _NAMED:
        found.append(
            Warning(
                code="NumberSetBack",
                message=f"So it is with {len(behind) - _NAMED} further sessions.",
                target=resource_id,
            )
        )
    return found
