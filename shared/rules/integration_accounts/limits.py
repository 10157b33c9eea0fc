"""How much an account of each tier holds.

From Microsoft's limits and configuration reference of Azure Logic Apps: artifact limits of an
integration account, and its artifact capacity limits.
"""

from collections.abc import Mapping

from shared.model.integration_account import Child, Sku
from shared.rules.integration_accounts.children import BY_SECTION

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
