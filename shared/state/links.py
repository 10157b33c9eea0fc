"""Table Links: which service has an integration account, and the links of services.

Two partitions. In ``account``, a row for each account, by its id: the claim, whose insertion or
replacement by its ETag decides which of several services gets the account. In ``link``, a row for
each service, by its name: its link, and how its pulls went.
"""

import json
from collections.abc import AsyncIterator

from shared.model.link import Claim, Link
from shared.rules.naming import service_key
from shared.state.columns import document_columns, dumps, read_document
from shared.state.readable import readable
from shared.state.row_keys import LAST, encoded
from shared.storage.tables import Row, Table
from shared.storage.versioned import Versioned

TABLE = "interkeepLinks"
_ACCOUNT = "account"
_LINK = "link"


class Links:
    """The links of services to integration accounts."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def claim(self, account: str) -> Versioned[Claim] | None:
        """The claim of an account, None if no service has made one.

        :param account: the account's key.
        """
        row = await self._table.get(_ACCOUNT, encoded(account))
        return _claim(row) if row else None

    async def add_claim(self, claim: Claim) -> Versioned[Claim]:
        """Claim an account that nobody has claimed.

        :raises RowExists: if somebody has.
        """
        return Versioned(claim, await self._table.insert(_claim_row(claim)))

    async def replace_claim(self, claim: Claim, etag: str) -> Versioned[Claim]:
        """Take a claim over, or confirm one: also the same claim gets another version.

        :raises RowChanged: if another writer changed it since it was read, or it is gone.
        """
        return Versioned(claim, await self._table.replace(_claim_row(claim), etag))

    async def drop_claim(self, found: Versioned[Claim]) -> None:
        """Free an account; does nothing if it is free already.

        :raises RowChanged: if another writer changed the claim since it was read.
        """
        await self._table.delete(_ACCOUNT, encoded(found.value.key), found.etag)

    async def get(self, service: str) -> Versioned[Link] | None:
        """The link of a service name, of whichever service had that name."""
        row = await self._table.get(_LINK, encoded(service_key(service)))
        return _link(row) if row else None

    async def put(self, link: Link, etag: str | None) -> Versioned[Link]:
        """Write a link.

        :param etag: that of the version that was read, None if there was none.
        :raises RowExists, RowChanged: if another writer changed it since.
        :raises Problem: DocumentTooLarge.
        """
        row = _link_row(link)
        written = await (self._table.replace(row, etag) if etag else self._table.insert(row))
        return Versioned(link, written)

    async def remove(self, found: Versioned[Link]) -> None:
        """Delete a link; does nothing if it is deleted already.

        :raises RowChanged: if another writer changed it since it was read.
        """
        await self._table.delete(_LINK, encoded(service_key(found.value.service)), found.etag)

    async def pages(self) -> AsyncIterator[list[Versioned[Link]]]:
        """All links that can be read, in the order of their services' names, a page of at most
        1,000 at a time."""
        async for page in self._table.pages(_LINK, before=LAST):
            yield readable(page, _link)

    async def between(self, first: str, last: str) -> AsyncIterator[list[Versioned[Link]]]:
        """The links that can be read of the services' names from one to another, as ``pages``.

        Both are among them.
        """
        begin, before = encoded(service_key(first)), f"{encoded(service_key(last))}!"
        async for page in self._table.pages(_LINK, begin=begin, before=before):
            yield readable(page, _link)


def _claim_row(claim: Claim) -> Row:
    return Row(_ACCOUNT, encoded(claim.key), {"claim": dumps(claim.to_json())})


def _claim(row: Row) -> Versioned[Claim]:
    return Versioned(Claim.model_validate(json.loads(str(row.values["claim"]))), row.etag)


def _link_row(link: Link) -> Row:
    return Row(_LINK, encoded(service_key(link.service)), document_columns(link.to_json()))


def _link(row: Row) -> Versioned[Link]:
    return Versioned(Link.model_validate(read_document(row.values)), row.etag)
