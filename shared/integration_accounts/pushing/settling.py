"""What a service knows after a push into the account that it is linked to.

What the push wrote is brought into the service as a pull between two full ones brings it: lost a
moment later, the account is known as well as it was before. And of the accounts that numbers came
from before, it is written down until when their numbers are in this one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.arm.client import Account
from shared.integration_accounts.pulling.noting import sessions_read
from shared.integration_accounts.pulling.session_pulls import bring_changed
from shared.integration_accounts.pulling.session_writing import SessionWriter
from shared.integration_accounts.pulling.stores import PullStores
from shared.integration_accounts.pushing.origins import Sources
from shared.model.integration_account import AccountFacts, FormerAccount
from shared.model.service import Service
from shared.operations.task import Task
from shared.rules.integration_accounts.push_known import SourceState
from shared.services.account_claims import is_linked_to
from shared.storage.versioned import optimistic

_OVER = frozenset({SourceState.GONE, SourceState.SILENT})


@dataclass(frozen=True)
class AtTheEnd:
    """How the accounts were when the end of a push read them."""

    at: datetime
    sources: Sources
    planned: Mapping[str, str]
    """The state of each when the push was planned, by its key."""
    goes_behind: bool = True
    """Whether all numbers of the account are behind what the sources issued by then: not where the
    request was for ``asKnown``."""

    def settled(self, facts: AccountFacts) -> AccountFacts:
        """What the service knows now of the account and those of before.

        One that gave its sessions stays: it may issue more. One that was gone, or gave no session,
        when the push was planned is settled: the request has said how each number goes on. One that
        only fell silent meanwhile stays, and so does one that could not be reached: it may be there
        and issue more.
        """
        states = {one.key: one.state for one in self.sources.all}
        former = list[FormerAccount]()
        for one in facts.former:
            if states.get(one.key) is SourceState.READ and self.goes_behind:
                former.append(one.model_copy(update={"seen_at": self.at}))
            elif not self._is_over(one.key, states):
                former.append(one)
        return facts.model_copy(update={"former": former}).looked_at()

    def _is_over(self, key: str, states: Mapping[str, SourceState]) -> bool:
        """Whether an account was known to give nothing, from the plan to the end."""
        return states.get(key) in _OVER and self.planned.get(key) in _OVER


@dataclass(frozen=True)
class Settling:
    """Has a service know what was pushed into its account."""

    stores: PullStores

    async def run(self, task: Task, service: Service, account: Account, read: AtTheEnd) -> None:
        """Bring the account's sessions into the service that is linked to it, and settle what those
        of before issued. Idempotent.

        :raises ArmRefused: what ARM refused.
        """
        stores = self.stores
        key, now = await stores.keys.data_key(service.id), stores.clock.now()
        writer = SessionWriter(stores, service, key, now, pushed=True)
        task.report("reading sessions")
        await bring_changed(stores, service, account, key, writer, task.checkpoint)
        await self._note(service, account, read)
        await self._note_link(service, account, read.at)

    @optimistic
    async def _note(self, service: Service, account: Account, read: AtTheEnd) -> None:
        listed = await self.stores.directory.get(service.name)
        if listed is None or listed.service.id != service.id:
            return
        facts = listed.service.integration_account
        if facts is None or not is_linked_to(listed.service, account.id.key):
            return
        settled = read.settled(facts)
        if settled != facts:
            changed = listed.service.model_copy(update={"integration_account": settled})
            await self.stores.directory.change(changed, listed.etag)

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
