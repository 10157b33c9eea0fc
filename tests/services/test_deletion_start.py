"""From its 202 on a service that is deleted allows nothing, and its name is not free.

No worker runs in here: what shows is what the request itself wrote.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.artifact import ImportItem
from shared.model.condition import unconditional
from shared.model.numbers import Kind
from shared.model.operation import OperationStatus
from shared.model.problem import Code, Problem
from shared.model.restore import RestoreBody
from shared.model.runtime import MicBody, ReceivedBody
from shared.model.schedule import ScheduleBody
from shared.model.sections import Section
from shared.model.service import Service, ServiceSettings, State
from shared.operations import locks
from shared.rules.states import ServiceOperation
from shared.state.operations import OperationRow
from tests.services.test_races import BRIDGES, once_before
from tests.support.api import Api
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import (
    ASKED,
    COPY,
    FIRST,
    SECOND,
    SERVICE,
    fill,
    run,
    start_backup,
    start_delete,
    start_restore,
)

BASIC = ServiceSettings.model_validate({"edition": "Basic"})
MIC = {"messageId": "m", "mic": "q83v", "algorithm": "MD5", "as2From": "a", "as2To": "b"}
PLAN = {
    "status": "Automatic",
    "storageAccount": "offsite",
    "startAt": "2035-01-01T02:00:00Z",
    "frequencyDays": 1,
    "retentionDays": 3,
}


@pytest.fixture
async def two(emulator: Emulator, tmp_path: Path) -> AsyncIterator[tuple[Installation, ...]]:
    """Two processes of one installation, with the small service."""
    deployed = Deployed.new(emulator, tmp_path)
    parts = Installation(deployed.read()), Installation(deployed.read())
    await fill(parts[0])
    yield parts
    for one in parts:
        await one.close()


async def refusal(asking: Awaitable[object]) -> Problem:
    with pytest.raises(Problem) as refused:
        await asking
    return refused.value


async def found(app: Installation) -> Service:
    return (await app.services.require(SERVICE)).service


async def put_schema(app: Installation, service: Service, name: str = "late") -> None:
    await app.artifacts.put(service, Section.SCHEMAS, name, {}, unconditional)


async def put_late(app: Installation) -> None:
    await put_schema(app, await found(app))


async def resume(app: Installation) -> None:
    await app.services.move(await app.services.require(SERVICE), ServiceOperation.RESUME, ASKED)


async def scale(app: Installation) -> None:
    await app.services.scale(await app.services.require(SERVICE), 2, ASKED)


async def test_an_accepted_deletion_shows_at_once(fresh_app: Installation) -> None:
    app = fresh_app
    await fill(app)
    former = await found(app)
    await start_delete(app)
    service = await found(app)
    assert (service.state, service.id) == (State.DELETING, former.id)
    shown = (await app.services.view(await app.services.require(SERVICE))).shown
    assert (shown["state"], shown["allowedOperations"]) == ("Deleting", [])

    received = ReceivedBody(kind=Kind.GROUP, value=7, validity_days=3, message_id="m")
    not_allowed: list[Awaitable[object]] = [
        put_schema(app, service),
        put_schema(app, former),  # as a request has it that was let in before
        app.imports.write(former, [ImportItem(section=Section.SCHEMAS, name="s0", document={})]),
        app.artifacts.delete(former, Section.SCHEMAS, "s0", unconditional),
        app.services.update(await app.services.require(SERVICE), BASIC, ASKED),
        resume(app),
        scale(app),
        start_backup(app, SECOND),
        start_delete(app),
        app.schedule_settings.put(service, ScheduleBody.model_validate(PLAN), "me", None),
    ]
    for asking in not_allowed:
        assert (await refusal(asking)).code is Code.OPERATION_NOT_ALLOWED
    not_active: list[Awaitable[object]] = [
        app.allocator.allocate(SERVICE, "A", [Kind.INTERCHANGE], 1),
        app.inbound.receive(service, "A", received),
        app.inbound.put_mic(service, "A", MicBody.model_validate(MIC)),
    ]
    for asking in not_active:
        assert (await refusal(asking)).code is Code.SERVICE_NOT_ACTIVE
    for asking in (app.services.create(SERVICE, BASIC, ASKED), start_restore(app)):
        problem = await refusal(asking)
        assert problem.code is Code.SERVICE_NAME_UNAVAILABLE
        assert problem.retry_after_seconds


async def test_a_deletion_shows_over_http(api: Api) -> None:
    service = await api.service()
    accepted = await api.delete(f"services/{service}")
    shown = await api.get(f"services/{service}")
    # Its worker may have ended by now.
    assert shown.status == 404 or shown.body["state"] == "Deleting"
    await api.succeeded(accepted)


async def test_a_writer_that_was_on_its_way_meets_a_deletion(
    two: tuple[Installation, ...],
) -> None:
    app, other = two
    service = await found(app)
    once_before(app.configuration, "change", lambda: start_delete(other))
    assert (await refusal(put_schema(app, service))).code is Code.OPERATION_NOT_ALLOWED
    assert await app.configuration.artifact(service.id, Section.SCHEMAS, "late") is None


async def test_a_transition_that_was_on_its_way_meets_a_deletion(
    two: tuple[Installation, ...],
) -> None:
    app, other = two
    once_before(app.directory, "change", lambda: start_delete(other))
    listed = await app.services.require(SERVICE)
    moving = app.services.move(listed, ServiceOperation.STOP, ASKED)
    assert (await refusal(moving)).code is Code.OPERATION_NOT_ALLOWED
    assert (await found(app)).state is State.DELETING


async def test_units_that_are_given_back_leave_the_deletion(
    two: tuple[Installation, ...],
) -> None:
    app, other = two
    await scale(app)
    service = await found(app)

    async def fill_two_units() -> None:
        items = [
            ImportItem(section=Section.BRIDGES, name=f"b{i}", document={})
            for i in range(BRIDGES + 1)
        ]
        await other.imports.write(service, items)

    once_before(app.directory, "change", fill_two_units)
    once_before(app.configuration, "write_head", lambda: start_delete(other))
    listed = await app.services.require(SERVICE)
    assert (await refusal(app.services.scale(listed, 1, ASKED))).code is Code.QUOTA_EXCEEDED
    service = await found(app)
    assert (service.state, service.unit_count) == (State.DELETING, 2)


async def test_a_deletion_waits_for_no_other_operation(fresh_app: Installation) -> None:
    app = fresh_app
    await fill(app)
    before = await app.directory.get(SERVICE)
    backup = await start_backup(app, SECOND)
    assert (await refusal(start_delete(app))).code is Code.OPERATION_IN_PROGRESS
    assert await app.directory.get(SERVICE) == before
    await run(app, backup)
    await run(app, await start_delete(app))
    assert await app.directory.get(SERVICE) is None


async def test_a_state_that_forbids_it_is_refused_before_anything_is_entered(
    fresh_app: Installation,
) -> None:
    app = fresh_app
    await fill(app)
    listed = await app.services.require(SERVICE)
    restoring = listed.service.model_copy(update={"state": State.RESTORING})
    await app.directory.change(restoring, listed.etag)
    log = [r async for page in app.records.pages(SERVICE) for r in page]
    assert (await refusal(start_delete(app))).code is Code.OPERATION_NOT_ALLOWED
    assert (await found(app)).state is State.RESTORING
    assert [r async for page in app.records.pages(SERVICE) for r in page] == log
    assert [entry async for page in app.in_flight.pages() for entry in page] == []


async def test_a_deletion_that_failed_is_begun_again(fresh_app: Installation) -> None:
    app = fresh_app
    await fill(app)
    first = await start_delete(app)
    await app.engine.end(first, OperationStatus.FAILED)
    assert (await found(app)).state is State.DELETING
    second = await start_delete(app)
    assert second.operation.id != first.operation.id
    await run(app, second)
    assert await app.directory.get(SERVICE) is None


async def test_a_repeat_tells_of_the_same_deletion_and_not_of_a_later_life(
    fresh_app: Installation,
) -> None:
    app = fresh_app
    await fill(app)
    asked = replace(ASKED, operation_id="once")
    first = await app.deletions.start(SERVICE, asked)
    assert (await app.deletions.start(SERVICE, asked)).operation.id == first.operation.id
    await run(app, first)
    await app.services.create(SERVICE, BASIC, ASKED)
    again = await app.deletions.start(SERVICE, asked)
    assert again.operation.status is OperationStatus.SUCCEEDED
    assert (await found(app)).state is State.ACTIVE


@pytest.mark.parametrize("round_", range(4))
@pytest.mark.parametrize(
    "other_asks",
    [
        start_delete,
        lambda app: start_backup(app, SECOND),
        put_late,
        resume,
        scale,
    ],
    ids=["delete", "backup", "put", "resume", "scale"],
)
async def test_a_deletion_beside_something_else(
    two: tuple[Installation, ...],
    other_asks: Callable[[Installation], Awaitable[Any]],
    round_: int,
) -> None:
    app, other = two
    listed = await app.services.require(SERVICE)
    if other_asks is resume:
        await app.services.move(listed, ServiceOperation.SUSPEND, ASKED)
    asking = [start_delete(app), other_asks(other)]
    answers = await asyncio.gather(*asking, return_exceptions=True)
    for answer in answers:
        assert not isinstance(answer, Exception) or isinstance(answer, Problem), answer
    deletions = [a for a in answers if isinstance(a, OperationRow) and a.operation.parameters == {}]
    state = (await found(app)).state
    if deletions:
        assert len(deletions) == 1
        assert state is State.DELETING
        await run(app, deletions[0])
        assert await app.directory.get(SERVICE) is None
    else:
        assert state is State.ACTIVE
        assert isinstance(answers[1], OperationRow), "what had the lock was accepted"


async def test_the_name_of_an_accepted_restore_is_taken_at_once(
    fresh_app: Installation,
) -> None:
    app = fresh_app
    await fill(app)
    restore = await start_copy(app)
    problem = await refusal(app.services.create(COPY, BASIC, ASKED))
    assert problem.code is Code.SERVICE_NAME_UNAVAILABLE
    assert problem.retry_after_seconds
    assert restore.operation.id in problem.message
    assert (await refusal(start_copy(app))).code is Code.OPERATION_IN_PROGRESS
    await run(app, restore)
    assert (await app.services.require(COPY)).service.state is State.SUSPENDED
    assert (await refusal(app.services.create(COPY, BASIC, ASKED))).code is Code.SERVICE_EXISTS


async def test_a_lock_that_is_left_holds_neither_a_name_nor_a_deletion(
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The records ended without giving it back: a table that was repaired row by row."""
    app = fresh_app
    await fill(app)
    restore, deletion = await start_copy(app), await start_delete(app)
    for record in (restore, deletion):
        ended = {"status": OperationStatus.FAILED, "completed_at": app.clock.now()}
        await app.records.write(record.operation.model_copy(update=ended), record.etag)
    problem = await refusal(app.services.create(COPY, BASIC, ASKED))
    assert problem.code is Code.SERVICE_NAME_UNAVAILABLE, "it may be about to begin"
    assert (await refusal(start_delete(app))).code is Code.OPERATION_NOT_ALLOWED
    monkeypatch.setattr(locks, "_LEFT_SECONDS", -1)
    await app.services.create(COPY, BASIC, ASKED)
    await run(app, await start_delete(app))
    assert await app.directory.get(SERVICE) is None


async def test_a_creation_that_was_on_its_way_leaves_the_name_to_a_restore(
    two: tuple[Installation, ...],
) -> None:
    app, other = two
    restores: list[OperationRow] = []

    async def restored() -> None:
        restores.append(await start_copy(other))

    once_before(app.directory, "add", restored)
    problem = await refusal(app.services.create(COPY, BASIC, ASKED))
    assert problem.code is Code.SERVICE_NAME_UNAVAILABLE
    assert await app.directory.get(COPY) is None
    await run(app, restores[0])
    assert (await app.services.require(COPY)).service.state is State.SUSPENDED


async def start_copy(app: Installation) -> OperationRow:
    body = {
        "backup": {"storageAccount": "offsite", "container": FIRST},
        "service": {"name": COPY},
    }
    return await app.restores.start(RestoreBody.model_validate(body), "somebody", None)
