"""Writing artifacts into an account, and deleting them there.

What was done is counted for the result, and nothing goes by that: what is there is compared right
before each write, so an attempt that comes later writes only what still differs. A write is sent
once: where its answer is lost, what is there is compared before it is sent again. Azure documents
no condition for artifacts; the ETag of one that has one is sent.
"""

from dataclasses import dataclass
from functools import partial

from shared.arm.refusals import ArmRefused, Meaning
from shared.arm.requests import Put
from shared.integration_accounts.pushing.before import Before
from shared.integration_accounts.pushing.own import OwnWrites
from shared.integration_accounts.pushing.patient import carefully
from shared.integration_accounts.pushing.planning import Planned
from shared.integration_accounts.pushing.stores import PushStores
from shared.integration_accounts.pushing.target import look_at_keys
from shared.integration_accounts.pushing.written import Counted, Sending, Written
from shared.model.integration_account import Child
from shared.model.problem import Code, Problem
from shared.model.push import Action, PushBody
from shared.model.record import Record
from shared.model.service import Service
from shared.model.wire import JsonObject
from shared.operations.task import Task
from shared.rules.integration_accounts.children import CHILDREN
from shared.rules.integration_accounts.findings import ORDER
from shared.rules.integration_accounts.push_changes import Changes
from shared.rules.integration_accounts.push_choice import Key, key_of
from shared.rules.integration_accounts.push_plan import (
    DELETE_ORDER,
    WRITTEN,
    Seen,
    is_same,
)
from shared.rules.integration_accounts.resources import goes_inline, record_of, resource_of
from shared.rules.naming import shown
from shared.rules.trading import member


@dataclass
class ArtifactWriter:
    """Writes what a plan says."""

    stores: PushStores
    service: Service
    task: Task
    body: PushBody
    planned: Planned
    written: Written
    before: Before
    """What may be replaced or deleted, as it was before the backup."""
    own: OwnWrites

    async def write(self) -> None:
        """Write all artifacts that the account lacks, or has otherwise.

        :raises ArmRefused: what ARM refused.
        :raises Problem: IntegrationAccountHolds for what somebody put there meanwhile;
            ArtifactNotFound for a certificate whose key is not in its vault.
        """
        actions = self.planned.looked.survey.actions
        total = sum(action in WRITTEN for action in actions.values())
        done = 0
        for child in ORDER:
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
        await self.written.keep()

    async def _keys_of_new_account(self) -> None:
        """Look for the keys of certificates, which an account that was not there could not see."""
        keys = self.planned.checks.keys
        await look_at_keys(self.planned.target.account, keys)
        problems, _ = keys.end()
        if problems:
            raise problems[0]

    async def _write(self, child: Child, record: Record) -> None:
        await self.task.checkpoint()
        await carefully(self.task, partial(self._compare_and_put, child, record))

    async def _compare_and_put(self, child: Child, record: Record) -> None:
        """Write an artifact where that is still to be done. All of it is asked again after a wait,
        in which somebody may write too, and in which a link to content ends."""
        planned, account = self.planned, self.planned.target.account
        section = CHILDREN[child].section
        key = key_of(section, record.name)
        wanted = planned.looked.survey.records[key]
        found = await account.item(child, record.name)
        there = await self._seen(child, found, wanted) if found is not None else None
        if there is not None and is_same(wanted, there):
            self.written.settle(section, record.name, done=True)
            return
        if found is not None and there is not None:
            surveyor = planned.looked.surveyor
            is_unheard = there.is_held and self.own.is_unheard(key)
            if is_unheard and await self.own.is_own(record, wanted, found, surveyor):
                self.written.settle(section, record.name, done=True)
                return
            is_to_replace = planned.looked.survey.actions.get(key) is Action.REPLACE
            if key not in self.before and not is_to_replace and not is_unheard:
                self.written.settle(section, record.name, done=False)
                raise self._holds(section, there)
            if not await self._is_as_before(child, found, key):
                await self._leave(child, there.name)
                return
        name = there.name if there is not None else record.name
        body = await self._body(child, record)
        counted = Counted.CREATED if there is None else Counted.REPLACED
        etag = record_of(child, found).etag if found is not None else ""
        sending = Sending(counted=counted, section=section, name=record.name)
        put = await self._put(sending, child, name, body, etag)
        self.written.end()
        self.own.answered(child, wanted, body, put.resource)

    async def _put(
        self, sending: Sending, child: Child, name: str, body: JsonObject, etag: str
    ) -> Put:
        put = partial(self.planned.target.account.put, child, name, body, etag, once=True)
        try:
            return await self.written.send(sending, put)
        except ArmRefused as refused:
            link = member(body["properties"], "contentLink")
            if link is None or refused.meaning is not Meaning.REFUSED:
                raise
            raise Problem(
                Code.INTEGRATION_ACCOUNT_REFUSED,
                f"Azure did not take {CHILDREN[child].section}/{shown(name)}, whose content it "
                f"reads from the app's storage: {refused.message or refused.code} Let Azure Logic "
                "Apps reach that storage; or exclude it, and put it into the account yourself.",
                "/exclude",
            ) from refused

    async def _seen(self, child: Child, resource: JsonObject, record: Seen) -> Seen:
        return await self.planned.looked.surveyor.seen_now(child, resource, record)

    async def _is_as_before(self, child: Child, resource: JsonObject, key: Key) -> bool:
        """Whether what the account has now is what the backup of before has."""
        before = self.before.get(key)
        return before is not None and is_same(before, await self._seen(child, resource, before))

    async def _leave(self, child: Child, name: str) -> None:
        self.own.leave(child, name)
        await self.written.keep()

    def _holds(self, section: str, there: Seen) -> Problem:
        return Problem(
            Code.INTEGRATION_ACCOUNT_HOLDS,
            f"Somebody wrote {section}/{shown(there.name)} to the account while this push was "
            "under way: it stays. Push again when nobody changes the account.",
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
        """Delete what the account has and the service has not, in the order of references: what was
        there before the backup, and is as it was then.

        :raises ArmRefused: what ARM refused.
        """
        deletions = self.planned.looked.survey.deletions
        for child in DELETE_ORDER:
            for name in deletions.get(child, []):
                await self.task.checkpoint()
                await carefully(self.task, partial(self._delete, child, name))
                self.task.report(f"deleting {child}", self.written.deleted.total())
        await self.written.keep()

    async def _delete(self, child: Child, name: str) -> None:
        account, section = self.planned.target.account, CHILDREN[child].section
        found = await account.item(child, name)
        if found is None:
            self.written.settle(section, name, done=True)
            return
        if not await self._is_as_before(child, found, key_of(section, name)):
            await self._leave(child, name)
            return
        sending = Sending(counted=Counted.DELETED, section=section, name=name)
        delete = partial(account.delete, child, name, record_of(child, found).etag, once=True)
        self.written.end(done=await self.written.send(sending, delete))
