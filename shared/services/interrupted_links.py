"""The end of a link, or of its end, whose process stopped; for interrupted.py."""

from dataclasses import dataclass
from datetime import timedelta

from shared.model.integration_account import AccountFacts
from shared.model.link import AccountProperties, Link
from shared.model.operation import Operation
from shared.model.service import Service
from shared.numbers.claims import end_issuing
from shared.services.account_claims import AccountClaims, is_linked_to
from shared.services.configuration_changes import ConfigurationChanges
from shared.state.control_numbers import Ledger
from shared.storage.versioned import optimistic


@dataclass(frozen=True)
class InterruptedLinks:
    """Finishes what the directory bears out, and frees the account of what it does not."""

    claims: AccountClaims
    changes: ConfigurationChanges
    ledger: Ledger

    async def was_linked(self, operation: Operation) -> bool:
        """Whether a service is linked now, because of this operation or of a later one.

        :raises RowChanged: if the service is being written by someone else; ask again later.
        """
        service = await self._written(operation)
        account = str(operation.parameters["resourceId"]).lower()
        if service is None:
            await self._free(operation, account)
            return False
        if not is_linked_to(service, account):
            return True  # what came later has ended it
        former = operation.parameters.get("former")
        known = AccountFacts.model_validate(former) if isinstance(former, dict) else None
        if not await self.claims.holds(service, account, known):
            return False
        await self.changes.settle_writers(service.id)
        await end_issuing(self.ledger, service)
        await self._write_link(service, operation)
        return True

    async def was_unlinked(self, operation: Operation) -> bool:
        """Whether the link of a service has ended.

        :raises RowChanged: as ``was_linked``.
        """
        service = await self._written(operation)
        if service is None:
            return False
        account = str(operation.parameters["resourceId"]).lower()
        if not is_linked_to(service, account):
            await self.changes.settle_writers(service.id)
            await self.claims.free(service, account)
            if service.integration_account is None or not service.integration_account.linked:
                await self.claims.drop_link(service)
        return True

    async def _written(self, operation: Operation) -> Service | None:
        """The service, if the operation has written its row; otherwise it never will."""
        directory = self.claims.directory
        listed = await directory.get(operation.service)
        if listed is None or listed.service.id != operation.service_id:
            return None
        if operation.id in listed.service.operations:
            return listed.service
        await directory.change(listed.service, listed.etag)
        return None

    async def _free(self, operation: Operation, account: str) -> None:
        """Free the account that an operation claimed, and got no further with."""
        found = await self.claims.links.claim(account)
        if found is None or found.value.operation != operation.id:
            return
        if await self.claims.holder(account) is None:
            await self.claims.links.drop_claim(found)

    @optimistic
    async def _write_link(self, service: Service, operation: Operation) -> None:
        """Write the link with what is known, unless a later request has."""
        links, facts = self.claims.links, service.integration_account
        claim = await links.claim(facts.key) if facts else None
        if facts is None or claim is None or claim.value.operation != operation.id:
            return
        found = await links.get(service.name)
        minutes = operation.parameters.get("pullMinutes")
        update: dict[str, object] = {"pull_minutes": None, "next_pull_at": None}
        if isinstance(minutes, int):
            following = operation.created_at + timedelta(minutes=minutes)
            update = {"pull_minutes": minutes, "next_pull_at": following}
        known = found.value if found else None
        if found and known and (known.service_id, known.key) == (service.id, facts.key):
            await links.put(known.model_copy(update=update), found.etag)
            return
        link = Link(
            service=service.name,
            service_id=service.id,
            resource_id=facts.resource_id,
            linked_at=operation.created_at,
            linked_by=operation.caller,
            account=AccountProperties(sku=facts.sku, location=facts.location),
        )
        await links.put(link.model_copy(update=update), found.etag if found else None)
