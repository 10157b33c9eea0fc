"""The sessions of a restored service: their secrets are sealed with its own key."""

from collections.abc import AsyncIterator, Sequence
from functools import partial

from shared.model.session import Session
from shared.restores.resumed import WrittenBefore
from shared.sealing.data_key import DataKey
from shared.services.sessions import opened_session, sealed_session
from shared.state.sessions import Sessions, row_key_of
from shared.storage.pace import Pace
from shared.storage.tables import TRANSACTION_ROWS
from shared.streams.bounded import each_of


class RestoredSessions:
    """Writes the sessions of one service, in the order of a backup.

    :param key: the data key of the service.
    :param resumed: whether an earlier attempt may have written some of them.
    """

    def __init__(self, table: Sessions, service_id: str, key: DataKey, *, resumed: bool) -> None:
        self._table = table
        self._id = service_id
        self._key = key
        there = self._opened() if resumed else None
        self._before = WrittenBefore(there, lambda session: row_key_of(session.name))

    async def _opened(self) -> AsyncIterator[list[Session]]:
        async for page in self._table.pages(self._id):
            yield [opened_session(self._key, one) for one in page]

    async def write(self, sessions: Sequence[Session], pace: Pace) -> None:
        """Write those that are not there yet.

        :param sessions: secrets in the clear.
        """
        lacking = [sealed_session(self._key, one) for one in await self._before.lacking(sessions)]
        starts = range(0, len(lacking), TRANSACTION_ROWS)
        groups = (lacking[start : start + TRANSACTION_ROWS] for start in starts)
        await each_of(groups, partial(self._table.put_all, self._id), pace)
