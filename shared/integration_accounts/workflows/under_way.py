"""Pushes that are under way: until they end, nobody enables the workflows of their account, and no
other service is pushed into it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from shared.model.integration_account import AccountId
from shared.model.operation import Operation, OperationName
from shared.model.problem import Problem
from shared.model.service import Service
from shared.operations.locks import Holder, holder_of_lock
from shared.rules.integration_accounts.ids import account_id_of
from shared.rules.trading import member
from shared.state.operations import InFlight, InFlightIndex, Operations

_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds for which an earlier push waits for a later one that has begun: it ends at once where it
has seen the earlier one."""


@dataclass(frozen=True)
class PushesUnderWay:
    """The pushes that have not ended."""

    records: Operations
    in_flight: InFlightIndex

    async def into(self, account: AccountId, but: str) -> list[Operation]:
        """The pushes into an account.

        :param but: the service whose own are passed over: its lock sees to those.
        """
        found = list[Operation]()
        async for page in self.in_flight.readable_pages():
            for entry in page:
                if entry.service.lower() == but.lower():
                    continue
                record = await self.records.find(entry.service, entry.operation_id)
                if record is not None and _pushes_into(record[0].operation, account):
                    found.append(record[0].operation)
        return found

    async def require_none_of_others(self, account: AccountId, service: str) -> None:
        """Refuse to start a push of a service into an account while another service's is under way:
        the two would mix what they write.

        :raises Problem: OperationInProgress, naming the other one.
        """
        for other in await self.into(account, service):
            raise _in_progress(other)

    async def require_first(
        self, account: AccountId, own: Operation, pause: Callable[[float], Awaitable[None]]
    ) -> None:
        """Refuse to let a push begin where another service's into the account was started at the
        same moment, and goes first. Of two, never both begin.

        Both look when their records say that a worker has them. The later one ends where it sees
        the earlier one. If it has begun without seeing it, the earlier one sees that it goes on.

        :param pause: waits for so many seconds.
        :raises Problem: OperationInProgress, naming the other one.
        """
        for seconds in (*_PAUSES, None):
            others = await self.into(account, own.service)
            for other in others:
                if _order(other) < _order(own):
                    raise _in_progress(other)
            begun = [one for one in others if one.attempt]
            if not begun:
                return
            if seconds is None:
                raise _in_progress(begun[0])
            await pause(seconds)

    def watch(self, service: Service, account: AccountId | None) -> "Watch":
        """What asks for the pushes of a service, and for those into the account that it has."""
        return Watch(self, service, account)


@dataclass
class Watch:
    """Asks again and again whether a push is under way: before each workflow that is enabled, as
    one that began since the last answer disables it.

    Each time the index of what is in flight is listed: a push is in it before it has a record. Of
    each operation in it the record is read once, as what it is, and into which account, never
    changes; only of one whose record is yet to be written again.
    """

    pushes: PushesUnderWay
    service: Service
    account: AccountId | None
    _others: set[tuple[str, str]] = field(default_factory=set)
    """Operations that are no pushes into the account, or have ended, by service and id."""

    async def require_none(self) -> None:
        """Refuse what enables or disables workflows while a push of the service runs, or one into
        the account.

        :raises Problem: OperationInProgress, naming the push.
        """
        holder = await holder_of_lock(self.pushes.records, self.service.name)
        if holder is not None and holder.name == OperationName.PUSH:
            raise holder.in_progress(self.service.name)
        if self.account is None:
            return
        async for page in self.pushes.in_flight.readable_pages():
            for entry in page:
                if (entry.service, entry.operation_id) not in self._others:
                    await self._require_another(entry, self.account)

    async def _require_another(self, entry: InFlight, account: AccountId) -> None:
        found = await self.pushes.records.find(entry.service, entry.operation_id)
        if found is None:
            return
        operation = found[0].operation
        if _pushes_into(operation, account):
            raise _in_progress(operation)
        self._others.add((entry.service, entry.operation_id))


def _in_progress(push: Operation) -> Problem:
    return Holder(push.id, push.operation).in_progress(push.service)


def _order(push: Operation) -> tuple[datetime, str]:
    return push.created_at, push.id


def _pushes_into(operation: Operation, account: AccountId) -> bool:
    if operation.operation is not OperationName.PUSH or operation.status.is_final():
        return False
    target = pushed_account(operation)
    return target is not None and target.key == account.key


def pushed_account(operation: Operation) -> AccountId | None:
    """The account that a push was started for."""
    plan = operation.parameters.get("plan")
    resource_id = member(member(plan, "target"), "resourceId")
    return account_id_of(resource_id) if isinstance(resource_id, str) else None
