"""The pipeline to ARM, and to the hosts of content: one request, sent until it is answered.

Repeated by the one rule of storage/retrying.py. ARM's PUT and DELETE may be carried out twice with
the effect of once; a POST is repeated only where it is known to change nothing the second time.
"""

from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, TypeVar

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientHandlerType,
    ClientOSError,
    ClientRequest,
    ClientResponse,
    ServerDisconnectedError,
)
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError
from azure.core.pipeline import AsyncPipeline
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    HeadersPolicy,
    RequestIdPolicy,
)
from azure.core.rest import AsyncHttpResponse, HttpRequest

from shared.arm.clouds import Cloud
from shared.arm.pace import COUNT, PACE, AccountPace, PacedTransport
from shared.arm.refusals import (
    Answer,
    ArmRefused,
    Asked,
    Meaning,
    heard,
    is_without_token,
    refusal_of,
    unanswered,
)
from shared.arm.whole import TooLarge
from shared.clock import Clock
from shared.storage.patience import Patience, patience_of_task, within
from shared.storage.retrying import UNDERSTAND, RepeatingTransport

WHO = "interkeep"
"""The client's name in Azure's logs."""

Found = TypeVar("Found")
Run = Callable[..., Awaitable[Any]]


def _no_pace_of_storage() -> None:
    """That ARM is busy says nothing of storage."""


class ArmWire:
    """Sends requests.

    :param credential: returns the app's credential; not called for a stand-in.
    :param transport: sends each try.
    :param patience: the retry budget of calls outside HTTP requests.
    """

    def __init__(
        self,
        cloud: Cloud,
        credential: Callable[[], AsyncTokenCredential],
        transport: Any,
        patience: Patience,
        clock: Clock,
    ) -> None:
        self.cloud = cloud
        self._credential = credential
        self._patience = patience
        self._transport = RepeatingTransport(
            PacedTransport(transport), patience, clock, busy=_no_pace_of_storage
        )
        self._pipeline: AsyncPipeline[HttpRequest, AsyncHttpResponse] | None = None

    async def ask(
        self,
        asked: Asked,
        request: HttpRequest,
        read: Callable[[Answer], Found],
        *,
        pace: AccountPace,
        count: Callable[[], None],
        again: bool = True,
    ) -> Found:
        """Send a request to ARM until an answer can be read, or is a refusal.

        :param read: takes an answer with a status below 300.
        :param count: called with each try that is sent.
        :param again: whether it may be sent again where it is not known whether it was carried out.
        :raises ArmRefused: if ARM does not do it.
        """
        found: list[Found] = []

        async def understand(answer: Any) -> None:
            found.append(read(heard(answer)))

        options: dict[str, Any] = {UNDERSTAND: understand, PACE: pace, COUNT: count}
        if not again:
            options["middlewares"] = (_sent_once,)
        try:
            with nullcontext() if again else self._once():
                last = await self._run(request, options)
                if not found and is_without_token(last):
                    last = await self._run(request, options)
        except AzureError as error:
            raise unanswered(asked, error) from None
        except TooLarge as error:
            raise ArmRefused(Meaning.UNCLEAR, asked, message=str(error)) from None
        if not found:
            raise refusal_of(asked, last)
        return found[-1]

    async def fetch(
        self,
        request: HttpRequest,
        read: Callable[[Any], Awaitable[None]],
        count: Callable[[], None],
    ) -> Any:
        """Send a request to the host of a content link: without a token, and at no account's pace.

        :param read: reads an answer with a status below 300 to its end.
        :returns: the last answer, which may be a refusal; its body was read or is not wanted.
        :raises azure.core.exceptions.AzureError: if there is none.
        """
        return await self._transport.send(request, stream=True, **{UNDERSTAND: read, COUNT: count})

    async def _run(self, request: HttpRequest, options: dict[str, Any]) -> Answer:
        if self._pipeline is None:
            policies: list[Any] = [HeadersPolicy({"User-Agent": WHO}), RequestIdPolicy()]
            self._pipeline = AsyncPipeline(
                transport=self._transport, policies=[*policies, self._signing()]
            )
        return heard((await self._pipeline.run(request, **options)).http_response)

    def _signing(self) -> Any:
        if not self.cloud.audience:
            return HeadersPolicy({"Authorization": "Bearer none"})
        scope = f"{self.cloud.audience}/.default"
        return AsyncBearerTokenCredentialPolicy(self._credential(), scope, enable_cae=True)

    def _once(self) -> Any:
        """A budget of one try."""
        patience = patience_of_task() or self._patience
        return within(replace(patience, call_seconds=0), patience.until)

    async def close(self) -> None:
        """Close the sockets."""
        await self._transport.close()


async def _sent_once(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """A middleware of aiohttp, which by itself sends a PUT again where a connection ends without an
    answer: it does so after these errors, and after no other."""
    try:
        return await handler(request)
    except ClientConnectorError:
        raise
    except (ClientOSError, ServerDisconnectedError) as error:
        raise ClientError(str(error)) from error
