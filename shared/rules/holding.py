"""How many artifacts a service may hold, and whether it has backups: its edition says, or the tier
of the integration account whose state it holds.

The account's tier counts from the first link on, and stays: after the link ended, and for a service
that was restored from a backup of one.
"""

from collections.abc import Mapping

from shared.model.problem import Code, Problem
from shared.model.sections import SECTIONS, Section
from shared.model.service import Service
from shared.rules import editions
from shared.rules.integration_accounts.limits import limit_of_section


def most(service: Service) -> dict[Section, int]:
    """How many artifacts of a section a service may hold; any number of those that are not in
    it."""
    account = service.integration_account
    if account is None:
        return editions.quotas(service.edition, service.unit_count)
    found = {section: limit_of_section(account.sku, section) for section in SECTIONS}
    return {section: limit for section, limit in found.items() if limit is not None}


def require_room(service: Service, section: Section, used: int) -> None:
    """Refuse a change after which the service would hold more artifacts of a section than it may.

    :param used: how many there would be after the change.
    :raises Problem: QuotaExceeded.
    """
    account = service.integration_account
    if account is None:
        editions.require_quota(service.name, section, used, service.edition, service.unit_count)
        return
    limit = most(service).get(section)
    if limit is not None and used > limit:
        raise Problem(
            Code.QUOTA_EXCEEDED,
            f"Service '{service.name}' holds the state of an integration account of the "
            f"{account.sku} tier, which may hold {limit} {section}; this would make {used}. Delete "
            "some, or change the account's tier and link the service again.",
            target=section,
        )


def require_fitting(service: Service, counts: Mapping[str, int]) -> None:
    """Refuse units that could not hold what the service holds.

    :param counts: how many artifacts each section has.
    :raises Problem: QuotaExceeded.
    """
    for section in SECTIONS:
        require_room(service, section, counts.get(section, 0))


def require_backup(service: Service) -> None:
    """Refuse a backup of an edition that has none, unless the service holds an account's state.

    :raises Problem: EditionHasNoBackup.
    """
    if service.integration_account is None:
        editions.require_backup(service.name, service.edition)
