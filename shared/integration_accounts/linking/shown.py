"""A link as answers show it."""

from shared.model.integration_account import Child, tier_of
from shared.model.link import Link
from shared.model.wire import JsonObject
from shared.rules.integration_accounts.limits import limit


def shown_link(link: Link) -> JsonObject:
    """A link, its account as last read, how its pulls went, and how much of each kind the account
    has, of how many that its tier holds."""
    shown = link.to_json()
    for member in ("serviceId", "account", "counts", "notPulledToldAt"):
        shown.pop(member, None)
    account = link.account.to_json()
    counts = [_counted(link, child) for child in Child]
    return {**shown, **account, "counts": [*counts]}


def _counted(link: Link, child: Child) -> JsonObject:
    most = limit(tier_of(link.account.sku), child)
    return {
        "kind": str(child),
        **({"count": link.counts[child]} if child in link.counts else {}),
        **({"limit": most} if most is not None else {}),
    }
