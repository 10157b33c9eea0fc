"""Table Services: the directory, one partition with a row for each service."""

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
    """Which services exist, and in which state."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def get(self, name: str) -> Listed | None:
        """The service with a name, compared without regard to case."""
        row = await self._table.get(_PARTITION, encoded(service_key(name)))
        return _listed(row) if row else None

    async def add(self, service: Service) -> Listed:
        """Insert a new service.

        :raises RowExists: if the name is taken.
        """
        return Listed(service, await self._table.insert(_row(service)))

    async def change(self, service: Service, etag: str) -> Listed:
        """Replace the version of a service that was read.

        :raises RowChanged: if another writer changed it since.
        """
        return Listed(service, await self._table.replace(_row(service), etag))

    async def remove(self, listed: Listed) -> None:
        """Delete a service; does nothing if it is already deleted.

        :raises RowChanged: if another writer changed it since.
        """
        key = encoded(service_key(listed.service.name))
        await self._table.delete(_PARTITION, key, listed.etag)

    async def pages(
        self, after: str = "", size: int = 1000, *, prefix: str = ""
    ) -> AsyncIterator[list[Listed]]:
        """All services in the order of their names, a page at a time.

        :param prefix: what their names begin with, without regard to case.
        """
        begin = encoded(service_key(prefix))
        pages = self._table.pages(
            _PARTITION,
            after=encoded(service_key(after)),
            begin=begin,
            before=f"{begin}{LAST}",
            size=size,
        )
        async for page in pages:
            yield [_listed(row) for row in page]

    async def installation(self, new_id: str) -> str:
        """The id of this installation; if it has none yet, ``new_id`` is stored as its id.

        Containers carry it, so that an installation does not delete the backups of another one.
        """
        row = Row(_INSTALLATION, _INSTALLATION, {"id": new_id})
        found = await self._table.get(_INSTALLATION, _INSTALLATION)
        if found is None:
            # Two processes may start at once: the id that was stored first is used.
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
