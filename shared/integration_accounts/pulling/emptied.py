"""What a service keeps of sessions that are gone from an account which was emptied or set back.

Azure deletes a session when it has expired. Where the numbers that an agreement issues are gone or
set back, somebody else did: without its received numbers the account accepts duplicates, and the
service is where a push brings them back from. So they stay until they expire, or the numbers are
where they were.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.integration_accounts.pulling.behind import NumbersBehind
from shared.integration_accounts.pulling.spool import Spool
from shared.integration_accounts.pulling.stores import PullStores
from shared.model.sections import Section
from shared.model.service import Service
from shared.model.session import Session
from shared.rules.integration_accounts.received import USUAL_DAYS, Receiving
from shared.rules.integration_accounts.session_names import Agreements, GeneratedName, named
from shared.rules.integration_accounts.sessions import ReceivedNumberSeen, read
from shared.rules.integration_accounts.times import moment
from shared.rules.naming import artifact_key, session_key
from shared.sealing.data_key import DataKey
from shared.services.sessions import opened_session
from shared.state.sessions import session_of


@dataclass
class Kept:
    """How many sessions that the account has lost a service keeps."""

    received: int = 0
    others: int = 0


@dataclass
class Emptied:
    """Tells which sessions that are gone stay.

    :param behind: after it was told all sessions.
    """

    stores: PullStores
    service: Service
    key: DataKey
    behind: NumbersBehind
    now: datetime
    kept: Kept = field(default_factory=Kept)
    _receiving: dict[str, Receiving] = field(default_factory=dict)

    async def expired(self, there: Spool) -> AsyncIterator[list[str]]:
        """The keys of those that are gone and do not stay, some at a time; the others are counted.

        :param there: what was seen in the account.
        """
        agreements, set_back = self.behind.agreements, self.behind.set_back
        async for rows in self.stores.sessions.rows(self.service.id):
            gone = list[str]()
            for row in rows:
                stored = session_of(row)
                key = session_key(stored.name)
                if there.has_seen(key):
                    continue
                session = opened_session(self.key, stored)
                if not await self._stays(session, agreements, set_back):
                    gone.append(key)
            if gone:
                yield gone

    async def _stays(
        self, session: Session, agreements: Agreements, set_back: frozenset[str]
    ) -> bool:
        said = read(session.name, session.content, session.changed_time, agreements)
        if isinstance(said, ReceivedNumberSeen):
            if artifact_key(said.agreement) not in set_back:
                return False
            number = (await self._of(said.agreement)).number(session.name, said, self.now)
            stays = number.expires_at > self.now
            self.kept.received += stays
            return stays
        meanings = named(session.name, agreements)
        meaning = meanings[0] if meanings else None
        if isinstance(meaning, GeneratedName):
            # Those with a counter are in the ledger, which forgets nothing.
            stays = meaning.kind is None and artifact_key(meaning.agreement) in set_back
        else:
            at = moment(session.changed_time)
            stays = at is not None and at + timedelta(days=USUAL_DAYS) > self.now
        self.kept.others += stays
        return stays

    async def _of(self, agreement: str) -> Receiving:
        """What the document of an agreement says of the numbers that it received."""
        key = artifact_key(agreement)
        if key not in self._receiving:
            configuration = self.stores.configuration
            found = await configuration.artifact(self.service.id, Section.AGREEMENTS, agreement)
            self._receiving[key] = Receiving(found.value.document if found else {})
        return self._receiving[key]
