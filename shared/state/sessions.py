"""Table Sessions: a partition for each service, a row for each session of its integration account.

What is secret in a session is sealed before it gets here.
"""

from collections.abc import AsyncIterator, Iterable, Sequence

from shared.model.session import Session
from shared.rules.naming import session_key
from shared.state.columns import document_columns, read_document, sent_bytes, together
from shared.state.row_keys import encoded
from shared.storage.tables import (
    TRANSACTION_ROWS,
    Delete,
    Insert,
    Replace,
    Row,
    RowChanged,
    RowExists,
    Table,
)
from shared.storage.versioned import Versioned

TABLE = "interkeepSessions"


class Sessions:
    """Sessions of integration accounts."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def get(self, service_id: str, name: str) -> Versioned[Session] | None:
        """The session of a name, without regard to case."""
        row = await self._table.get(service_id, row_key_of(name))
        return Versioned(session_of(row), row.etag) if row else None

    async def put_all(self, service_id: str, sessions: Iterable[Session]) -> None:
        """Insert or replace sessions of different names: up to 100 in a transaction, as many as
        fit into its 4 MiB.

        :raises Problem: DocumentTooLarge, over 4 MiB as JSON or 700 KiB in its stored form.
        """
        rows = (_row(service_id, session) for session in sessions)
        for group in together(rows, _sent, TRANSACTION_ROWS):
            await self._table.transact([Replace(row, None) for row in group])

    async def put_where(
        self, service_id: str, sessions: Iterable[tuple[Session, str]]
    ) -> list[Session]:
        """As ``put_all``, each on the condition that its row is the one of an ETag, or that there
        is none where that is empty; return those that another writer was at.

        :raises Problem: DocumentTooLarge.
        """
        steps = [(one, _step(_row(service_id, one), etag)) for one, etag in sessions]
        left: list[Session] = []
        for group in together(steps, lambda step: _sent(step[1].row), TRANSACTION_ROWS):
            left += await self._put_group(group)
        return left

    async def _put_group(self, group: Sequence[tuple[Session, Insert | Replace]]) -> list[Session]:
        try:
            await self._table.transact([step for _, step in group])
        except (RowChanged, RowExists):
            if len(group) == 1:
                return [group[0][0]]
        else:
            return []
        return [one for part in group for one in await self._put_group([part])]

    async def replace(self, service_id: str, session: Session, etag: str) -> None:
        """Replace the version of a row with this ETag.

        :raises RowChanged: if another writer changed it since.
        """
        await self._table.replace(_row(service_id, session), etag)

    async def drop(self, service_id: str, names: Sequence[str]) -> None:
        """Delete sessions, up to 100 in a transaction; does nothing for those that are already
        deleted."""
        keys = sorted({row_key_of(name) for name in names})
        for start in range(0, len(keys), TRANSACTION_ROWS):
            some = keys[start : start + TRANSACTION_ROWS]
            await self._table.transact([Delete(service_id, key) for key in some])

    async def drop_all(self, service_id: str) -> None:
        """Delete all of a service; does nothing for those that are already deleted."""
        await self._table.drop_partition(service_id)

    async def pages(self, service_id: str, after: str = "") -> AsyncIterator[list[Session]]:
        """All sessions of a service in the order of their keys, a page at a time.

        :param after: the key after which the first page begins; see ``row_key_of``.
        """
        async for page in self._table.pages(service_id, after=after):
            yield [session_of(row) for row in page]

    def rows(self, service_id: str) -> AsyncIterator[list[Row]]:
        """As ``pages``, but not read: ``session_of`` reads them."""
        return self._table.pages(service_id)


def row_key_of(name: str) -> str:
    """The key of a session's row. Its name may hold what an EDIFACT reference holds, such as ``+``,
    ``,`` and blanks."""
    return encoded(session_key(name))


def session_of(row: Row) -> Session:
    """The session from a row of the table."""
    values = row.values
    name, changed = str(values["name"]), str(values["changedTime"])
    return Session.of(name, read_document(values), changed)


def _row(service_id: str, session: Session) -> Row:
    values = {"name": session.name, "changedTime": session.changed_time}
    columns = {**values, **document_columns(session.document())}
    return Row(service_id, row_key_of(session.name), columns)


def _step(row: Row, etag: str) -> Insert | Replace:
    return Replace(row, etag) if etag else Insert(row)


def _sent(row: Row) -> int:
    return sent_bytes(row.values.values())
