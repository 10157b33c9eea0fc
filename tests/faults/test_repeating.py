"""Storage that is throttled, slow or away: calls are sent again, for as long as somebody waits."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError

from shared.clock import Clock
from shared.installation.installation import Installation
from shared.model.operation import OperationStatus
from shared.storage.clients import send_message
from shared.storage.fence import LeaseLost, fenced
from shared.storage.patience import REQUEST, REQUEST_SECONDS, WORK, Patience, answering
from shared.storage.retrying import OutOfPatience
from shared.storage.tables import Insert, Row
from tests.support.deployed import Deployed, Emulator
from tests.support.proxy import Scripted, StorageProxy, proxied
from tests.support.scenes import SECOND, SERVICE, fill, require_whole, run, start_backup
from tests.support.transport import FaultTransport, Way

QUICK = Patience(call_seconds=20, try_seconds=5, first_wait_seconds=0.01, longest_wait_seconds=0.1)
PLATFORM_SECONDS = 230


@asynccontextmanager
async def over_proxy(
    emulator: Emulator, folder: Path, endpoint: str, patience: Patience = QUICK
) -> AsyncIterator[tuple[StorageProxy, Installation]]:
    """The app over an account whose endpoint answers by a script."""
    deployed = Deployed.new(emulator, folder)
    async with proxied(deployed.state, endpoint) as (proxy, state):
        app = Installation(replace(deployed, state=state).read(), patience=patience)
        yield proxy, app
        await app.close()


def busy(method: str, status: int, code: str, times: int, **headers: str) -> Scripted:
    """Throttling of so many requests of a method."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Scripted(method, "", status, code, named, times)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (503, "ServerBusy"),
        (429, "TooManyRequests"),
        (500, "InternalError"),
        (408, "RequestTimeout"),
    ],
)
async def test_throttled_tables_are_asked_again(
    emulator: Emulator, tmp_path: Path, status: int, code: str
) -> None:
    async with over_proxy(emulator, tmp_path, "TableEndpoint") as (proxy, app):
        table = app.table("interkeepProbe")
        etag = await table.insert(Row("p", "a", {"n": 1}))
        proxy.script = [busy(method, status, code, 3) for method in ("GET", "PUT", "POST")]
        assert await table.get("p", "a")
        await table.replace(Row("p", "a", {"n": 2}), etag)
        await table.insert(Row("p", "b", {"n": 3}))
        assert [row.values["n"] async for page in table.pages("p") for row in page] == [2, 3]
        assert (proxy.answered, proxy.script) == (9, [])


@pytest.mark.parametrize(("status", "code"), [(503, "ServerBusy"), (429, "TooManyRequests")])
async def test_throttled_blobs_are_asked_again(
    emulator: Emulator, tmp_path: Path, status: int, code: str
) -> None:
    async with over_proxy(emulator, tmp_path, "BlobEndpoint") as (proxy, app):
        proxy.script = [busy(method, status, code, 3) for method in ("GET", "PUT", "HEAD")]
        container = app.accounts.state.get_container_client("probe")
        await container.create_container()
        blob = container.get_blob_client("b")
        await blob.upload_blob(b"x" * 5_000_000)
        assert await blob.exists()
        assert await (await blob.download_blob()).readall() == b"x" * 5_000_000
        assert (proxy.answered, proxy.script) == (9, [])


@pytest.mark.parametrize(("status", "code"), [(503, "ServerBusy"), (429, "TooManyRequests")])
async def test_a_throttled_queue_is_asked_again(
    emulator: Emulator, tmp_path: Path, status: int, code: str
) -> None:
    async with over_proxy(emulator, tmp_path, "QueueEndpoint") as (proxy, app):
        proxy.script = [busy("POST", status, code, 3)]
        await send_message(app.engine._queue, "hello")
        assert [m.content async for m in app.engine._queue.client.receive_messages()] == ["hello"]
        assert (proxy.answered, proxy.script) == (3, [])


async def test_what_cannot_pass_is_asked_once(emulator: Emulator, tmp_path: Path) -> None:
    async with over_proxy(emulator, tmp_path, "BlobEndpoint") as (proxy, app):
        container = app.accounts.state.get_container_client("probe")
        await container.create_container()
        for status, code in (
            (403, "AuthorizationFailure"),
            (409, "ContainerBeingDeleted"),
            (501, "No"),
        ):
            proxy.script, proxy.answered = [Scripted("PUT", "", status, code)], 0
            with pytest.raises(HttpResponseError):
                await container.upload_blob("b", b"x")
            assert proxy.answered == 1, status


async def test_a_service_says_when_to_come_again(emulator: Emulator, tmp_path: Path) -> None:
    async with over_proxy(emulator, tmp_path, "TableEndpoint") as (proxy, app):
        table = app.table("interkeepProbe")
        await table.insert(Row("p", "a", {"n": 1}))
        proxy.script = [busy("GET", 503, "ServerBusy", 1, Retry_After="1")]
        began = time.monotonic()
        assert await table.get("p", "a")
        assert 1 <= time.monotonic() - began < 3
        proxy.script = [busy("GET", 429, "TooManyRequests", 1, Retry_After="600")]
        began = time.monotonic()
        with pytest.raises(HttpResponseError) as refused:
            await table.get("p", "a")
        assert refused.value.status_code == 429, "longer than anybody waits: told at once"
        assert time.monotonic() - began < 1


async def test_one_that_says_nothing_is_not_waited_for(emulator: Emulator, tmp_path: Path) -> None:
    hasty = replace(QUICK, try_seconds=0.3)
    async with over_proxy(emulator, tmp_path, "TableEndpoint", hasty) as (proxy, app):
        table = app.table("interkeepProbe")
        await table.insert(Row("p", "a", {"n": 1}))
        proxy.script = [Scripted("GET", "", 500, "Late", times=2, after_seconds=3)]
        began = time.monotonic()
        assert await table.get("p", "a")
        assert time.monotonic() - began < 2


@pytest.mark.parametrize("rows", [1, 2])
async def test_an_answer_that_is_lost_is_no_conflict(
    emulator: Emulator, tmp_path: Path, rows: int
) -> None:
    """The insert is sent again, meets its own row, and knows it."""
    transport = FaultTransport()
    deployed = Deployed.new(emulator, tmp_path)
    app = Installation(deployed.read(), transport=transport, patience=QUICK)
    table = app.table("interkeepProbe")
    await table.insert(Row("p", "first", {"n": 0}))
    transport.break_at(1, Way.ANSWER_LOST)
    etags = await table.transact([Insert(Row("p", f"r{n}", {"n": n})) for n in range(rows)])
    assert all(etags)
    assert transport.calls >= 3, "sent, sent again, read back"
    await app.close()


async def test_a_lost_lease_ends_the_repeating(emulator: Emulator, tmp_path: Path) -> None:
    """restic 2390: the fence is asked before each try, not before the first alone."""
    asked = 0

    def check() -> None:
        nonlocal asked
        asked += 1
        if asked > 2:
            raise LeaseLost

    async with over_proxy(emulator, tmp_path, "TableEndpoint") as (proxy, app):
        proxy.script = [busy("POST", 503, "ServerBusy", 5)]
        with fenced(check), pytest.raises(LeaseLost):
            await app.table("interkeepProbe").insert(Row("p", "a", {"n": 1}))
        assert proxy.answered == 2


async def test_an_operation_goes_on_through_throttling(emulator: Emulator, tmp_path: Path) -> None:
    """Every third call is refused, in tables, queue and blobs: one attempt is enough."""

    class Throttled(FaultTransport):
        """Refuses by breaking; the emulator never would."""

        async def send(self, request, **config):  # type: ignore[no-untyped-def]
            if self.calls % 3 == 0:
                self.break_at(1, Way.FAILS_BEFORE)
            return await super().send(request, **config)

    deployed = Deployed.new(emulator, tmp_path)
    calm = Installation(deployed.read())
    await fill(calm)
    app = Installation(deployed.read(), transport=Throttled(), patience=QUICK)
    record = await start_backup(app, SECOND)
    await run(app, record)
    found = await app.records.find(SERVICE, record.operation.id)
    assert found is not None
    assert (found[0].operation.status, found[0].operation.attempt) == (OperationStatus.SUCCEEDED, 1)
    await require_whole(calm, SECOND)
    await app.close()
    await calm.close()


class Ahead(Clock):
    """A clock whose seconds a test counts."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


async def test_a_request_stays_under_the_platforms_limit(
    emulator: Emulator, tmp_path: Path
) -> None:
    """However many calls it makes: none begins that the platform would not wait for."""
    assert REQUEST_SECONDS + REQUEST.longest_wait_seconds < PLATFORM_SECONDS
    assert REQUEST.call_seconds + REQUEST.try_seconds < 60 < WORK.call_seconds
    clock = Ahead()
    app = Installation(Deployed.new(emulator, tmp_path).read(), clock=clock)
    table = app.table("interkeepProbe")
    with answering(clock.monotonic()):
        await table.insert(Row("p", "a", {"n": 1}))
        clock.seconds += REQUEST_SECONDS + 1
        with pytest.raises(OutOfPatience):
            await table.get("p", "a")
    assert await table.get("p", "a"), "work that nobody waits for over HTTP has its own patience"
    await app.close()


async def test_many_do_not_come_back_at_once(emulator: Emulator, tmp_path: Path) -> None:
    slow = Patience(call_seconds=0.7, try_seconds=5, first_wait_seconds=0.2)
    async with over_proxy(emulator, tmp_path, "TableEndpoint", slow) as (proxy, app):
        table = app.table("interkeepProbe")
        await table.insert(Row("p", "a", {"n": 1}))
        proxy.script = [Scripted("GET", "", 503, "ServerBusy")]
        took = []

        async def one() -> None:
            began = time.monotonic()
            with pytest.raises(AzureError):
                await table.get("p", "a")
            took.append(time.monotonic() - began)

        await asyncio.gather(*(one() for _ in range(8)))
        assert 2 * 8 <= proxy.answered <= 4 * 8, "the waits double"
        assert max(took) < 1
        assert max(took) - min(took) > 0.01, "and differ"


async def test_a_container_that_exists_is_told_as_ever(emulator: Emulator, tmp_path: Path) -> None:
    app = Installation(Deployed.new(emulator, tmp_path).read(), patience=QUICK)
    container = app.accounts.state.get_container_client("probe")
    await container.create_container()
    with pytest.raises(ResourceExistsError):
        await container.create_container()
    await app.close()
