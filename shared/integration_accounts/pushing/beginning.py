"""What a push does before its first write: how the account looks, its backup, and whether that is
an undo."""

from dataclasses import dataclass, replace

from shared.arm.problems import as_problems
from shared.integration_accounts.pushing.before import Before, look_before
from shared.integration_accounts.pushing.named import Named, touched_by
from shared.integration_accounts.pushing.planning import Planned
from shared.integration_accounts.pushing.progress import Progressing
from shared.integration_accounts.pushing.safety import Made, Safety
from shared.integration_accounts.pushing.starting import refusal
from shared.integration_accounts.pushing.stores import PushStores
from shared.integration_accounts.pushing.suspending import Suspending
from shared.integration_accounts.pushing.target import exists_already, target_of
from shared.integration_accounts.pushing.undo import Undo
from shared.model.push import PushBody, PushNumbersPolicy, WorkflowsPolicy
from shared.model.service import Service
from shared.operations.task import Task
from shared.rules.integration_accounts.push_choice import Key
from shared.rules.integration_accounts.push_plan import Seen
from shared.rules.integration_accounts.push_warnings import LOST


@dataclass(frozen=True)
class Beginning:
    """The beginning of one push."""

    stores: PushStores
    safety: Safety
    suspending: Suspending
    task: Task
    service: Service
    body: PushBody
    planned: Planned
    progress: Progressing

    async def begin(self) -> None:
        """Make the backup that the push is undone with, where numbers are set back with the
        workflows disabled, and note that the account is written to
        from now on.

        :raises Problem: what forbids the push; BackupIncomplete where what it replaces or deletes
            could not be brought back.
        """
        planned, progress = self.planned, self.progress
        if self.body.create is not None:
            now = await target_of(self.stores.arm, planned.target.id, self.body)
            if now.exists:  # made by somebody else: nothing was begun
                raise exists_already(now)
        if planned.problems:
            raise refusal(planned.problems)
        if not progress.now.looked:
            await progress.clear()  # of pushes that ended
            looked = planned.looked
            with as_problems(planned.target.id):
                before = await look_before(self.task, looked.survey, looked.surveyor)
            await progress.look(await self._named(before))
        made = Made({}, [])
        if planned.plan.safety_backup:
            await self._disable()
            made = await self.safety.made(self.task, self.service, planned.target)
            await self._require_undo(made)
            lost = [one for one in planned.warnings if one.code in LOST]
            for warning in (*lost, *made.warnings):
                progress.written.warn(warning)
            await progress.written.keep()
        await self.task.checkpoint()
        await progress.write(begun=True, safety=made.told)

    async def _disable(self) -> None:
        """Disable the workflows, where numbers may be set back: the backup must have the highest
        one. Where none is, they run on until the first write, and stay enabled if there is none.

        :raises Problem: what ARM refused.
        """
        body, account = self.body, self.planned.target.id
        sets_back = PushNumbersPolicy.AS_KNOWN in body.control_numbers.policies
        if not sets_back or body.workflows is not WorkflowsPolicy.SUSPEND:
            return
        await self.progress.write(disables=True)
        with as_problems(account):
            await self.suspending.disable(self.task, account, self.progress.note)

    async def _named(self, before: Before) -> Before:
        """How it looks, with what the plan did not name as replaced or deleted left as it is."""
        operation, survey = self.task.operation, self.planned.looked.survey
        request = await self.stores.records.request(operation.service, operation.id)
        named = Named.of(request)
        came = [key for key, action in touched_by(survey).items() if not named.has(key, action)]
        return {**before, **{key: _like_nothing(before[key]) for key in came}}

    async def _require_undo(self, made: Made) -> None:
        """Refuse a push of which something could not be undone; what was changed while it was
        backed up is not touched.

        :raises Problem: BackupIncomplete.
        """
        touched = self._touched()
        if not touched:
            return
        undo = Undo(self.stores, self.task, touched)
        problems = await undo.look(*await self.safety.opened(made))
        if problems:
            raise refusal(problems)
        if undo.changed:
            unlike = {key: _like_nothing(touched[key]) for key in undo.changed}
            await self.progress.look({**self.progress.before, **unlike})

    def _touched(self) -> Before:
        """What is replaced or deleted, as it looked before the backup was begun."""
        before, found = self.progress.before, dict[Key, Seen]()
        for key in touched_by(self.planned.looked.survey):
            if key in before and before[key].fingerprint:
                found[key] = before[key]
        return found


def _like_nothing(one: Seen) -> Seen:
    """An artifact that nothing in the account looks like: it is left as it is."""
    return replace(one, fingerprint="", bare="", read_out=())
