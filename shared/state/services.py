"""Table Services: the directory, one partition, a row a service."""

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

from shared.model.service import Service
from shared.rules.naming import service_key
from shared.state.columns import dumps
from shared.state.row_keys import LAST, encoded
from shared.storage.tables import Column, Row, RowExists, Table

TABLE = "interkeepServices"
_PARTITION = "service"
_INSTALLATION = "installation"


@dataclass(frozen=True)
class Listed:
    """A service with the version of its row."""

    service: Service
    etag: str


class Directory:
    """Which services there are, and in which state."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def get(self, name: str) -> Listed | None:
        """The service of a name, compared without regard to case."""
        row = await self._table.get(_PARTITION, encoded(service_key(name)))
        return _listed(row) if row else None

    async def add(self, service: Service) -> Listed:
        """Enter a new service.

        :raises RowExists: where the name is taken.
        """
        return Listed(service, await self._table.insert(_row(service)))

    async def change(self, service: Service, etag: str) -> Listed:
        """Write a service over the version that was read.

        :raises RowChanged: where somebody else wrote it since.
        """
        return Listed(service, await self._table.replace(_row(service), etag))

    async def remove(self, listed: Listed) -> None:
        """Take a service out; one that is gone is as good.

        :raises RowChanged: where somebody else wrote it since.
        """
        key = encoded(service_key(listed.service.name))
        await self._table.delete(_PARTITION, key, listed.etag)

    async def pages(self, after: str = "", size: int = 1000) -> AsyncIterator[list[Listed]]:
        """All services in the order of their names, a page at a time."""
        pages = self._table.pages(
            _PARTITION, after=encoded(service_key(after)), before=LAST, size=size
        )
        async for page in pages:
            yield [_listed(row) for row in page]

    async def installation(self, new_id: str) -> str:
        """The id of this installation; ``new_id`` becomes it where there is none yet.

        Containers carry it, so that nobody deletes another installation's backups.
        """
        row = Row(_INSTALLATION, _INSTALLATION, {"id": new_id})
        found = await self._table.get(_INSTALLATION, _INSTALLATION)
        if found is None:
            # Two processes may start at once: what was stored first is the id.
            with suppress(RowExists):
                await self._table.insert(row)
            found = await self._table.get(_INSTALLATION, _INSTALLATION)
        return str((found or row).values["id"])


def _row(service: Service) -> Row:
    values: dict[str, Column] = {
        "state": service.state,
        "edition": service.edition,
        "service": dumps(service.to_json()),
    }
    return Row(_PARTITION, encoded(service_key(service.name)), values)


def _listed(row: Row) -> Listed:
    return Listed(Service.model_validate(json.loads(str(row.values["service"]))), row.etag)
