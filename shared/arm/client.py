"""The client of ARM, one a process: integration accounts, and whatever else of Azure concerns them.

All calls for one account share one pace, whoever makes them. Every refusal is an ``ArmRefused``
whose meaning comes from one table (refusals.py); ``problems.problem_of`` tells it to people.
"""

from collections.abc import AsyncIterator
from urllib.request import getproxies

from azure.core.pipeline.transport import AioHttpTransport

from shared.arm.addresses import (
    Segments,
    asked_of,
    of_account,
    of_accounts,
    segments_of,
)
from shared.arm.clouds import cloud_of
from shared.arm.content import Content, Stale, fetched
from shared.arm.pace import AccountPace
from shared.arm.refusals import ArmRefused, Meaning
from shared.arm.requests import Put, Requests
from shared.arm.wire import ArmWire
from shared.clock import Clock
from shared.model.integration_account import AccountId, Child
from shared.model.wire import JsonObject, JsonValue
from shared.rules.integration_accounts.children import API_VERSION, CHILDREN
from shared.rules.integration_accounts.ids import Scope
from shared.rules.trading import member
from shared.settings.environment import Settings
from shared.storage.credentials import Identities
from shared.storage.patience import WORK, Patience


class Arm:
    """ARM, in the cloud that the settings name, or its stand-in.

    :param identities: the credentials; the one of the state account asks. None is asked for before
        the first request, nor ever for a stand-in.
    :param transport: sends each try of a request; tests pass their own.
    :param patience: the retry budget of calls outside HTTP requests.
    """

    def __init__(
        self,
        settings: Settings,
        identities: Identities,
        clock: Clock,
        transport: AioHttpTransport | None = None,
        patience: Patience = WORK,
    ) -> None:
        self._clock = clock
        self._paces: dict[str, AccountPace] = {}
        self._wire = ArmWire(
            cloud_of(settings.arm),
            lambda: identities.credential(settings.state.client_id),
            transport or AioHttpTransport(use_env_settings=bool(getproxies())),
            patience,
            clock,
        )

    def account(self, account: AccountId) -> "Account":
        """One account. Its pace is that of everybody who asks for it in this process; what it
        counts is what is asked through this object."""
        return Account(account, Requests(self._wire, self._pace(account.key)))

    async def accounts(self, scope: Scope) -> AsyncIterator[list[JsonObject]]:
        """All accounts of a subscription or a resource group, page by page; or the one account.

        :raises ArmRefused: if ARM does not say; where the scope is gone too.
        """
        if scope.account is not None:
            yield [await self.account(scope.account).get()]
            return
        segments = of_accounts(scope.subscription, scope.group)
        async for page in self._requests(segments).pages(segments, API_VERSION):
            yield page

    async def pages(
        self,
        path: str,
        api_version: str,
        *,
        filter: str = "",  # noqa: A002 - ARM's own word
    ) -> AsyncIterator[list[JsonObject]]:
        """Any list of ARM, page by page.

        :param path: as an ARM id has it: not encoded.
        :param filter: an OData filter.
        :raises ArmRefused: if ARM does not give it to its end.
        """
        segments = segments_of(path)
        async for page in self._requests(segments).pages(segments, api_version, filter):
            yield page

    async def get(self, path: str, api_version: str) -> JsonObject:
        """Any resource of ARM.

        :raises ArmRefused: if ARM does not give it: RESOURCE_GONE where it is not there.
        """
        segments = segments_of(path)
        return await self._requests(segments).get(segments, api_version)

    async def post(self, path: str, api_version: str, body: JsonObject | None = None) -> JsonObject:
        """Do an action, the last part of the path; an empty object where it answers nothing.

        It is sent again after a failure only where that changes nothing: to enable and disable a
        workflow, and what only reads.

        :raises ArmRefused: if ARM does not do it.
        """
        segments = segments_of(path)
        return await self._requests(segments).post(segments, api_version, body)

    async def close(self) -> None:
        """Close the sockets."""
        await self._wire.close()

    def _requests(self, segments: Segments) -> Requests:
        """Requests that are of no account: at the pace of their subscription."""
        return Requests(self._wire, self._pace("/".join(segments[:2]).lower()))

    def _pace(self, key: str) -> AccountPace:
        return self._paces.setdefault(key, AccountPace(self._clock))


class Account:
    """One integration account."""

    def __init__(self, account: AccountId, requests: Requests) -> None:
        self.id = account
        self._requests = requests

    @property
    def requests(self) -> int:
        """How many requests were sent: repeats and downloads of content are counted too."""
        return self._requests.sent

    async def get(self) -> JsonObject:
        """The account's own resource.

        :raises ArmRefused: if ARM does not give it.
        """
        return await self._requests.get(of_account(self.id), API_VERSION, named=True)

    async def pages(
        self,
        child: Child,
        *,
        filter: str = "",  # noqa: A002 - ARM's own word
    ) -> AsyncIterator[list[JsonObject]]:
        """All resources of a kind, page by page, in ARM's order.

        :param filter: an OData filter.
        :raises ArmRefused: if the list does not end properly: it is not known then.
        """
        segments = of_account(self.id, child)
        async for page in self._requests.pages(segments, CHILDREN[child].api_version, filter):
            yield page

    async def item(self, child: Child, name: str) -> JsonObject | None:
        """One resource, None if the account has none of that name.

        :raises ArmRefused: if ARM does not say; where the account is gone too.
        """
        segments = of_account(self.id, child, name)
        try:
            return await self._requests.get(segments, CHILDREN[child].api_version, named=True)
        except ArmRefused as refused:
            if refused.meaning is not Meaning.CHILD_GONE:
                raise
            return None

    async def content(self, child: Child, name: str, link: JsonObject) -> Content:
        """The content of a resource, by the link that a list or the resource itself gave.

        Where the link has ended, or its bytes are not those that it says, the resource is asked for
        again, once, and its new link is followed: the content may be newer than the list.

        :param link: the member ``contentLink`` of its properties.
        :raises ArmRefused: CONTENT_UNREADABLE if the new link is no better; CHILD_GONE if the
            resource is gone; ELSEWHERE if a link leads where none may; or what the hosts refuse.
        """
        asked = asked_of("GET", of_account(self.id, child, name))
        wire, count = self._requests.wire, self._requests.count
        try:
            return await fetched(wire, asked, link, count)
        except Stale:
            item = await self.item(child, name)
        if item is None:
            raise ArmRefused(Meaning.CHILD_GONE, asked)
        try:
            return await fetched(wire, asked, _link_of(item), count)
        except Stale as stale:
            raise stale.refused from None

    async def make(self, body: JsonObject) -> Put:
        """Make the account, once. Nobody documents that ARM heeds the condition that it is not
        there: the answer's status says whether it was.

        :raises ArmRefused: if ARM does not do it: CHANGED where it is there; UNAVAILABLE where it
            is not known whether it was carried out.
        """
        segments = of_account(self.id)
        return await self._requests.put(segments, API_VERSION, body, once=True, new=True)

    async def put(
        self, child: Child, name: str, body: JsonObject, etag: str = "", *, once: bool = False
    ) -> Put:
        """Write a resource. The answer is ARM's own view of it: of a session, with the old
        ``changedTime``.

        :param etag: the version that it must have; empty for any, or none. A repeated request may
            meet what its own first delivery wrote, and is CHANGED then: compare.
        :param once: not repeated where it is not known whether it was carried out: UNAVAILABLE
            then, and the caller looks.
        :raises ArmRefused: if ARM does not do it.
        """
        segments = of_account(self.id, child, name)
        version = CHILDREN[child].api_version
        return await self._requests.put(segments, version, body, etag, once=once)

    async def delete(self, child: Child, name: str, etag: str = "", *, once: bool = False) -> bool:
        """Delete a resource; whether it was there. A repeated request may say that it was not.

        :param etag: the version that it must have; empty for any.
        :param once: as of ``put``.
        :raises ArmRefused: if ARM does not do it; where the account is gone too.
        """
        segments = of_account(self.id, child, name)
        version = CHILDREN[child].api_version
        return await self._requests.delete(segments, version, etag, once=once)

    async def post(self, action: str, body: JsonObject | None = None) -> JsonObject:
        """Do an action of the account, such as ``listKeyVaultKeys``; an empty object where it
        answers nothing.

        :raises ArmRefused: if ARM does not do it.
        """
        return await self._requests.post(of_account(self.id, action), API_VERSION, body)


def _link_of(item: JsonObject) -> JsonValue:
    return member(member(item, "properties"), "contentLink")
