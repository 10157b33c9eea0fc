"""Writing artifacts into an account, and deleting them there.

Nothing is kept of how far it got: what is there is compared right before each write, so an attempt
that comes later writes only what still differs.
"""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial

from shared.integration_accounts.pushing.patient import patiently
from shared.integration_accounts.pushing.planning import Planned
from shared.integration_accounts.pushing.stores import PushStores
from shared.integration_accounts.pushing.survey import KINDS
from shared.integration_accounts.pushing.target import look_at_keys
from shared.model.integration_account import Child
from shared.model.operation import Warning
from shared.model.problem import Code, Problem
from shared.model.push import Existing, PushBody
from shared.model.record import Record
from shared.model.service import Service
from shared.model.wire import JsonObject
from shared.operations.task import Task
from shared.rules.integration_accounts.children import CHILDREN
from shared.rules.integration_accounts.push_changes import Changes
from shared.rules.integration_accounts.push_choice import key_of
from shared.rules.integration_accounts.push_plan import (
    DELETE_ORDER,
    WRITTEN,
    Seen,
    differences,
    is_same,
)
from shared.rules.integration_accounts.resources import goes_inline, record_of, resource_of
from shared.rules.naming import shown

_MOST_WARNINGS = 100


@dataclass
class Written:
    """What one attempt did."""

    created: Counter[str] = field(default_factory=Counter)
    replaced: Counter[str] = field(default_factory=Counter)
    deleted: Counter[str] = field(default_factory=Counter)
    """By section."""
    numbers: int = 0
    sessions: int = 0
    """Received numbers and other sessions that were created."""
    warnings: list[Warning] = field(default_factory=list)

    def to_json(self) -> JsonObject:
        """As the result has it."""
        return {
            "created": dict(self.created),
            "replaced": dict(self.replaced),
            "deleted": dict(self.deleted),
            "numbersWritten": self.numbers,
            "sessionsCreated": self.sessions,
        }

    def warn(self, warning: Warning) -> None:
        """Tell what surprised."""
        if len(self.warnings) < _MOST_WARNINGS:
            self.warnings.append(warning)


@dataclass
class ArtifactWriter:
    """Writes what a plan says."""

    stores: PushStores
    service: Service
    task: Task
    body: PushBody
    planned: Planned
    written: Written

    async def write(self) -> None:
        """Write all artifacts that the account lacks, or has otherwise.

        :raises ArmRefused: what ARM refused.
        :raises Problem: IntegrationAccountHolds for what somebody put there meanwhile;
            ArtifactNotFound for a certificate whose key is not in its vault.
        """
        actions = self.planned.looked.survey.actions
        total = sum(action in WRITTEN for action in actions.values())
        done = 0
        for child in KINDS:
            if child is Child.CERTIFICATES and not self.planned.target.exists:
                await self._keys_of_new_account()
            if not self.planned.looked.survey.of(child, *WRITTEN):
                continue
            async for page in self.planned.looked.surveyor.records(child):
                for record in page:
                    action = actions.get(key_of(CHILDREN[child].section, record.name))
                    if action in WRITTEN:
                        await self._write(child, record)
                        done += 1
                        self.task.report(f"writing {child}", done, total)

    async def _keys_of_new_account(self) -> None:
        """Look for the keys of certificates, which an account that was not there could not see."""
        keys = self.planned.checks.keys
        await look_at_keys(self.planned.target.account, keys)
        problems, _ = keys.end()
        if problems:
            raise problems[0]

    async def _write(self, child: Child, record: Record) -> None:
        planned, account = self.planned, self.planned.target.account
        section = CHILDREN[child].section
        key = key_of(section, record.name)
        wanted = planned.looked.survey.records[key]
        await self.task.checkpoint()
        found = await patiently(self.task, partial(account.item, child, record.name))
        there = await self._seen(child, found, wanted) if found is not None else None
        if there is not None and is_same(wanted, there):
            return
        self._require_expected(section, planned.looked.survey.there.get(key), there)
        name = there.name if there is not None else record.name
        body = await self._body(child, record)
        put = await patiently(self.task, partial(account.put, child, name, body))
        (self.written.created if there is None else self.written.replaced)[section] += 1
        if places := differences(child, body, put.resource):
            self.written.warn(
                Warning(
                    code="AnsweredOtherwise",
                    message="Azure answered it otherwise than it was written: "
                    f"{', '.join(places[:5])}.",
                    target=f"{section}/{shown(record.name)}",
                )
            )

    async def _seen(self, child: Child, resource: JsonObject, record: Seen) -> Seen:
        return await self.planned.looked.surveyor.seen_there(record_of(child, resource), record)

    def _require_expected(self, section: str, planned: Seen | None, there: Seen | None) -> None:
        """Refuse what somebody put there since the account was read: neither the plan nor the
        backup of it has that.

        :raises Problem: IntegrationAccountHolds.
        """
        if there is None or (planned is not None and is_same(planned, there)):
            return
        at = f"{section}/{shown(there.name)}"
        if self.body.existing is Existing.REPLACE and planned is not None:
            self.written.warn(
                Warning(
                    code="ChangedMeanwhile",
                    message="Somebody changed it in the account after it was read for this push: "
                    "that was replaced.",
                    target=at,
                )
            )
            return
        raise Problem(
            Code.INTEGRATION_ACCOUNT_HOLDS,
            f"Somebody wrote {at} to the account while this push was under way: it stays. Push "
            "again when nobody changes the account.",
            "/existing",
        )

    async def _body(self, child: Child, record: Record) -> JsonObject:
        changes = Changes.of(self.planned.target.location, self.body.key_vaults)
        document = changes.applied(child, record.document)
        if record.content is None:
            return resource_of(child, record.name, document)
        data = await self.stores.bytes_of(self.service, record.content)
        if goes_inline(child, data):
            return resource_of(child, record.name, document, data)
        link = await self.stores.address_of(self.service, record.content)
        return resource_of(child, record.name, document, data, link=link)

    async def delete(self) -> None:
        """Delete what the account has and the service has not, in the order of references.

        :raises ArmRefused: what ARM refused.
        """
        account, deletions = self.planned.target.account, self.planned.looked.survey.deletions
        for child in DELETE_ORDER:
            for name in deletions.get(child, []):
                await self.task.checkpoint()
                gone = await patiently(self.task, partial(account.delete, child, name))
                self.written.deleted[CHILDREN[child].section] += gone
                self.task.report(f"deleting {child}", self.written.deleted.total())
