"""Names: what each may look like, and how names compare."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from string import ascii_uppercase

from shared.model.problem import Code, Problem

_SERVICE = re.compile(r"[A-Za-z](?:-?[A-Za-z0-9])*")
_CONTAINER = re.compile(r"[a-z0-9](?:-?[a-z0-9])*")
_OPERATION_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?")
_SCHEDULED = "schedule-"
"""Prefix of the ids of operations that a schedule starts."""

_JOINERS = frozenset("\u200c\u200d")
_FORBIDDEN_IN_ARTIFACT = frozenset("/\\#?%")


def is_service_name(name: str) -> bool:
    """Whether a service can have this name."""
    return 6 <= len(name) <= 20 and _SERVICE.fullmatch(name) is not None


def require_service_name(name: str, target: str = "service") -> None:
    """6 to 20 letters, digits and hyphens; see the domain rules of Azure BizTalk Services.

    :raises Problem: InvalidName.
    """
    if not is_service_name(name):
        raise Problem(
            Code.INVALID_NAME,
            f"'{shown(name)}' is no service name. It takes 6 to 20 letters, digits and single "
            "hyphens, begins with a letter and ends with a letter or digit.",
            target=target,
        )


def is_artifact_name(name: str) -> bool:
    """Whether an artifact can have this name."""
    return (
        1 <= len(name) <= 80
        and name == name.strip()
        and name not in {".", ".."}
        and _FORBIDDEN_IN_ARTIFACT.isdisjoint(name)
        and all(_may_stand(name, place) for place in range(len(name)))
    )


def _may_stand(name: str, place: int) -> bool:
    """Whether the character at this place is allowed: control characters are not, nor are format
    characters such as marks of direction. A joiner between two letters of a script that needs it
    (Persian, Hindi) is."""
    if name[place] in _JOINERS:
        return 0 < place < len(name) - 1 and not name[place - 1].isascii()
    return not _controls(name[place])


def _controls(character: str) -> bool:
    """Whether a character changes how a line is shown, or ends it, instead of being shown in it."""
    category = unicodedata.category(character)
    return category[0] == "C" or category in ("Zl", "Zp")


def require_artifact_name(name: str, target: str = "name") -> None:
    """1 to 80 characters, no control characters, none of / \\ # ? %.

    :raises Problem: InvalidName.
    """
    if not is_artifact_name(name):
        raise Problem(
            Code.INVALID_NAME,
            f"'{shown(name)}' is no artifact name. It takes 1 to 80 characters without control "
            "characters, without / \\ # ? % and without spaces at its ends.",
            target=target,
        )


def require_backup_name(name: str, target: str = "/name") -> None:
    """3 to 63 lower-case letters, digits and single hyphens: it becomes the container's name.

    :raises Problem: InvalidName.
    """
    if not (3 <= len(name) <= 63 and _CONTAINER.fullmatch(name)):
        raise Problem(
            Code.INVALID_NAME,
            f"'{shown(name)}' is no backup name. It becomes a container: 3 to 63 lower-case "
            "letters, digits and single hyphens, with a letter or digit at both ends.",
            target=target,
        )


_RESERVED = ("artifacts", "deploymentpackage", "function-releases", "scm-releases")
_RESERVED_BEGINNINGS = ("app-package", "azure-webjobs-", "interkeep-verify-", "insights-logs-")
"""Containers that the app, its host and its deployment make for themselves."""


def is_reserved(name: str) -> bool:
    """Whether a container of that name can never be a backup's."""
    return name in _RESERVED or name.startswith(_RESERVED_BEGINNINGS)


def require_new_backup_name(name: str, target: str = "/name") -> None:
    """As ``require_backup_name``, and not a name that the app or its host uses for a container.

    :raises Problem: InvalidName.
    """
    require_backup_name(name, target)
    if is_reserved(name):
        raise Problem(
            Code.INVALID_NAME,
            f"'{shown(name)}' is the name of a container that the app, its host or its deployment "
            "uses. Choose another name.",
            target=target,
        )


def require_operation_id(operation_id: str) -> None:
    """1 to 64 letters, digits and hyphens.

    :raises Problem: InvalidName.
    """
    if not _OPERATION_ID.fullmatch(operation_id):
        raise Problem(
            Code.INVALID_NAME,
            "Operation-Id takes 1 to 64 letters, digits and hyphens, with a letter or digit at "
            "both ends; a GUID is a good one.",
            target="Operation-Id",
        )


def require_callers_operation_id(operation_id: str) -> None:
    """An id that a caller may choose: one of a schedule's could make the schedule skip a due time.

    :raises Problem: InvalidName.
    """
    require_operation_id(operation_id)
    if operation_id.lower().startswith(_SCHEDULED):
        raise Problem(
            Code.INVALID_NAME,
            f"Operation-Ids that begin with '{_SCHEDULED}' belong to what schedules start. Draw a "
            "GUID for each request.",
            target="Operation-Id",
        )


def scheduled_operation_id(*what: str) -> str:
    """The id of an operation that a schedule starts: always the same for the same due time."""
    return _SCHEDULED + hashlib.sha256("!".join(what).encode()).hexdigest()[:32]


def service_key(name: str) -> str:
    """The form in which service names are compared."""
    return name.lower()


def artifact_key(name: str) -> str:
    """The form in which artifact names are compared: without regard to case, in one Unicode
    form."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def begins_with(name: str, beginning: str) -> bool:
    """Whether an artifact's name begins so, compared as names are sorted."""
    return artifact_key(name).startswith(artifact_key(beginning))


def is_same_name(one: str, other: str) -> bool:
    """Whether two artifact names are the same for Azure, which compares without regard to case,
    letter by letter: ß is not ss. The Kelvin sign is K in every Unicode form. Names that are not
    the same may still share a key.
    """
    return ordinal(one) == ordinal(other)


def require_apart(name: str, other: str, target: str = "name") -> None:
    """Refuse a name that differs from another one but shares its key: each would replace the other.

    :raises Problem: InvalidName.
    """
    if not is_same_name(name, other):
        raise Problem(
            Code.INVALID_NAME,
            f"'{shown(name)}' cannot stand beside '{shown(other)}': they are told apart by "
            "letters that are written in two ways, such as ß and ss. Choose another name.",
            target=target,
        )


def ordinal(name: str) -> str:
    """The form that is equal for names that are the same: see ``is_same_name``."""
    return "".join(map(_capital, unicodedata.normalize("NFD", name)))


def session_key(name: str) -> str:
    """The form in which names of sessions are compared: as Azure does, without regard to case."""
    return ordinal(name).translate(_SMALL)


_SMALL = {ord(capital): capital.lower() for capital in ascii_uppercase}


def _capital(letter: str) -> str:
    capital = letter.upper()
    return capital if len(capital) == 1 and capital.isascii() == letter.isascii() else letter


def default_domain_url(name: str, domain: str) -> str:
    """The service's URL where none was chosen."""
    return f"https://{service_key(name)}.{domain}"


def some(texts: Sequence[str], most: int, count: int = 0) -> str:
    """The first of some texts, and how many more there are, such as: a, b and 3 more.

    :param most: how many are named.
    :param count: how many there are, where ``texts`` are not all of them.
    """
    more = max(count, len(texts)) - len(texts[:most])
    return ", ".join(texts[:most]) + (f" and {more} more" if more else "")


LONGEST_ID = 400
"""Characters of ARM ids that are shown: those of accounts and vaults, whose names come last, are
shorter."""


def shown(name: str, most: int = 100) -> str:
    """A caller's text made fit for a message or a log line: one line, at most so many
    characters."""
    line = "".join(c if c in _JOINERS or not _controls(c) else "�" for c in name)
    return line if len(line) <= most else line[:most] + "…"
