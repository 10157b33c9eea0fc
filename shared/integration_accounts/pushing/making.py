"""Making the account that a request asks for.

Nobody documents that ARM heeds a condition for an account, and an account says of nobody that he
made it. So one that is there when it is to be made, or of whose making nothing was heard, is taken
only where it is as it was asked for and holds nothing: whoever made it, nothing can be lost there.
"""

from dataclasses import dataclass, field
from functools import partial

from shared.arm.refusals import ArmRefused, is_kind_unknown
from shared.integration_accounts.pushing.patient import carefully, sent
from shared.integration_accounts.pushing.stores import PushStores
from shared.integration_accounts.pushing.target import Target, target_of
from shared.integration_accounts.pushing.written import Written
from shared.model.integration_account import Child
from shared.model.operation import Warning
from shared.model.problem import Code, Problem
from shared.model.push import PushBody
from shared.model.wire import JsonObject
from shared.operations.task import Task
from shared.rules.integration_accounts.children import CHILDREN
from shared.rules.trading import member

_MADE = 201


@dataclass(frozen=True)
class Making:
    """Makes the account of one push.

    :param tags: those of the account that the service was pulled from.
    """

    stores: PushStores
    task: Task
    target: Target
    body: PushBody
    tags: JsonObject = field(repr=False)
    written: Written

    async def make(self) -> None:
        """Make the account, unless an earlier attempt has.

        :raises ArmRefused: what ARM refused.
        :raises Problem: InvalidRequest where somebody else made it; as ``target_of``.
        """
        await carefully(self.task, partial(self._look_and_make))

    async def require_own(self) -> None:
        """Refuse an account that somebody else made, before anything of it is touched.

        :raises Problem: as ``make``.
        """
        await carefully(self.task, partial(self._is_there))

    async def _is_there(self) -> bool:
        now = await target_of(self.stores.arm, self.target.id, self.body)
        if now.exists:
            await self._require_as_asked(now)
        return now.exists

    async def _look_and_make(self) -> None:
        if await self._is_there():
            return
        resource: JsonObject = {
            "location": self.target.location,
            "sku": {"name": str(self.target.sku)},
            "properties": {},
        }
        if self.tags:
            resource["tags"] = self.tags
        put = await sent(self.target.account.make(resource))
        if put.status != _MADE:  # somebody made it at that moment, and ARM heeds no condition
            now = await target_of(self.stores.arm, self.target.id, self.body)
            await self._require_as_asked(now, _WRITTEN_OVER)
        elif not self._has_tags(put.resource):
            self.written.warn(
                Warning(
                    code="AnsweredOtherwise",
                    message="Azure answered the account with other tags than it was made with.",
                    target=self.target.resource_id,
                )
            )

    def _has_tags(self, resource: JsonObject) -> bool:
        """Whether a resource has all tags that were asked for: policies may add others."""
        there = member(resource, "tags")
        return all(member(there, name) == value for name, value in self.tags.items())

    async def _require_as_asked(self, now: Target, also: str = "") -> None:
        """Refuse an account of which it is not known who made it, and in which something could be
        lost."""
        asked = self.target
        if now.sku is not asked.sku or _place(now.location) != _place(asked.location):
            raise _made_by_another(now, f"it is of the tier {now.sku}, in {now.location}", also)
        for child in CHILDREN:
            try:
                async for page in now.account.pages(child):
                    if page:
                        raise _made_by_another(now, f"it holds {child}", also)
            except ArmRefused as refused:
                if child is not Child.ROSETTANET_PROCESSES or not is_kind_unknown(child, refused):
                    raise


_WRITTEN_OVER = " Its tier and tags are those that this push asked for: set those back."


def _made_by_another(now: Target, why: str, also: str) -> Problem:
    return Problem(
        Code.INVALID_REQUEST,
        f"Somebody else made {now.resource_id} while this push was to make it, and {why}: nothing "
        "in it was written or deleted. Name it in resourceId instead of create, or make one of "
        f"another name.{also}",
        "/create",
    )


def _place(location: str) -> str:
    return location.replace(" ", "").lower()
