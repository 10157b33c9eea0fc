"""Pushes that are under way: until they end, nobody enables the workflows of their account."""

from dataclasses import dataclass

from shared.model.integration_account import AccountId
from shared.model.operation import Operation, OperationName
from shared.model.service import Service
from shared.operations.locks import Holder, holder_of_lock
from shared.rules.integration_accounts.ids import account_id_of
from shared.rules.trading import member
from shared.state.operations import InFlightIndex, Operations


@dataclass(frozen=True)
class PushesUnderWay:
    """The pushes that have not ended."""

    records: Operations
    in_flight: InFlightIndex

    async def require_none(self, service: Service, account: AccountId | None) -> None:
        """Refuse what enables or disables workflows while a push of the service runs, or one into
        the account that it has.

        :raises Problem: OperationInProgress, naming the push.
        """
        holder = await holder_of_lock(self.records, service.name)
        if holder is not None and holder.name == OperationName.PUSH:
            raise holder.in_progress(service.name)
        if account is None:
            return
        async for page in self.in_flight.readable_pages():
            for entry in page:
                found = await self.records.find(entry.service, entry.operation_id)
                if found is not None and _pushes_into(found[0].operation, account):
                    push = found[0].operation
                    raise Holder(push.id, push.operation).in_progress(push.service)


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
