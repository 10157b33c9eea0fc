"""What the ledger says of the numbers that one account issued, and of all that others issued.

Names that restores connect share their streams, so that nothing restored repeats a number. But an
account and a copy of it issue numbers side by side: what the copy issued was not issued by the
account, and does not mean that somebody set the account back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.integration_accounts.pushing.stores import PushStores
from shared.model.numbers import Bounds, Counter, Counters, Kind
from shared.model.service import Service
from shared.numbers.streams import Known, counts_alone, family_of
from shared.rules.integration_accounts.observed import Sighting, observed
from shared.rules.naming import artifact_key
from shared.rules.numbers import join
from shared.rules.restoring.numbers import BackedUpCounters
from shared.rules.within_bounds import brought_together
from shared.streams.in_order import in_order

_NAMES_AT_ONCE = 16


@dataclass(frozen=True)
class Issued:
    """Counters by the keys of a service's agreements."""

    is_linked: bool = False
    """Whether the service is linked: then its own rows are the account's alone."""
    others: dict[str, Counters] = field(default_factory=dict)
    """What other names issued of the same streams. Of a service that is not linked, those alone
    that know what its account issued: services that are, or were, linked to it, and names whose
    service is gone."""
    claimed: frozenset[str] = frozenset()
    """The agreements whose numbers the service may have issued itself, while it was not linked."""

    def of_source(
        self, key: str, kind: Kind, bounds: Bounds, now: Sighting | None, before: Sighting | None
    ) -> Counter | None:
        """What the account issued, where it goes on from what the service has of it; None where the
        service's own counter says that, or it cannot be told apart.

        :param key: of the agreement.
        :param now: the account's number, None where it cannot be read.
        :param before: the number that the service has of the account.
        """
        goes_on = now is not None and before is not None and now.value >= before.value
        if self.is_linked or key in self.claimed or before is None or not goes_on:
            return None
        return observed(self.others.get(key, {}).get(kind), bounds, before)

    def elsewhere(
        self, key: str, kind: Kind, ledger: BackedUpCounters, *, at_home: bool
    ) -> Counter | None:
        """What an account goes on behind besides: all that is known to be issued. Of a service that
        is not linked, whether the account issued that, a copy of it or the service cannot be told
        apart for sure, and a gap is better than a repeat.

        :param ledger: the service's own counters: of one that was restored they are all that.
        :param at_home: whether the account is the one that the service was pulled from: then those
            of a linked service say what it issued, and what its copies issued is none of it.
        """
        if self.is_linked:
            return None if at_home else self.others.get(key, {}).get(kind)
        return join(ledger.counters.get(kind), ledger.passed.get(kind))


async def issued(stores: PushStores, service: Service, claimed: frozenset[str]) -> Issued:
    """What was issued under other names, of a service that holds an account's state.

    :param claimed: the agreements whose rows the service owns, or owned when it was linked.
    """
    if service.integration_account is None:
        return Issued()
    family = await family_of(stores.ledger, service)
    sharing = set(family.sharing)
    kin = [name for name in family.kin if name not in sharing]
    names, is_linked = [*kin, *family.sharing], counts_alone(service)
    if not is_linked:
        names = await _of_same_account(stores, service, names)
    known = Known()
    for name in names:
        await known.read(stores.ledger, [name], is_kin=name not in sharing)
    others = dict[str, Counters]()
    async for page in stores.configuration.all_numbers(service.id):
        for one in page:
            rows = known.of(one.name, one.stream)
            counters = [each for found in rows for each in found.row.known]
            others[artifact_key(one.name)] = brought_together([], counters, one.numbering)
    return Issued(is_linked, others, claimed)


async def _of_same_account(stores: PushStores, service: Service, names: Sequence[str]) -> list[str]:
    """The names under which the ledger knows what the service's account issued."""
    found: list[str] = []
    for start in range(0, len(names), _NAMES_AT_ONCE):
        some = names[start : start + _NAMES_AT_ONCE]
        listed = await in_order(*(stores.directory.get(name) for name in some))
        found += [
            name
            for name, one in zip(some, listed, strict=True)
            if one is None or _knows_account_of(one.service, service)
        ]
    return found


def _knows_account_of(other: Service, service: Service) -> bool:
    """Whether what is stored under another service's name was issued by a service's account.

    One that was restored holds what its restore found under all names.
    """
    theirs, facts = other.integration_account, service.integration_account
    ours = facts.latest if facts is not None else None
    if theirs is None or ours is None or theirs.key != ours.key:
        return False
    return counts_alone(other) or other.restored_from is None
