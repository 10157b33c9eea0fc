"""What a service knows after a push into the account that it is linked to.

What the push wrote is brought into the service as a pull between two full ones brings it: lost a
moment later, the account is known as well as it was before. And of the accounts that numbers came
from before, it is written down until when their numbers are in this one.

Of a push into any other account, the service remembers that its numbers went there: from then on
they come from there too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.arm.client import Account
from shared.integration_accounts.pulling.noting import sessions_read
from shared.integration_accounts.pulling.session_pulls import bring_changed
from shared.integration_accounts.pulling.session_writing import SessionWriter
from shared.integration_accounts.pulling.stores import PullStores
from shared.integration_accounts.pushing.numbers import NumbersFound
from shared.integration_accounts.pushing.target import Target
from shared.model.integration_account import AccountFacts, FormerAccount, PushedAccount
from shared.model.push import CreateAccount, PlannedNumber
from shared.model.service import Service
from shared.operations.task import Task
from shared.rules.integration_accounts.push_known import SourceState
from shared.rules.naming import artifact_key
from shared.rules.problems import service_deleted
from shared.services.account_claims import is_linked_to
from shared.storage.versioned import optimistic

_OVER = frozenset({SourceState.GONE, SourceState.SILENT})


@dataclass(frozen=True)
class AtTheEnd:
    """How the accounts were when the end of a push of the whole service read them."""

    at: datetime
    numbers: NumbersFound
    planned: Mapping[str, str]
    """The state of each when the push was planned, by its key."""
    decided: Sequence[PlannedNumber] = ()
    """What the push decided of each number."""
    goes_behind: bool = True
    """Whether all numbers of the account are behind what the sources issued by then: not where the
    request was for ``asKnown``."""

    def settled(self, service: Service, target: PushedAccount) -> Service:
        """What the service knows now of the account and of the others that its numbers came from.

        One that gave its sessions stays: it may issue more. One that was gone, or gave no session,
        when the push was planned is settled: the request has said how each number goes on, and the
        account that was pushed to stays one of them. One that only fell silent meanwhile stays, and
        so does one that could not be reached: it may be there and issue more.

        :param target: the account that was pushed to.
        """
        facts, is_linked = service.integration_account, is_linked_to(service, target.key)
        ahead = set[str]() if is_linked else self._ahead(target.key)
        # What was moved around the end of its bounds is behind what was answered in an account
        # whose cycles the service's ledger follows, and in no other one.
        settles = is_linked or not self._went_around
        pushed = [
            self._looked_at(one, ahead)
            for one in service.pushed_into or ()
            if one.key != target.key and not (settles and self._is_over(one.key))
        ]
        if facts is not None and is_linked:
            former = [
                one.model_copy(update={"seen_at": self.at}) if self._is_read(one.key) else one
                for one in facts.former
                if not self._is_over(one.key)
            ]
            facts = facts.model_copy(update={"former": former}).looked_at()
        elif facts is not None:
            former = [
                one.model_copy(update={"seen_at": self.at}) if self._is_read(one.key) else one
                for one in facts.former
                if self._stays(one, facts, target) or not settles
            ]
            facts = facts.model_copy(update={"former": former})
        if _is_to_note(facts, target.key) and self.numbers.seen:
            seen_at = self.at if self.numbers.there.generated else None
            update = {"seen_at": seen_at, "ahead": target.key in ahead}
            pushed.append(target.model_copy(update=update))
        known = pushed if pushed or service.pushed_into is not None else None
        return service.model_copy(update={"integration_account": facts, "pushed_into": known})

    def _looked_at(self, one: PushedAccount, ahead: set[str]) -> PushedAccount:
        """What numbers were pushed into, after it was read once more."""
        if not self._is_read(one.key) or one.seen_at is None:
            return one
        return one.model_copy(update={"seen_at": self.at, "ahead": one.key in ahead})

    def _stays(self, one: FormerAccount, facts: AccountFacts, target: FormerAccount) -> bool:
        """Whether an account of before stays one of a service that is not linked to the target:
        the one whose sessions the service has does in any case, and the target becomes one that was
        pushed into."""
        latest = facts.latest
        if latest is not None and one.key == latest.key:
            return True
        is_pushed = one.key == target.key and bool(self.numbers.seen)
        return not is_pushed and not self._is_over(one.key)

    @property
    def _went_around(self) -> bool:
        """Whether a number was moved on around the end of its bounds."""
        return any(one.cycles for one in self.decided)

    @property
    def _states(self) -> dict[str, SourceState]:
        return {one.key: one.state for one in self.numbers.sources.all}

    def _is_read(self, key: str) -> bool:
        """Whether an account gave its sessions, and the target is behind them."""
        return self.goes_behind and self._states.get(key) is SourceState.READ

    def _is_over(self, key: str) -> bool:
        """Whether an account was known to give nothing, from the plan to the end."""
        return self._states.get(key) in _OVER and self.planned.get(key) in _OVER

    def _ahead(self, target: str) -> set[str]:
        """The keys of the accounts that have numbers which the service does not know of.

        :param target: the key of the one that was pushed to.
        """
        found = {target} if self._went_around else set[str]()
        for one in self.numbers.seen:
            known = one.known
            last = known.issued.last if known.issued is not None else 0
            if known.target is not None and known.target.value > last:
                found.add(target)
            found |= {
                former.resource_id.lower()
                for former in known.former
                if former.sighting is not None and former.sighting.value > last
            }
        return found


def _is_to_note(facts: AccountFacts | None, key: str) -> bool:
    """Whether an account is none that a service knows as one that its numbers came from."""
    return facts is None or not facts.has_numbers_of(key)


def pushed_account_of(target: Target, create: CreateAccount | None) -> PushedAccount:
    """The account that is pushed to, as a service remembers it."""
    sku, location = target.sku, target.location
    if create is not None:
        sku, location = create.sku, create.location
    return PushedAccount(resource_id=target.resource_id, sku=sku, location=location)


@dataclass(frozen=True)
class Settling:
    """Has a service know which accounts its numbers were pushed into, and what was pushed into its
    own."""

    stores: PullStores

    @optimistic
    async def note(self, service: Service, target: PushedAccount) -> None:
        """Note an account before numbers of the service are written into it, whatever becomes of
        the push and of the link. Idempotent.

        :raises Problem: ServiceNotFound.
        """
        listed = await self.stores.directory.get(service.name)
        if listed is None or listed.service.id != service.id:
            raise service_deleted(service.name)
        found = listed.service
        if not _is_to_note(found.integration_account, target.key):
            return
        others = [one for one in found.pushed_into or () if one.key != target.key]
        noted = [*others, target]
        if noted != found.pushed_into:
            changed = found.model_copy(update={"pushed_into": noted})
            await self.stores.directory.change(changed, listed.etag)

    async def run(
        self, task: Task, service: Service, account: Account, target: PushedAccount, read: AtTheEnd
    ) -> None:
        """Bring the account's sessions into a service that is linked to it, and settle what those
        of before issued. Idempotent.

        :raises ArmRefused: what ARM refused.
        """
        stores = self.stores
        listed = await stores.directory.get(service.name)
        if listed is not None and is_linked_to(listed.service, target.key):
            key, now = await stores.keys.data_key(service.id), stores.clock.now()
            decided = {(artifact_key(one.agreement), one.kind): one for one in read.decided}
            writer = SessionWriter(stores, service, key, now, pushed=True, decided=decided)
            task.report("reading sessions")
            await bring_changed(stores, service, account, key, writer, task.checkpoint)
        await self._note(service, target, read)
        await self._note_link(service, account, read.at)

    @optimistic
    async def _note(self, service: Service, target: PushedAccount, read: AtTheEnd) -> None:
        listed = await self.stores.directory.get(service.name)
        if listed is None or listed.service.id != service.id:
            return
        settled = read.settled(listed.service, target)
        if settled != listed.service:
            await self.stores.directory.change(settled, listed.etag)

    @optimistic
    async def _note_link(self, service: Service, account: Account, at: datetime) -> None:
        found = await self.stores.links.get(service.name)
        if found is None or found.value.service_id != service.id:
            return
        if found.value.key == account.id.key:
            looked = found.value.model_copy(update=sessions_read(found.value, at))
            await self.stores.links.put(looked, found.etag)

    async def pull_minutes(self, service: Service) -> int | None:
        """How often the sessions of the account before were pulled: by its link, or by that of the
        service whose backup this one was restored from; None where nobody knows."""
        facts, origin = service.integration_account, service.restored_from
        if facts is None or facts.pull_minutes is not None:
            return facts.pull_minutes if facts is not None else None
        link = await self.stores.links.get(origin.service) if origin is not None else None
        return link.value.pull_minutes if link is not None and link.value.key == facts.key else None
