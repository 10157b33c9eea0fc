"""How much an account of each tier holds.

From Microsoft's limits and configuration reference of Azure Logic Apps: artifact limits of an
integration account, and its artifact capacity limits.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.model.integration_account import Child, Sku
from shared.model.problem import Code, Detail, Problem
from shared.model.wire import JsonObject
from shared.rules.integration_accounts.children import ARTIFACTS, BY_SECTION, CHILDREN

_TIERS = (Sku.FREE, Sku.BASIC, Sku.STANDARD)
_TABLE: Mapping[Child, tuple[int, int, int]] = {
    Child.AGREEMENTS: (10, 1, 1000),
    Child.PARTNERS: (25, 2, 1000),
    Child.MAPS: (25, 500, 1000),
    Child.SCHEMAS: (25, 500, 1000),
    Child.ASSEMBLIES: (10, 25, 1000),
    Child.CERTIFICATES: (25, 2, 1000),
    Child.BATCH_CONFIGURATIONS: (5, 1, 50),
    Child.ROSETTANET_PROCESSES: (10, 1, 500),
}

MOST_CONTENT: Mapping[Child, int] = dict.fromkeys(
    (Child.ASSEMBLIES, Child.MAPS, Child.SCHEMAS), 8 * 1024 * 1024
)
"""Most bytes of an artifact's content, in any tier."""


def limit(sku: Sku, child: Child) -> int | None:
    """How many resources of a kind an account may hold; None for any number.

    Premium has no limits, nor have sessions. Of an account without a tier, as those of integration
    service environments are, none is known.
    """
    row = _TABLE.get(child)
    return row[_TIERS.index(sku)] if row is not None and sku in _TIERS else None


def limit_of_section(sku: Sku, section: str) -> int | None:
    """The same by the section of a service; None for one that no account has."""
    child = BY_SECTION.get(section)
    return limit(sku, child) if child is not None else None


@dataclass(frozen=True, slots=True)
class Excess:
    """Resources of a kind that are more than a tier holds."""

    child: Child
    count: int
    limit: int


def excesses(sku: Sku, counts: Mapping[Child, int]) -> tuple[Excess, ...]:
    """Every kind of which there are more than a tier holds."""
    found: list[Excess] = []
    for child in ARTIFACTS:
        most, count = limit(sku, child), counts.get(child, 0)
        if most is not None and count > most:
            found.append(Excess(child, count, most))
    return tuple(found)


def require_within(sku: Sku, counts: Mapping[Child, int]) -> None:
    """Refuse what an account of a tier would not hold.

    :param counts: how many there would be of each kind.
    :raises Problem: QuotaExceeded, with every kind of which there are too many.
    """
    found = excesses(sku, counts)
    if not found:
        return
    details = [
        Detail(
            Code.QUOTA_EXCEEDED,
            f"it would hold {one.count} {one.child}, and may hold {one.limit}",
            CHILDREN[one.child].section,
        )
        for one in found
    ]
    raise Problem(
        Code.QUOTA_EXCEEDED,
        f"An integration account of the tier {sku} does not hold that much: {details[0].message}. "
        "Delete some, or choose a higher tier.",
        target=details[0].target,
        details=details,
    )


def usage(sku: Sku, counts: Mapping[Child, int]) -> JsonObject:
    """How much of its limits an account uses, by section: ``count``, and ``limit`` or null."""
    return {
        CHILDREN[child].section: {"count": counts.get(child, 0), "limit": limit(sku, child)}
        for child in ARTIFACTS
    }
