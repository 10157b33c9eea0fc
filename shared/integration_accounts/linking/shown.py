"""A link as answers show it."""

from collections.abc import Sequence

from shared.model.integration_account import AccountFacts, Child, PushedAccount, tier_of
from shared.model.link import Link
from shared.model.wire import JsonObject, JsonValue
from shared.rules.integration_accounts.limits import limit


def shown_link(
    link: Link, facts: AccountFacts | None, pushed: Sequence[PushedAccount] | None = None
) -> JsonObject:
    """A link, its account as last read, how its pulls went, and how much of each kind the account
    has, of how many that its tier holds; and the others that numbers of the service came from, of
    which it is not settled what they issued.

    :param facts: what the directory knows.
    :param pushed: the accounts that numbers of the service were pushed into.
    """
    shown = link.to_json()
    for member in (
        "serviceId",
        "account",
        "counts",
        "notPulledToldAt",
        "pullFailure",
        "sessionsFailure",
    ):
        shown.pop(member, None)
    failed: JsonObject = {"failure": link.failure.to_json()} if link.failure is not None else {}
    account = link.account.to_json()
    counts = [_counted(link, child) for child in Child]
    former = facts.former if facts is not None and facts.key == link.key else []
    others = [one for one in pushed or () if facts is None or not facts.has_numbers_of(one.key)]
    came_from: list[JsonValue] = [
        {name: value for name, value in one.to_json().items() if name in ("resourceId", "seenAt")}
        for one in [*others, *former]
    ]
    return {**shown, **failed, **account, "counts": [*counts], "numbersFrom": came_from}


def _counted(link: Link, child: Child) -> JsonObject:
    most = limit(tier_of(link.account.sku), child)
    return {
        "kind": str(child),
        **({"count": link.counts[child]} if child in link.counts else {}),
        **({"limit": most} if most is not None else {}),
    }
