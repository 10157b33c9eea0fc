"""Two hosts over one storage that are killed on their way, and another installation."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest
from azure.data.tables import TableServiceClient

from shared.installation.installation import Installation
from shared.model.problem import Code, Problem
from shared.model.sections import Section
from shared.model.service import Service
from shared.settings.environment import read_settings
from shared.state.control_numbers import TABLE
from shared.state.operations import OperationRow
from tests.support.deployed import Deployed, Emulator
from tests.support.handed_out import Key, Within
from tests.support.transport import ONCE, FaultTransport, ProcessStopped, Way

_LEASE_SECONDS = 2
_STALLED_SECONDS = 3
_ROUNDS = 200
"""Of recovery, until nothing is under way; each waits a little longer than the last."""

KILLS = (Way.PROCESS_STOPS, Way.PROCESS_STOPS_BEFORE)
FAULTS = (Way.FAILS_BEFORE, Way.ANSWER_LOST)


class Storage(FaultTransport):
    """Calls that take a while of their own, so that they meet in every order."""

    def __init__(self, draw: random.Random) -> None:
        super().__init__()
        self._draw = draw
        self.slow = 0.0
        """The longest that a call waits before it is sent, in seconds."""
        self.stalled = 0
        """Writes to the ledger that wait for seconds before they are sent."""
        self.gone = asyncio.Event()

    async def send(self, request: HttpRequest, **config: Any) -> Any:
        """See FaultTransport."""
        if self.slow:
            await asyncio.sleep(self._draw.uniform(0, self.slow))
        writes = request.method != "GET" and TABLE in f"{request.url} {request.content!r}"
        if self.stalled and writes:
            self.stalled -= 1
            await asyncio.sleep(_STALLED_SECONDS)
        try:
            return await super().send(request, **config)
        finally:
            if self.stopped:
                self.gone.set()


@dataclass(frozen=True)
class Host:
    """One process of the app."""

    app: Installation
    storage: Storage


@dataclass(frozen=True)
class Answer:
    """What became of a request."""

    value: Any = None
    refused: Problem | None = None
    lost: bool = False
    """No answer came: it may have been done, or not."""

    @property
    def done(self) -> bool:
        """Whether its caller knows that it was done."""
        return self.refused is None and not self.lost


@dataclass(frozen=True)
class Says:
    """What the document of an agreement says."""

    stream: Key
    within: Within


@dataclass(frozen=True)
class Living:
    """A service as it is now, with its X12 agreements."""

    service: Service
    agreements: dict[str, Says]

    @property
    def state(self) -> str:
        """In the words of the state chart."""
        return str(self.service.state)


class Hosts:
    """Two of them; one that is killed is replaced, and the other one goes on."""

    def __init__(self, deployed: Deployed, draw: random.Random) -> None:
        self._deployed = deployed
        self._draw = draw
        self.both = [self._started(), self._started()]
        asyncio.get_running_loop().set_exception_handler(_tell)

    def _started(self) -> Host:
        update = {
            "lease_seconds": _LEASE_SECONDS,
            "recovery_nudge_seconds": 0,
            "retry_seconds": (0, 0, 0, 0),
        }
        storage = Storage(self._draw)
        settings = self._deployed.read().model_copy(update=update)
        return Host(Installation(settings, transport=storage, patience=ONCE), storage)

    async def close(self) -> None:
        """End both."""
        for host in self.both:
            await host.app.close()

    @property
    def app(self) -> Installation:
        """One of them."""
        return self.one().app

    def one(self) -> Host:
        """One of them."""
        return self._draw.choice(self.both)

    async def ask(
        self, what: Callable[[Installation], Awaitable[Any]], host: Host | None = None
    ) -> Answer:
        """A request to a host, which may be gone before it answers."""
        host = host or self.one()
        asked = asyncio.ensure_future(what(host.app))
        gone = asyncio.ensure_future(host.storage.gone.wait())
        await asyncio.wait({asked, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not asked.done():
            await asyncio.wait({asked}, timeout=0.02)
        gone.cancel()
        asked.cancel()
        try:
            return Answer(await asked)
        except Problem as problem:
            if problem.code in (Code.STORAGE_UNAVAILABLE, Code.INTERNAL_ERROR):
                return Answer(lost=True)
            return Answer(refused=problem)
        except (AzureError, ProcessStopped, asyncio.CancelledError, BaseExceptionGroup):
            return Answer(lost=True)

    async def breaking(
        self, call: int, way: Way, what: Callable[[Installation], Awaitable[Any]]
    ) -> Answer:
        """A request to a host that breaks on the way; then the other one goes on."""
        host = self.one()
        host.storage.break_at(call, way)
        answer = await self.ask(what, host)
        host.storage.mend()
        return answer

    async def go_on(self) -> None:
        """Replace whoever is gone, and let recovery finish what was begun."""
        for index, host in enumerate(self.both):
            host.storage.slow = host.storage.stalled = 0
            host.storage.mend()
            if host.storage.stopped:
                await asyncio.sleep(0.02)  # what it was doing ends
                await host.app.close()
                self.both[index] = self._started()
        for number in range(_ROUNDS):
            if not await self._under_way():
                return
            await asyncio.sleep(0.01 * number)
        raise AssertionError("an operation does not end")

    async def _under_way(self) -> int:
        """One look of recovery at everything; how much is left."""
        app, left = self.app, 0
        await app.recovery.run()
        for entry in [entry async for page in app.in_flight.pages() for entry in page]:
            found = await app.records.find(entry.service, entry.operation_id)
            if found is None:
                continue  # a start that did not come to its record
            await self._without_worker(app, found[0])
            await app.engine.run(entry.service, entry.operation_id)
            left += await app.in_flight.get(entry.service, entry.operation_id) is not None
        return left

    @staticmethod
    async def _without_worker(app: Installation, record: OperationRow) -> None:
        """What a minute of waiting does."""
        if record.operation.worker:
            idle = record.operation.model_copy(update={"worker": ""})
            await app.records.write(idle, record.etag)

    async def look(self, name: str) -> Living | None:
        """A service as anybody may read it."""
        app = self.app
        listed = await app.directory.get(name)
        if listed is None:
            return None
        pages = app.configuration.pages(listed.service.id, Section.AGREEMENTS)
        found = [one.value async for page in pages for one in page]
        return Living(listed.service, {one.name: _says(one.name, one.document) for one in found})


def _says(name: str, document: Any) -> Says:
    send = document["content"]["x12"]["sendAgreement"]["protocolSettings"]["envelopeSettings"]
    within = Within(
        send["interchangeControlNumberLowerBound"],
        send["interchangeControlNumberUpperBound"],
        send["rolloverInterchangeControlNumber"],
    )
    guest = document.get("guestIdentity")
    return Says(("x12", guest["value"]) if guest else ("name", name), within)


def _tell(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Tasks of a process that is gone have nobody who asks what became of them."""
    if not isinstance(context.get("exception"), ProcessStopped):
        loop.default_exception_handler(context)


class Elsewhere:
    """Another installation with the same keys and backups, which knows of no number."""

    def __init__(self, deployed: Deployed, emulator: Emulator) -> None:
        self._state = emulator.account()
        settings = {**deployed.settings, "AzureWebJobsStorage": self._state}
        self.app = Installation(read_settings(settings))

    async def forget(self) -> None:
        """Lose the ledger, lineage and all."""
        with TableServiceClient.from_connection_string(self._state) as tables:
            found = {table.name for table in tables.list_tables()}
            if TABLE in found:
                table = tables.get_table_client(TABLE)
                for row in table.list_entities():
                    table.delete_entity(row)

    async def close(self) -> None:
        """End it."""
        await self.app.close()
