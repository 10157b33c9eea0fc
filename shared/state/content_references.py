"""Which content a service's artifacts refer to: one column of their rows, a page at a time."""

import json
from collections.abc import AsyncIterator

from shared.state.row_keys import LAST
from shared.storage.tables import Table


class ContentReferences:
    """The references in table Configuration.

    :param table: Configuration's.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    async def pages(self, service_id: str) -> AsyncIterator[set[str]]:
        """The hashes that a service's artifacts name; a hash may come more than once."""
        async for page in self._table.pages(
            service_id, after="!~", before=LAST, columns=("content",)
        ):
            named = (row.values.get("content") for row in page)
            yield {json.loads(str(content))["sha256"] for content in named if content}
