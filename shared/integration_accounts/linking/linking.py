"""Linking a service to an integration account, and ending that.

The order of the writes is what makes an account the account of one living service, and what stops
writers: (1) the claim, (2) the service's row in the directory, (3) the claim again, confirmed,
(4) the head, (5) the service's rows in the ledger, (6) the link.
A writer that read the directory before (2) meets another head or another row of the ledger, and
asks the directory again. After a crash, recovery finishes what has (2), and frees the claim of what
has not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.arm.client import Arm
from shared.arm.problems import as_problems
from shared.clock import Clock
from shared.model.condition import unconditional
from shared.model.integration_account import AccountFacts, AccountId
from shared.model.link import AccountProperties, Claim, Link, LinkBody
from shared.model.operation import OperationName
from shared.model.problem import Code, Problem
from shared.model.service import Service
from shared.model.wire import JsonObject
from shared.numbers.claims import end_issuing
from shared.operations.engine import Engine
from shared.operations.immediate import logged, was_done
from shared.operations.locks import holder_of_lock
from shared.operations.start import Start
from shared.rules.integration_accounts.ids import Scope, account_id_of, require_in
from shared.rules.problems import changed_meanwhile, not_linked
from shared.rules.states import require_manageable
from shared.services.account_claims import AccountClaims, already_linked, is_linked_to
from shared.services.configuration_changes import ConfigurationChanges
from shared.services.services import Asked, Services
from shared.state.control_numbers import Ledger
from shared.state.links import Links
from shared.state.services import Listed
from shared.storage.tables import RowChanged, RowExists
from shared.storage.versioned import Versioned

PUSH = "push"
"""The trigger of a link that a push makes at its end."""


@dataclass(frozen=True)
class LinkStores:
    """What links are stored in, and what they change of a service."""

    links: Links
    claims: AccountClaims
    ledger: Ledger


@dataclass(frozen=True)
class Linking:
    """Management operations on links."""

    stores: LinkStores
    services: Services
    changes: ConfigurationChanges
    engine: Engine
    arm: Arm
    scopes: Sequence[Scope]
    """The accounts that may be named are in these."""
    clock: Clock

    async def get(self, service: Service) -> Versioned[Link]:
        """The link of a service.

        :raises Problem: IntegrationAccountNotLinked.
        """
        found = await self._mine(service)
        if found is None or not is_linked_to(service, found.value.key):
            raise not_linked(service.name)
        return found

    async def _mine(self, service: Service) -> Versioned[Link] | None:
        found = await self.stores.links.get(service.name)
        return found if found is not None and found.value.service_id == service.id else None

    async def link(
        self, listed: Listed, body: LinkBody, asked: Asked
    ) -> tuple[Versioned[Link], bool]:
        """Link a service to an account, or change how its link pulls; return whether it is new.

        What the service holds stays until the first pull replaces it.

        :raises Problem: InvalidRequest, IntegrationAccountUnknown, OperationNotAllowed,
            IntegrationAccountLinked, IntegrationAccountNotFound, IntegrationAccountForbidden,
            IntegrationAccountUnavailable, ConditionNotMet, OperationIdInUse, OperationInProgress.
        """
        service = listed.service
        account = self.require_known(body.resource_id)
        start = self._start(OperationName.LINK, service, asked, body.to_json())
        if await was_done(self.engine, start) is not None:
            return await self.get(service), False
        require_manageable(service.name, service.state)
        _require_not_elsewhere(service, account)
        before = await self._mine(service)
        again = before is not None and is_linked_to(service, before.value.key)
        if not again:
            await self._require_no_push(service, asked)
        asked.condition(before.etag if before is not None and again else None)
        holder = await self.stores.claims.holder(account.key)
        if holder is not None and holder.id != service.id:
            raise already_linked(str(account), holder.name)
        wanted = await self._wanted(service, account, body, asked, before if again else None)
        written = await self._link(listed, wanted, asked, start, before)
        return written, not again

    def require_known(self, resource_id: str) -> AccountId:
        """The account of an ARM id, if the installation's setting lets it be named.

        :raises Problem: InvalidRequest, IntegrationAccountUnknown.
        """
        account = account_id_of(resource_id)
        require_in(self.scopes, account, "/resourceId")
        return account

    async def _wanted(
        self,
        service: Service,
        account: AccountId,
        body: LinkBody,
        asked: Asked,
        before: Versioned[Link] | None,
    ) -> Link:
        """The link as it should be, of the account as it is now."""
        with as_problems(account):
            resource = await self.arm.account(account).get()
        now, minutes = self.clock.now(), body.pull_minutes
        following = before.value.next_pull_at if before is not None else None
        if before is None or before.value.pull_minutes != minutes or following is None:
            following = now + timedelta(minutes=minutes) if minutes else None
        made = Link(
            service=service.name,
            service_id=service.id,
            resource_id=_spelled(resource, account),
            linked_at=now,
            linked_by=asked.caller,
        )
        return (before.value if before else made).model_copy(
            update={
                "pull_minutes": minutes,
                "next_pull_at": following,
                "account": AccountProperties.of(resource),
            }
        )

    async def _link(
        self,
        listed: Listed,
        wanted: Link,
        asked: Asked,
        start: Start,
        before: Versioned[Link] | None,
    ) -> Versioned[Link]:
        service, claims = listed.service, self.stores.claims
        facts = wanted.account.facts(wanted.resource_id, linked=True)
        facts = facts.model_copy(update={"pull_minutes": wanted.pull_minutes})
        former = None if is_linked_to(service, wanted.key) else service.integration_account

        def linked(found: Service) -> Service:
            require_manageable(found.name, found.state)
            _require_not_elsewhere(found, facts)
            now = facts.after(found.integration_account)
            return found.model_copy(update={"integration_account": now})

        async with logged(self.engine, _recorded(start, wanted, former)) as entry:
            await entry.open()
            claim = await claims.take(
                Claim(
                    resource_id=wanted.resource_id,
                    service=service.name,
                    service_id=service.id,
                    operation=entry.id,
                )
            )
            try:
                written = await self.services.rewrite(listed, unconditional, entry, linked)
            except Problem:
                await self._give_up(service, wanted.key)
                raise
            try:
                await claims.confirm(claim)
            except Problem:
                await claims.unlinked(service, wanted.key, former)
                raise
            await self.changes.settle_writers(written.service.id)
            await end_issuing(self.stores.ledger, written.service)
            link = await self._write(wanted, asked, before)
            now = await claims.directory.get(service.name)
            if now is None or now.service.id != service.id or not _is_linked(now.service, wanted):
                # Deleted, or unlinked, before its link was there.
                await claims.drop_link(service)
                raise changed_meanwhile(service.name)
        return link

    async def _give_up(self, service: Service, account: str) -> None:
        """Free the account of a link that did not get as far as the directory."""
        listed = await self.stores.claims.directory.get(service.name)
        if listed is None or not is_linked_to(listed.service, account):
            await self.stores.claims.free(service, account)

    async def _write(
        self, wanted: Link, asked: Asked, before: Versioned[Link] | None
    ) -> Versioned[Link]:
        """Write the link; a pull may have written it meanwhile, and so may another request.

        :raises Problem: ConditionNotMet, where the request had a condition.
        """
        while True:
            try:
                return await self.stores.links.put(wanted, before.etag if before else None)
            except (RowChanged, RowExists) as error:
                if asked.condition is not unconditional:
                    raise changed_meanwhile(wanted.service) from error
            before = await self.stores.links.get(wanted.service)
            if before is not None and before.value.service_id == wanted.service_id:
                wanted = _with_pulls_of(wanted, before.value)

    async def unlink(self, listed: Listed, asked: Asked) -> None:
        """End a service's link: what was pulled stays, and is the service's own from then on.

        :raises Problem: IntegrationAccountNotLinked, OperationNotAllowed, ConditionNotMet,
            OperationIdInUse, OperationInProgress.
        """
        service = listed.service
        start = self._start(OperationName.UNLINK, service, asked, {})
        if await was_done(self.engine, start) is not None:
            return
        require_manageable(service.name, service.state)
        account, found = service.integration_account, await self._mine(service)
        linked = account is not None and account.linked
        asked.condition(found.etag if found is not None and linked else None)
        if account is None or not linked:
            raise not_linked(service.name)
        await self._require_no_push(service, asked)
        key = account.key
        seen_at = found.value.last_session_pull_at if found is not None else None

        def unlinked(read: Service) -> Service:
            require_manageable(read.name, read.state)
            facts = read.integration_account
            if facts is None or not is_linked_to(read, key):
                raise not_linked(read.name)
            if asked.condition is not unconditional and read.operations != service.operations:
                raise changed_meanwhile(read.name)
            former = facts.model_copy(update={"linked": False, "seen_at": seen_at})
            return read.model_copy(update={"integration_account": former})

        parameters: JsonObject = {"resourceId": account.resource_id}
        start = replace(start, parameters=parameters, asked={})
        async with logged(self.engine, start) as entry:
            await entry.open()
            await self.services.rewrite(listed, unconditional, entry, unlinked)
            await self.changes.settle_writers(service.id)
            await self.stores.claims.free(service, key)
            await self.stores.claims.drop_link(service)

    async def _require_no_push(self, service: Service, asked: Asked) -> None:
        """Refuse to change which account a service has while it is pushed: what the push writes was
        planned for the link that it has. A push itself links the service at its end.

        :raises Problem: OperationInProgress.
        """
        if asked.trigger == PUSH:
            return
        holder = await holder_of_lock(self.engine.records, service.name)
        if holder is not None and holder.name == OperationName.PUSH:
            raise holder.in_progress(service.name)

    def _start(
        self, operation: OperationName, service: Service, asked: Asked, body: JsonObject
    ) -> Start:
        start = Start(operation, "", asked.caller, asked.trigger, body, asked.operation_id)
        return start.of(service)


def _recorded(start: Start, wanted: Link, former: AccountFacts | None) -> Start:
    """The start of a link with all that recovery needs to finish it, or to take it back."""
    parameters: JsonObject = {
        **start.parameters,
        "resourceId": wanted.resource_id,
        **({"former": former.to_json()} if former else {}),
    }
    return replace(start, parameters=parameters, asked=start.parameters)


def _is_linked(service: Service, wanted: Link) -> bool:
    return is_linked_to(service, wanted.key)


def _with_pulls_of(wanted: Link, found: Link) -> Link:
    """The link with what pulls have written of the same account since."""
    if wanted.key != found.key:
        return wanted
    pulled = {
        member: getattr(found, member)
        for member in (
            "counts",
            "last_pull_at",
            "last_pull_status",
            "last_pull_operation",
            "pull_failure",
            "last_session_pull_at",
            "sessions_failure",
        )
    }
    return wanted.model_copy(update=pulled)


def _require_not_elsewhere(service: Service, account: AccountId | AccountFacts) -> None:
    """Refuse a second account of a service.

    :raises Problem: IntegrationAccountLinked.
    """
    facts = service.integration_account
    if facts is not None and facts.linked and facts.key != account.key:
        raise Problem(
            Code.INTEGRATION_ACCOUNT_LINKED,
            f"Service '{service.name}' is linked to '{facts.resource_id}'. End that link before "
            "you link it to another account, or link another service.",
            target="/resourceId",
        )


def _spelled(resource: JsonObject, account: AccountId) -> str:
    """The account's id as ARM spells it, where its answer has it."""
    given = resource.get("id")
    return given if isinstance(given, str) and given.lower() == account.key else str(account)
