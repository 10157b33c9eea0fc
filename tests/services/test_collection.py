"""Content that nothing refers to goes a day after it was marked, and nothing else ever does."""

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest

from shared.clock import Clock
from shared.installation.installation import Installation
from shared.model.artifact import ImportItem
from shared.model.sections import Section
from shared.model.service import Service, ServiceSettings
from shared.services.collection import Collector
from shared.state.configuration import Phase
from tests.support.proxy import Scripted, proxied
from tests.support.scenes import ASKED, SERVICE, run, start_backup, start_delete
from tests.support.transport import FaultTransport, ProcessStopped, Way

MOST_CALLS = 20
"""More than a run over this little content makes."""

DAY = timedelta(hours=24, minutes=1)
Hook = Callable[[], Awaitable[None]]


class StorageLater(FaultTransport):
    """Storage whose clock is ahead, and something that happens just before a request is sent."""

    def __init__(self, ahead: timedelta = timedelta()) -> None:
        super().__init__()
        self.ahead = ahead
        self._before: tuple[str, str, Hook] | None = None

    def before(self, method: str, part: str, hook: Hook) -> None:
        """Do this once, before the next request of a method with this in its address."""
        self._before = (method, part, hook)

    async def send(self, request: HttpRequest, **config: Any) -> Any:
        if self._before is not None:
            method, part, hook = self._before
            if request.method == method and part in request.url:
                self._before = None
                await hook()
        answer = await super().send(request, **config)
        date = parsedate_to_datetime(answer.headers["Date"]) + self.ahead
        answer.headers["Date"] = format_datetime(date, usegmt=True)
        return answer


class Stage:
    """A service with two schemas; the second one's first bytes are referred to no more."""

    def __init__(self, app: Installation, service: Service) -> None:
        self.app = app
        self.service = service

    async def put(self, name: str, data: bytes) -> str:
        """Give a schema its bytes; their hash."""
        content = await self.app.content.put(self.service.id, data, "text/xml", None)
        await self.app.artifacts.put_content(self.service, Section.SCHEMAS, name, content)
        return content.sha256

    async def stored(self) -> set[str]:
        """The hashes of the bytes that are stored for the service."""
        container = self.app.accounts.state.get_container_client("artifacts")
        prefix = f"{self.service.id}/"
        names = [n async for n in container.list_blob_names(name_starts_with=prefix)]
        return {name.removeprefix(prefix) for name in names}

    async def collect(self, ahead: timedelta = timedelta(), **options: Any) -> int:
        """One run of the collector, so much later by the storage's clock."""
        return await self.collect_over(StorageLater(ahead), **options)

    async def collect_over(
        self, transport: StorageLater, *, state: str | None = None, **options: Any
    ) -> int:
        """One run over a transport, and through a proxy that ``state`` leads to."""
        settings = self.app.settings
        if state is not None:
            account = replace(settings.state, connection_string=state)
            settings = settings.model_copy(update={"state": account})
        later = Installation(settings, transport=transport)
        try:
            return await Collector(later._collection_stores(), **options).run()
        finally:
            await later.close()


@pytest.fixture
async def stage(fresh_app: Installation) -> Stage:
    app = fresh_app
    wanted = ServiceSettings.model_validate({"edition": "Basic"})
    service = (await app.services.create(SERVICE, wanted, ASKED)).service
    items = [ImportItem(section=Section.SCHEMAS, name=n, document={}) for n in ("kept", "other")]
    await app.imports.write(service, items)
    return Stage(app, service)


@pytest.fixture
async def kept(stage: Stage) -> str:
    """Bytes that are referred to."""
    return await stage.put("kept", b"<kept/>")


@pytest.fixture
async def lost(stage: Stage, kept: str) -> str:
    """Bytes that were referred to."""
    sha256 = await stage.put("other", b"<lost/>")
    await stage.put("other", b"<kept/>")
    return sha256


async def test_bytes_that_nothing_refers_to_go_a_day_after_their_mark(
    stage: Stage, kept: str, lost: str
) -> None:
    assert await stage.collect(timedelta(days=400)) == 0, "marked first, however old"
    assert await stage.stored() == {kept, lost}
    assert await stage.collect(timedelta(hours=23, minutes=50)) == 0
    assert await stage.stored() == {kept, lost}
    assert await stage.collect(DAY) == 1
    assert await stage.stored() == {kept}
    assert await stage.collect(DAY * 2) == 0


async def test_our_own_clock_counts_for_nothing(stage: Stage, kept: str, lost: str) -> None:
    """A clock that is a day off deletes nothing early."""

    class Ahead(Clock):
        def now(self) -> datetime:
            return super().now() + timedelta(days=30)

    ahead = Installation(stage.app.settings, clock=Ahead())
    for _ in range(2):
        assert await ahead.collector.run() == 0
    await ahead.close()
    assert await stage.stored() == {kept, lost}


async def test_bytes_that_are_wanted_again_stay(stage: Stage, kept: str, lost: str) -> None:
    await stage.collect()
    await stage.put("other", b"<lost/>")
    assert await stage.collect(DAY) == 0
    await stage.put("other", b"<kept/>")
    assert await stage.collect(DAY) == 0, "the mark of the first time counts no more"
    assert await stage.collect(DAY) == 1


async def test_bytes_whose_reference_is_still_to_be_written_stay(
    stage: Stage, kept: str, lost: str
) -> None:
    await stage.collect()
    content = await stage.app.content.put(stage.service.id, b"<lost/>", "text/xml", None)
    assert await stage.collect(DAY) == 0
    await stage.app.artifacts.put_content(stage.service, Section.SCHEMAS, "other", content)
    assert await stage.collect(DAY) == 0
    assert await stage.stored() == {kept, lost}
    await stage.put("other", b"<kept/>")
    assert await stage.collect(DAY) == 0, "it was unmarked while it was referred to"


async def test_a_put_just_before_the_delete(stage: Stage, kept: str, lost: str) -> None:
    await stage.collect()
    transport = StorageLater(DAY)

    async def put() -> None:
        await stage.put("other", b"<lost/>")

    transport.before("DELETE", lost, put)
    assert await stage.collect_over(transport) == 0
    assert await stage.stored() == {kept, lost}


async def test_a_delete_within_a_put(stage: Stage, kept: str, lost: str) -> None:
    """The bytes were there a moment ago: they are sent again."""
    await stage.collect()
    transport = StorageLater()

    async def collect() -> None:
        assert await stage.collect(DAY) == 1

    transport.before("PUT", "comp=metadata", collect)
    writer = Installation(stage.app.settings, transport=transport)
    await Stage(writer, stage.service).put("other", b"<lost/>")
    await writer.close()
    assert await stage.stored() == {kept, lost}


async def test_a_mark_just_before_the_reference(stage: Stage, kept: str) -> None:
    """Marked between its bytes and its reference: unmarked when it is seen again."""
    content = await stage.app.content.put(stage.service.id, b"<new/>", "text/xml", None)
    await stage.collect()
    await stage.app.artifacts.put_content(stage.service, Section.SCHEMAS, "other", content)
    for _ in range(2):
        assert await stage.collect(DAY) == 0
    assert await stage.stored() == {kept, content.sha256}


async def test_nothing_is_collected_while_a_backup_is_under_way(
    stage: Stage, kept: str, lost: str
) -> None:
    await stage.collect()
    record = await start_backup(stage.app, "slow-backup")
    assert await stage.collect(DAY) == 0
    assert await stage.stored() == {kept, lost}
    await run(stage.app, record)
    assert await stage.collect(DAY) == 1
    assert await stage.stored() == {kept}


async def test_an_operation_that_begins_within_a_run(stage: Stage, kept: str, lost: str) -> None:
    """It is seen: operations are asked for after the references."""
    await stage.collect()
    transport = StorageLater(DAY)

    async def begin() -> None:
        await start_backup(stage.app, "slow-backup")

    transport.before("GET", "interkeepInFlight", begin)
    assert await stage.collect_over(transport) == 0
    assert await stage.stored() == {kept, lost}


@pytest.mark.parametrize("phase", [Phase.RESTORING, Phase.CLOSED])
async def test_a_service_that_comes_or_goes_is_left_alone(
    stage: Stage, kept: str, lost: str, phase: Phase
) -> None:
    await stage.collect()
    table = stage.app.configuration._table
    row = await table.get(stage.service.id, "!head")
    assert row is not None
    await table.replace(type(row)(row.partition, row.key, {**row.values, "phase": phase}), None)
    assert await stage.collect(DAY) == 0
    assert await stage.stored() == {kept, lost}


async def test_bytes_that_came_too_late_for_a_deletion(stage: Stage, kept: str) -> None:
    await run(stage.app, await start_delete(stage.app))
    assert await stage.stored() == set()
    late = await stage.app.content.put(stage.service.id, b"<late/>", "text/xml", None)
    assert await stage.collect() == 0
    assert await stage.stored() == {late.sha256}
    assert await stage.collect(DAY) == 1
    assert await stage.stored() == set()


async def test_a_configuration_that_cannot_be_found_deletes_nothing(
    stage: Stage, kept: str, lost: str
) -> None:
    """restic 4612: what looks empty because something is wrong is not empty."""
    await stage.collect()
    tables = stage.app.clients.tables(stage.app.settings.state)
    await tables.delete_table("interkeepConfiguration")
    assert await stage.collect(DAY) == 0
    assert await stage.stored() == {kept, lost}


async def test_another_installations_content_is_never_touched(
    stage: Stage, kept: str, lost: str
) -> None:
    """Velero 5509. So it looks where the tables of another account are read by mistake."""
    await stage.collect()
    container = stage.app.accounts.state.get_container_client("artifacts")
    await container.set_container_metadata({"interkeep_installation": "another"})
    assert await stage.collect(DAY) == 0
    await container.set_container_metadata({})
    assert await stage.collect(DAY) == 0
    assert await stage.stored() == {kept, lost}


async def test_a_mark_does_not_travel_with_a_copy(stage: Stage, kept: str, lost: str) -> None:
    await stage.collect()
    other = Stage(stage.app, stage.service.model_copy(update={"id": "gone-service"}))
    await stage.app.content.put("gone-service", b"<lost/>", "text/xml", None)
    source = stage.app.content.blob(stage.service.id, lost)
    metadata = (await source.get_blob_properties()).metadata
    assert metadata
    await stage.app.content.blob("gone-service", lost).set_blob_metadata(metadata)
    assert await stage.collect(DAY) == 1
    assert await other.stored() == {lost}


async def test_a_run_is_bounded_and_the_next_goes_on(stage: Stage, kept: str) -> None:
    lost = [await stage.put("other", f"<lost n='{n}'/>".encode()) for n in range(6)]
    last = await stage.put("other", b"<kept/>")
    assert last == kept
    bounds = {"pages": 2, "page_blobs": 2}
    for _ in range(2):
        await stage.collect(**bounds)
    removed = [await stage.collect(DAY, **bounds) for _ in range(2)]
    assert sum(removed) == len(lost)
    assert max(removed) <= 4
    assert await stage.stored() == {kept}


async def test_a_place_that_storage_does_not_know_any_more(stage: Stage, lost: str) -> None:
    await stage.collect(pages=1, page_blobs=1)
    place, _ = await stage.app.sweep._cursors.get("content")
    assert place
    async with proxied(str(stage.app.settings.state.connection_string), "BlobEndpoint") as (
        proxy,
        state,
    ):
        proxy.script = [Scripted("GET", "marker=.", 400, "OutOfRangeInput")]
        assert await stage.collect_over(StorageLater(DAY), state=state) == 0
        assert proxy.answered == 1
    assert await stage.app.sweep._cursors.get("content") == ("", "")
    await stage.collect()
    assert await stage.collect(DAY) == 1


@pytest.mark.parametrize(
    ("endpoint", "part"),
    [
        ("BlobEndpoint", "comp=list"),
        ("TableEndpoint", "interkeepConfiguration"),
        ("TableEndpoint", "interkeepInFlight"),
        ("TableEndpoint", "interkeepServices"),
    ],
)
async def test_an_error_is_no_empty_list(
    stage: Stage, kept: str, lost: str, endpoint: str, part: str
) -> None:
    """restic 4612."""
    await stage.collect()
    async with proxied(str(stage.app.settings.state.connection_string), endpoint) as (proxy, state):
        proxy.script = [Scripted("GET", part, 403, "AuthorizationFailure")]
        with pytest.raises(HttpResponseError):
            await stage.collect_over(StorageLater(DAY), state=state)
        assert proxy.answered
    assert await stage.stored() == {kept, lost}


@pytest.mark.parametrize("way", [Way.ANSWER_LOST, Way.PROCESS_STOPS, Way.PROCESS_STOPS_BEFORE])
async def test_a_run_that_stops_anywhere_is_done_by_the_next(
    stage: Stage, kept: str, lost: str, way: Way
) -> None:
    gone = Stage(stage.app, stage.service.model_copy(update={"id": "gone-service"}))
    await stage.app.content.put("gone-service", b"<gone/>", "text/xml", None)
    every = 5 if way is Way.ANSWER_LOST else 1  # the SDK waits before it asks again
    for ahead in (timedelta(), DAY):
        for call in range(1, MOST_CALLS, every):
            transport = StorageLater(ahead)
            transport.break_at(call, way)
            with contextlib.suppress(ProcessStopped):
                await stage.collect_over(transport)
            assert transport.calls < MOST_CALLS
        await stage.collect(ahead)
        assert kept in await stage.stored()
    assert await stage.stored() == {kept}
    assert await gone.stored() == set()
