"""Pushes that are under way: until they end, nobody enables the workflows of their account."""

from dataclasses import dataclass, field

from shared.model.integration_account import AccountId
from shared.model.operation import Operation, OperationName
from shared.model.service import Service
from shared.operations.locks import Holder, holder_of_lock
from shared.rules.integration_accounts.ids import account_id_of
from shared.rules.trading import member
from shared.state.operations import InFlight, InFlightIndex, Operations


@dataclass(frozen=True)
class PushesUnderWay:
    """The pushes that have not ended."""

    records: Operations
    in_flight: InFlightIndex

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
            raise Holder(operation.id, operation.operation).in_progress(operation.service)
        self._others.add((entry.service, entry.operation_id))


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
