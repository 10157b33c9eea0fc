"""Sessions between two full pulls: what makes a lost account's numbers known to the minute.

A timer does it without an operation's record, as it may be every five minutes of each service. It
writes each session by itself and removes none, so it may stop anywhere. Where a full pull begins at
the same moment, the run stops, and what it still writes yields to what the pull wrote.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.alerts.happenings import sessions_not_pulled
from shared.arm.client import Account
from shared.arm.problems import as_problems
from shared.integration_accounts.pulling.noting import sessions_read
from shared.integration_accounts.pulling.session_writing import SessionWriter
from shared.integration_accounts.pulling.sessions import Taken, noted, printed
from shared.integration_accounts.pulling.spool import spool
from shared.integration_accounts.pulling.stores import PullStores
from shared.model.integration_account import Child
from shared.model.link import Link, PullFailure
from shared.model.problem import Code, Problem
from shared.model.service import Service, State
from shared.operations.locks import holder_of_lock
from shared.rules.integration_accounts.ids import account_id_of
from shared.rules.naming import shown
from shared.rules.states import MANAGEABLE
from shared.sealing.data_key import DataKey
from shared.state.operations import Operations
from shared.storage.pace import Pace
from shared.storage.versioned import optimistic
from shared.streams.bounded import each_of

_AT_ONCE = 8
"""Services whose sessions are pulled concurrently."""

_NO_NEW_ONE_SECONDS = 40
"""After this time a run begins with no further service; the next one does."""

_MOST_SECONDS = 300.0
"""For so long the sessions of one service are pulled, which is as often as they can be due. A run
ends with its slowest account, and no other run begins before: one that Azure throttles keeps the
others waiting no longer. What was written stays."""

_TOLD_EVERY = timedelta(hours=1)

log = logging.getLogger("interkeep.pulls")


@dataclass(frozen=True)
class SessionPulls:
    """Pulls the sessions of the services that are due."""

    stores: PullStores
    records: Operations

    async def run(self) -> int:
        """Pull the sessions of all services that are due, those first that have waited longest;
        return of how many. One that fails is tried again when it is due next."""
        now, began = self.stores.clock.now(), self.stores.clock.monotonic()
        due: list[Link] = []
        async for page in self.stores.links.pages():
            links = (found.value for found in page)
            due += [one for one in links if one.next_pull_at and one.next_pull_at <= now]
        done = 0

        async def see_to(link: Link) -> None:
            nonlocal done
            if self.stores.clock.monotonic() - began > _NO_NEW_ONE_SECONDS:
                return
            done += await self._pull(link)

        due.sort(key=lambda link: link.next_pull_at or now)
        await each_of(due, see_to, Pace(_AT_ONCE))
        return done

    async def _pull(self, link: Link) -> int:
        """Pull the sessions of one service; return whether that was done."""
        problem: Problem
        try:
            service = await self._service(link)
            if service is None:
                return 0
            with as_problems(account_id_of(link.resource_id)):
                async with asyncio.timeout(_MOST_SECONDS):
                    began = await self._read(link, service)
        except _Overtaken:
            return 0
        except TimeoutError:
            why = (
                f"They were not read within {_MOST_SECONDS:g} seconds, as there are many, or as "
                "Azure throttles requests of this account. Full pulls still read them all."
            )
            problem = Problem(Code.INTEGRATION_ACCOUNT_UNAVAILABLE, why)
        except Problem as refused:
            problem = refused
        except Exception as error:
            log.exception("the sessions of %s are pulled later", link.service)
            why = f"{type(error).__name__}; the log of the app has more."
            await self._tell(link, Problem(Code.INTERNAL_ERROR, why))
            return 0
        else:
            await self._note(link, began=began)
            return 1
        told = await self._tell(link, problem)
        await self._note(link, failed=problem.code, told=told)
        return 0

    async def _service(self, link: Link) -> Service | None:
        """The service of a link; None while a long operation of it is under way, such as a full
        pull, and where it takes no changes."""
        listed = await self.stores.directory.get(link.service)
        if listed is None or listed.service.id != link.service_id:
            return None
        if link.last_session_pull_at is None:
            return None  # without its agreements, nobody knows what a session says
        service = listed.service
        facts = service.integration_account
        if facts is None or not facts.linked or service.state not in MANAGEABLE:
            return None
        if facts.key != link.key:
            return None  # of another account by now
        head = await self.stores.configuration.head(service.id)
        if head is None or head.stage:
            return None
        return service if await holder_of_lock(self.records, service.name) is None else None

    async def _read(self, link: Link, service: Service) -> datetime:
        """Bring in the sessions that changed; return when the account was asked for them."""
        key = await self.stores.keys.data_key(service.id)
        account = self.stores.account(link.resource_id)
        began = self.stores.clock.now()
        writer = SessionWriter(self.stores, service, key, began, yields=True)

        has_written = False

        async def before_write() -> None:
            nonlocal has_written
            if await self._service(link) is None:
                raise _Overtaken
            has_written = True

        try:
            await bring_changed(self.stores, service, account, key, writer, before_write)
        finally:
            if has_written:
                await self._drop_of_deleted(service)
        return began

    async def _drop_of_deleted(self, service: Service) -> None:
        """Drop what was written into a service whose deletion has dropped that already. The ledger
        stays, as at every deletion."""
        listed = await self.stores.directory.get(service.name)
        is_there = listed is not None and listed.service.id == service.id
        if listed is not None and is_there and listed.service.state is not State.DELETING:
            return
        await self.stores.sessions.drop_all(service.id)
        await self.stores.received.drop_all(service.id)

    async def _tell(self, link: Link, problem: Problem) -> datetime:
        """Tell a failure, once an hour as long as it lasts; return when that was done last."""
        log.warning("the sessions of %s cannot be pulled: %s", link.service, problem.message)
        now, told = self.stores.clock.now(), link.not_pulled_told_at
        if told is not None and now - told < _TOLD_EVERY:
            return told
        await self.stores.alerts.tell(
            sessions_not_pulled(link.service, link.service_id, problem.message, now)
        )
        return now

    @optimistic
    async def _note(
        self,
        link: Link,
        *,
        began: datetime | None = None,
        failed: str = "",
        told: datetime | None = None,
    ) -> None:
        """Say when the sessions are pulled next, and as of when they are known.

        :param began: when the reading of them began; None where they were not brought in.
        :param failed: the code of what kept them from it.
        :param told: when an alert said last that they could not be.
        """
        found = await self.stores.links.get(link.service)
        if found is None or found.value.service_id != link.service_id:
            return
        if (found.value.key, found.value.linked_at) != (link.key, link.linked_at):
            return  # the link ended meanwhile, and this is another one
        minutes = found.value.pull_minutes
        now = self.stores.clock.now()
        update: dict[str, object] = {
            "next_pull_at": now + timedelta(minutes=minutes) if minutes else None,
            "not_pulled_told_at": told,
        }
        if began is not None:
            update |= sessions_read(found.value, began)
        elif failed:
            update["sessions_failure"] = PullFailure(code=failed, at=now)
        await self.stores.links.put(found.value.model_copy(update=update), found.etag)


class _Overtaken(Exception):
    """A full pull, or another long operation, began meanwhile, or the link ended."""


async def bring_changed(
    stores: PullStores,
    service: Service,
    account: Account,
    key: DataKey,
    writer: SessionWriter,
    before_write: Callable[[], Awaitable[None]],
) -> None:
    """Bring the sessions that changed into a service, a page of the account at a time.

    :param before_write: called when a page of the account has been read, before what changed is
        written: a full pull that begins after that reads the account later, and knows better.
    :raises ArmRefused: what ARM refused.
    """
    with spool() as known:
        async for rows in stores.sessions.rows(service.id):
            known.add(noted(key, rows, printed))
        async for page in account.pages(Child.SESSIONS):
            taken = Taken.of(page)
            changed = known.see([(name, printed(one)) for name, one in taken.sessions.items()])
            found = taken.held(key, changed, known)
            for name in sorted(taken.left):
                log.warning("the session %s of %s cannot be held", shown(name), service.name)
            if found:
                await before_write()
                await writer.write(found)
