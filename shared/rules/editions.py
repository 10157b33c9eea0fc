"""What each edition may do and hold, from the edition table of Azure BizTalk Services."""

from dataclasses import dataclass

from shared.model.problem import Code, Problem
from shared.model.sections import SECTIONS, Section
from shared.model.service import Edition


@dataclass(frozen=True)
class Limits:
    """One column of the edition table; how many artifacts a unit may hold is in the table of
    sections."""

    backup: bool
    max_units: int
    archiving: bool


LIMITS: dict[Edition, Limits] = {
    Edition.FREE: Limits(False, 1, False),
    Edition.DEVELOPER: Limits(False, 1, True),
    Edition.BASIC: Limits(True, 8, False),
    Edition.STANDARD: Limits(True, 8, False),
    Edition.PREMIUM: Limits(True, 8, True),
}

_RESTORE_ORDER = (Edition.BASIC, Edition.STANDARD, Edition.PREMIUM)


def quotas(edition: Edition, units: int) -> dict[Section, int]:
    """How many artifacts of a section a service may hold (per unit times units)."""
    return {
        section: facts.quota[edition] * units
        for section, facts in SECTIONS.items()
        if facts.quota is not None
    }


def require_units(edition: Edition, units: int, target: str = "/unitCount") -> None:
    """Refuse a number of units that the edition does not have.

    :raises Problem: InvalidRequest.
    """
    most = LIMITS[edition].max_units
    if not 1 <= units <= most:
        span = "1 unit" if most == 1 else f"1 to {most} units"
        raise Problem(
            Code.INVALID_REQUEST,
            f"The {edition} edition has {span}; {units} were asked for.",
            target=target,
        )


def require_backup(name: str, edition: Edition) -> None:
    """Refuse a backup of an edition that cannot be backed up.

    :raises Problem: EditionHasNoBackup.
    """
    if not LIMITS[edition].backup:
        raise Problem(
            Code.EDITION_HAS_NO_BACKUP,
            f"Service '{name}' has the {edition} edition, which has no backup and restore. "
            "Create the service as Basic, Standard or Premium.",
        )


def has_archiving(edition: Edition) -> bool:
    """Whether services of an edition archive messages, and so may have an archiving store."""
    return LIMITS[edition].archiving


def require_archiving(edition: Edition) -> None:
    """Refuse an archiving store where the edition does not archive.

    :raises Problem: InvalidRequest.
    """
    if not has_archiving(edition):
        archive = " and ".join(e for e in Edition if has_archiving(e))
        raise Problem(
            Code.INVALID_REQUEST,
            f"The {edition} edition has no archiving; {archive} have. Leave archivingStore out.",
            target="/archivingStore",
        )


def require_restorable(backed_up: Edition, target: Edition) -> None:
    """Refuse to restore to an edition below the backed-up one (Basic < Standard < Premium).

    :raises Problem: EditionTooLow, or EditionHasNoBackup for an edition outside this order.
    """
    if target not in _RESTORE_ORDER:
        raise Problem(
            Code.EDITION_HAS_NO_BACKUP,
            f"A backup cannot be restored to the {target} edition. Choose {_names(backed_up)}.",
            target="/service/edition",
        )
    if _RESTORE_ORDER.index(target) < _RESTORE_ORDER.index(backed_up):
        raise Problem(
            Code.EDITION_TOO_LOW,
            f"The backup was made from a {backed_up} service; it restores to the same or a "
            f"higher edition, not to {target}. Choose {_names(backed_up)}.",
            target="/service/edition",
        )


def restorable_to(backed_up: Edition) -> tuple[Edition, ...]:
    """The editions to which a backup of an edition can be restored; none if it cannot be backed
    up."""
    if backed_up not in _RESTORE_ORDER:
        return ()
    return _RESTORE_ORDER[_RESTORE_ORDER.index(backed_up) :]


def require_quota(name: str, section: Section, used: int, edition: Edition, units: int) -> None:
    """Refuse a change after which the service would hold more artifacts of a section than it may.

    :param used: how many there would be after the change.
    :raises Problem: QuotaExceeded.
    """
    limit = quotas(edition, units).get(section)
    if limit is not None and used > limit:
        raise Problem(
            Code.QUOTA_EXCEEDED,
            f"Service '{name}' ({edition}, {units} unit{'s' if units > 1 else ''}) may hold "
            f"{limit} {section}; this would make {used}. Delete some, add units, or restore "
            "to a higher edition.",
            target=section,
        )


def _names(backed_up: Edition) -> str:
    return " or ".join(restorable_to(backed_up) or _RESTORE_ORDER)
