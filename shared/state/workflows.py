"""Table Workflows: which workflows of an integration account Interkeep has disabled.

A partition for each account, by its id: what was disabled comes back whichever service has the
account then. A row for each workflow, written before it is disabled.
"""

import json
from collections.abc import AsyncIterator, Sequence

from shared.model.integration_account import AccountId
from shared.model.workflow import RememberedWorkflow
from shared.state.columns import dumps
from shared.state.row_keys import encoded
from shared.storage.tables import TRANSACTION_ROWS, Delete, Row, Table
from shared.storage.versioned import Versioned

TABLE = "interkeepWorkflows"


class DisabledWorkflows:
    """What is remembered of workflows that Interkeep disabled."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def put(self, account: AccountId, workflow: RememberedWorkflow) -> str:
        """Remember a workflow, whatever was remembered of it; return the ETag."""
        return await self._table.replace(_row(account, workflow), None)

    async def replace(self, account: AccountId, workflow: RememberedWorkflow, etag: str) -> str:
        """Remember more of a workflow.

        :raises RowChanged: if another operation remembered it since, or nobody does any more.
        """
        return await self._table.replace(_row(account, workflow), etag)

    async def forget(self, account: AccountId, workflows: Sequence[RememberedWorkflow]) -> None:
        """Remember nothing of workflows; does nothing for those that are forgotten already."""
        partition = _partition(account)
        keys = sorted({encoded(one.key) for one in workflows})
        for start in range(0, len(keys), TRANSACTION_ROWS):
            some = keys[start : start + TRANSACTION_ROWS]
            await self._table.transact([Delete(partition, key) for key in some])

    async def pages(self, account: AccountId) -> AsyncIterator[list[Versioned[RememberedWorkflow]]]:
        """All that are remembered of an account, a page of at most 1,000 at a time."""
        async for page in self._table.pages(_partition(account)):
            yield [_workflow(row) for row in page]


def _partition(account: AccountId) -> str:
    return encoded(account.key)


def _row(account: AccountId, workflow: RememberedWorkflow) -> Row:
    columns = {"workflow": dumps(workflow.to_json())}
    return Row(_partition(account), encoded(workflow.key), columns)


def _workflow(row: Row) -> Versioned[RememberedWorkflow]:
    found = json.loads(str(row.values["workflow"]))
    return Versioned(RememberedWorkflow.model_validate(found), row.etag)
