"""A pull: a linked service is brought to what its integration account holds.

First everything is read, and what changed is staged; an account is asked for nothing after that.
Then the head is marked, and what was staged is written: a pull that stops before the mark leaves
the service as it was, one that stops after it is completed by whoever comes next, without the
account.
"""

from itertools import islice

from shared.arm.client import Account
from shared.arm.problems import as_problems
from shared.integration_accounts.pulling.artifacts import ArtifactPull
from shared.integration_accounts.pulling.behind import NumbersBehind
from shared.integration_accounts.pulling.noting import NAMED, Notes, Seen
from shared.integration_accounts.pulling.reading import Read
from shared.integration_accounts.pulling.sessions import SessionPull
from shared.integration_accounts.pulling.stores import PullStores
from shared.integration_accounts.pulling.warned import (
    kept_sessions,
    lacking,
    not_pulled,
    warnings,
)
from shared.integration_accounts.pulling.writing import ACCOUNT, StagedWriter
from shared.model.descriptor import ITEM_UNREADABLE, Failure
from shared.model.integration_account import AccountFacts, Child, tier_of
from shared.model.link import (
    AccountProperties,
    Link,
    recorded_account,
    recorded_facts,
    recorded_versions,
)
from shared.model.operation import OperationStatus, Warning
from shared.model.problem import Code, Problem
from shared.model.pull import PullOutcome
from shared.model.sections import Section
from shared.model.service import Service
from shared.model.wire import JsonObject, JsonValue
from shared.operations.task import Task
from shared.rules.documents import replace_secrets
from shared.rules.integration_accounts.account_members import other_members
from shared.rules.integration_accounts.children import CHILDREN
from shared.rules.integration_accounts.drift import Change
from shared.rules.problems import changed_meanwhile, not_linked
from shared.sealing.data_key import DataKey
from shared.services.account_claims import is_linked_to
from shared.services.documents import SERVICE, open_document
from shared.state.configuration import Head, Phase
from shared.state.staging import StagedValue, Summary
from shared.storage.tables import RowChanged


class Puller:
    """Pulls linked services."""

    def __init__(self, stores: PullStores) -> None:
        self._stores = stores

    async def complete(self, service: Service) -> Head:
        """Complete what a former pull began to write; return the head.

        :raises Problem: ServiceNotFound if the service has no configuration that takes changes.
        """
        head = await self._head(service)
        return await StagedWriter(self._stores, service).write(head) if head.stage else head

    async def completed(self, service: Service, operation_id: str) -> PullOutcome | None:
        """Complete what an operation began to write, and return how it ended; None where it wrote
        nothing.

        :raises Problem: as ``complete``.
        """
        head = await self._head(service)
        if head.stage == operation_id:
            await StagedWriter(self._stores, service).write(head)
        summary = await self._stores.staging.summary(service.id)
        return _told(summary) if summary and summary.operation == operation_id else None

    async def as_it_is(self, service: Service) -> PullOutcome:
        """Complete what a former pull began to write; what that warned of, and did not get, holds
        as long as no other one brought what is there. A service that was linked since holds nothing
        of its account yet, which is told.

        :raises Problem: as ``complete``.
        """
        await self.complete(service)
        summary = await self._stores.staging.summary(service.id)
        settings = await self._stores.configuration.settings(service.id)
        held = recorded_facts(settings.document) if settings is not None else None
        told = _told_of(summary, held.key) if held is not None else PullOutcome()
        facts, is_new = service.integration_account, await self._not_pulled(service, held)
        failures = told.failures
        if facts is None or not facts.linked or is_new:
            # Its callers may have put what no pull could.
            failures = [one for one in failures if one.code != ITEM_UNREADABLE]
        warnings = [*is_new, *told.warnings]
        return PullOutcome(warnings=warnings, failures=failures)

    async def _not_pulled(self, service: Service, held: AccountFacts | None) -> list[Warning]:
        """Tell that a service was never brought to what the account holds that it is linked to.

        :param held: the account that what it has came from.
        """
        facts = service.integration_account
        if facts is None or not facts.linked:
            return []
        found = await self._stores.links.get(service.name)
        is_of_it = found is not None and found.value.service_id == service.id
        if found is not None and is_of_it and found.value.last_session_pull_at is not None:
            return []  # by a pull, or by the push that brought the account to what is here
        return [not_pulled(facts.resource_id, held.resource_id if held is not None else "")]

    async def pull(self, task: Task, service: Service, *, accept_removals: bool) -> PullOutcome:
        """Bring the service to what its account holds.

        :param accept_removals: also where most of a section would be removed.
        :raises Problem: IntegrationAccountNotLinked, IntegrationAccountUnknown,
            IntegrationAccountNotFound, IntegrationAccountForbidden,
            IntegrationAccountUnavailable, PullRemovesTooMuch. After each of these the service is as
            it was.
        """
        head = await self.complete(service)
        summary = await self._stores.staging.summary(service.id)
        if summary is not None and await self._is_done(service, summary, task):
            return _told(summary)  # an earlier attempt has written it
        await self._stores.staging.clear(service.id)
        link = await self._link(service)
        try:
            account = self._stores.account(link.resource_id)
            with as_problems(account.id):
                outcome = await self._pull(
                    task, service, link, account, head, summary, accept_removals=accept_removals
                )
        except Problem as problem:
            notes = Notes(self._stores, service)
            await notes.not_done(OperationStatus.FAILED, task.operation.id, problem.code)
            raise
        return outcome

    async def _pull(
        self,
        task: Task,
        service: Service,
        link: Link,
        account: Account,
        head: Head,
        before: Summary | None,
        *,
        accept_removals: bool,
    ) -> PullOutcome:
        """Read the account, and write what changed.

        :param before: what the last pull found.
        """
        stores, now = self._stores, self._stores.clock.now()
        resource = await account.get()
        properties = AccountProperties.of(resource)
        key = await stores.keys.data_key(service.id)
        is_repeated = link.last_pull_at is not None
        artifacts = ArtifactPull(
            stores,
            service,
            account,
            key,
            task=task,
            found_at=now,
            by_times=is_repeated,
            refused=_refused_before(before, link.key),
        )
        read = await artifacts.run()
        artifacts.require_removals_accepted(accepted=accept_removals)
        added = artifacts.added_agreements()
        changed = {name for section, name in read.staged if section is Section.AGREEMENTS}
        is_first = link.last_session_pull_at is None and not is_repeated
        behind = NumbersBehind(changed, added, first=is_first)
        sessions = SessionPull(stores, service, account, key, task, added, behind)
        await sessions.run()
        read.counts[Child.SESSIONS] = sessions.seen
        versions = {str(child): CHILDREN[child].api_version for child in read.counts}
        account_staged = await self._stage_account(task, service, key, link, resource, versions)
        found = warnings(read, sessions.not_held, behind, link.resource_id, tier_of(properties.sku))
        found += kept_sessions(sessions.kept, link.resource_id)
        summary = Summary(
            operation=task.operation.id,
            found_at=now,
            result=_result(read, sessions, account.requests) | artifacts.findings.end().to_json(),
            warnings=[one.to_json() for one in found],
            drifts=is_repeated,
            seen=_seen(link, properties, read, sessions).to_json(),
        )
        told, known = _told(summary), _told(before) if before is not None else PullOutcome()
        tells = (told.warnings, told.failures) != (known.warnings, known.failures)
        if read.staged or sessions.staged or account_staged or tells:
            await task.checkpoint()
            head = await self._sealed(service, head, link, summary)
            task.report("writing", 0, len(read.staged) + sessions.staged)
            await StagedWriter(stores, service).write(head)
        else:
            await Notes(stores, service).done(summary)
        return told

    async def _head(self, service: Service) -> Head:
        head = await self._stores.configuration.head(service.id)
        if head is None or head.phase is not Phase.OPEN:
            raise Problem(
                Code.SERVICE_NOT_FOUND,
                f"Service '{service.name}' has no configuration to pull into: it is being deleted "
                "or restored.",
            )
        return head

    async def _is_done(self, service: Service, summary: Summary, task: Task) -> bool:
        """Whether an earlier attempt of an operation brought what the service's link is of. A link
        that was made since knows of no pull."""
        if summary.operation != task.operation.id:
            return False
        found = await self._stores.links.get(service.name)
        if found is None or found.value.service_id != service.id:
            return True
        return found.value.last_pull_operation == summary.operation

    async def _link(self, service: Service) -> Link:
        found = await self._stores.links.get(service.name)
        if found is None or found.value.service_id != service.id:
            raise not_linked(service.name)
        return found.value

    async def _sealed(self, service: Service, head: Head, link: Link, summary: Summary) -> Head:
        while True:
            try:
                return await self._stores.staging.seal(service.id, head, summary)
            except RowChanged:
                head = await self._head(service)
                # In this order: whoever ends the link writes the directory, then the head.
                listed = await self._stores.directory.get(service.name)
                if listed is None or not is_linked_to(listed.service, link.key):
                    raise not_linked(service.name) from None
                if (await self._link(service)).linked_at != link.linked_at:
                    # Its link ended and was made again: the service was its own in between.
                    raise changed_meanwhile(service.name) from None

    async def _stage_account(
        self,
        task: Task,
        service: Service,
        key: DataKey,
        link: Link,
        resource: JsonObject,
        versions: dict[str, str],
    ) -> bool:
        """Stage what the settings say of the account, where that changed; return whether it did."""
        settings = await self._stores.configuration.settings(service.id)
        known = settings.document if settings is not None else {}
        opened = open_document(key, SERVICE, SERVICE, known)
        # Of a kind that the account does not list any more, what an earlier pull brought stays.
        versions = recorded_versions(opened, link.resource_id) | versions
        properties = AccountProperties.of(resource)
        recorded = properties.recorded(link.resource_id, versions, other_members(resource))
        if recorded_account(opened) == recorded:
            return False

        def seal(pointer: str, value: JsonValue) -> JsonValue:
            return key.seal(SERVICE, SERVICE, pointer, value)

        staged = StagedValue(ACCOUNT, replace_secrets(SERVICE, recorded, seal))
        await self._stores.staging.put_values(service.id, task.operation.id, [staged])
        return True


def _seen(link: Link, properties: AccountProperties, read: Read, sessions: SessionPull) -> Seen:
    named = islice(read.staged.items(), NAMED)
    return Seen(
        resource_id=link.resource_id,
        account=properties,
        counts=read.counts,
        changes=[f"{section}/{name} {change}" for (section, _), (name, change) in named],
        changed=len(read.staged),
        refused=read.refused,
        lacking=lacking(read, sessions.not_held),
        sessions_from=sessions.began_at,
        sessions_known=link.last_session_pull_at is not None,
    )


def _told_of(summary: Summary | None, account: str) -> PullOutcome:
    """What the last pull told, if it was one of this account."""
    if summary is None or Seen.model_validate(summary.seen).resource_id.lower() != account:
        return PullOutcome()
    return _told(summary)


def _refused_before(summary: Summary | None, account: str) -> list[Failure]:
    """Artifacts whose content the last pull of an account did not get."""
    seen = Seen.model_validate(summary.seen) if summary is not None else None
    return seen.refused if seen is not None and seen.resource_id.lower() == account else []


def _told(summary: Summary) -> PullOutcome:
    warnings = [Warning.model_validate(one) for one in summary.warnings]
    seen = Seen.model_validate(summary.seen)
    failures = [*seen.refused, *seen.lacking]
    return PullOutcome(result=summary.result, warnings=warnings, failures=failures)


def _result(read: Read, sessions: SessionPull, requests: int) -> JsonObject:
    by_change: dict[Change, JsonObject] = {change: {} for change in Change}
    for (section, _), (_, change) in sorted(read.staged.items()):
        of_section = by_change[change]
        count = of_section.get(section, 0)
        of_section[section] = (count if isinstance(count, int) else 0) + 1
    return {
        **{str(change): found for change, found in by_change.items()},
        "sessions": {"seen": sessions.seen, "written": sessions.staged},
        "contentFetched": read.fetched,
        "readings": read.readings,
        "consistent": read.is_consistent,
        "requests": requests,
    }
