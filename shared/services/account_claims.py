"""Which service has an integration account: one living service at most.

The claim decides: a row of its own for each account, inserted or replaced by its ETag. A link makes
the claim, writes the service's row in the directory, and confirms the claim on the version that it
made. A claim that the directory does not bear out may be taken over at any time: of a link that
stopped half way, of one that ended, of a service that was deleted. Whoever takes it over changes
its version; so of several links that are under way, only the last one to claim confirms, and each
other one takes its service's row back.
"""

from dataclasses import dataclass

from shared.clock import Clock
from shared.model.integration_account import AccountFacts
from shared.model.link import Claim
from shared.model.problem import Code, Problem
from shared.model.service import Service, State
from shared.state.links import Links
from shared.state.services import Directory, Listed
from shared.storage.tables import RowChanged
from shared.storage.versioned import Versioned, optimistic


@dataclass(frozen=True)
class AccountClaims:
    """Claims integration accounts for services, and frees them."""

    links: Links
    directory: Directory
    clock: Clock

    async def holder(self, account: str) -> Service | None:
        """The service that has an account, by the account's key; None if none has it."""
        listed = await self.listed(account)
        return listed.service if listed is not None else None

    async def listed(self, account: str) -> Listed | None:
        """As ``holder``, with the version of the service, on which it can be changed."""
        found = await self.links.claim(account)
        return await self._living(found.value) if found else None

    async def _living(self, claim: Claim) -> Listed | None:
        listed = await self.directory.get(claim.service)
        if listed is None or listed.service.id != claim.service_id:
            return None
        return listed if is_linked_to(listed.service, claim.key) else None

    @optimistic
    async def take(self, claim: Claim) -> Versioned[Claim]:
        """Claim an account for a service, also where it has it already.

        :raises Problem: IntegrationAccountLinked, naming the service that has it.
        """
        found = await self.links.claim(claim.key)
        if found is None:
            return await self.links.add_claim(claim)
        holder = await self._living(found.value)
        if holder is not None and holder.service.id != claim.service_id:
            raise already_linked(claim.resource_id, holder.service.name)
        return await self.links.replace_claim(claim, found.etag)

    async def confirm(self, made: Versioned[Claim]) -> None:
        """Make a claim final, after the directory says that its service is linked: it is written
        again on its version, which another service's claim would have changed.

        :raises Problem: IntegrationAccountLinked if another service has claimed the account since.
        """
        found: Versioned[Claim] | None = made
        while found is not None and found.value.service_id == made.value.service_id:
            try:
                await self.links.replace_claim(found.value, found.etag)
                return
            except RowChanged:
                # Recovery, or another request of the same service: that is no other's claim.
                found = await self.links.claim(made.value.key)
        raise already_linked(made.value.resource_id, found.value.service if found else "")

    @optimistic
    async def free(self, service: Service, account: str) -> None:
        """Free an account, by its key, that a service had or has tried to get."""
        found = await self.links.claim(account)
        if found is not None and found.value.service_id == service.id:
            await self.links.drop_claim(found)

    @optimistic
    async def drop_link(self, service: Service) -> None:
        """Delete the link of a service that is not linked any more."""
        found = await self.links.get(service.name)
        if found is not None and found.value.service_id == service.id:
            await self.links.remove(found)

    async def end(self, service: Service) -> None:
        """Free the account that a service is or was linked to, and delete its link."""
        account = service.integration_account
        if account is not None:
            await self.free(service, account.key)
        await self.drop_link(service)

    @optimistic
    async def unlinked(self, service: Service, account: str, former: AccountFacts | None) -> None:
        """Take back in the directory that a service is linked to an account.

        :param former: what it knew of an account before.
        """
        listed = await self.directory.get(service.name)
        if listed is None or listed.service.id != service.id:
            return
        if is_linked_to(listed.service, account):
            update = {"integration_account": former, "changed_at": self.clock.now()}
            await self.directory.change(listed.service.model_copy(update=update), listed.etag)

    async def holds(self, service: Service, account: str, former: AccountFacts | None) -> bool:
        """Confirm the claim of a service that the directory says is linked, as its link has not;
        return whether it holds.

        It is taken back where another service has claimed the account since.
        """
        found = await self.links.claim(account)
        try:
            if found is None or found.value.service_id != service.id:
                raise already_linked(account, "")
            await self.confirm(found)
        except Problem:
            await self.unlinked(service, account, former)
            return False
        return True


def is_linked_to(service: Service, account: str) -> bool:
    """Whether the directory says that a service is linked to an account, by the account's key.

    A service that is being deleted is not: its account is free for others.
    """
    facts = service.integration_account
    if facts is None or service.state is State.DELETING:
        return False
    return facts.linked and facts.key == account


def already_linked(resource_id: str, service: str) -> Problem:
    """The problem that another service has an account.

    :param service: its name; empty where it gave the account up in this moment.
    """
    whose = f"Service '{service}' has it" if service else "Another service has just claimed it"
    return Problem(
        Code.INTEGRATION_ACCOUNT_LINKED,
        f"The integration account '{resource_id}' is linked already. {whose}: an account is of one "
        "service. Use that one, or end its link first.",
        target="/resourceId",
    )
