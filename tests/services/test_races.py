"""Changes that meet: what a change was checked against still holds when it is written."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.artifact import ImportItem
from shared.model.condition import unconditional
from shared.model.numbers import Kind, SetNextBody
from shared.model.operation import OperationName, OperationStatus
from shared.model.problem import Code, Problem
from shared.model.sections import Section
from shared.model.service import Service, ServiceSettings, State
from shared.operations.immediate import close, service_update
from shared.rules.states import ServiceOperation
from shared.services.checks import Checks
from shared.services.services import Asked
from shared.state.operations import OperationRow
from tests.support.api import partner_document, x12_document
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import ASKED

SERVICE = "Contoso-B2B"
BRIDGES = 25
"""What one unit of the Basic edition holds."""


@pytest.fixture
async def two(emulator: Emulator, tmp_path: Path) -> AsyncIterator[tuple[Installation, ...]]:
    """Two processes of one installation."""
    deployed = Deployed.new(emulator, tmp_path)
    parts = Installation(deployed.read()), Installation(deployed.read())
    yield parts
    for one in parts:
        await one.close()


async def service(app: Installation, units: int = 2) -> Service:
    wanted = ServiceSettings.model_validate({"edition": "Basic", "unitCount": units})
    return (await app.services.create(SERVICE, wanted, ASKED)).service


def bridge(name: str) -> ImportItem:
    return ImportItem(section=Section.BRIDGES, name=name, document={})


async def bridges(app: Installation, of: Service) -> int:
    head = await app.configuration.head(of.id)
    return head.counts.get(Section.BRIDGES, 0) if head else 0


def once_before(owner: Any, method: str, meanwhile: Callable[[], Awaitable[object]]) -> None:
    """Let something else happen just before the next call of a method."""
    calls = getattr(owner, method)

    async def first(*given: Any, **named: Any) -> Any:
        setattr(owner, method, calls)
        await meanwhile()
        return await calls(*given, **named)

    setattr(owner, method, first)


async def test_a_writer_that_was_on_its_way_meets_a_disabled_service(
    two: tuple[Installation, ...],
) -> None:
    app, other = two
    made = await service(app)

    async def disable() -> None:
        listed = await other.services.require(SERVICE)
        await other.services.move(listed, ServiceOperation.DISABLE, ASKED)

    once_before(app.configuration, "change", disable)
    with pytest.raises(Problem) as refused:
        await app.imports.write(made, [bridge("late")])
    assert refused.value.code is Code.OPERATION_NOT_ALLOWED
    assert await bridges(app, made) == 0


async def test_settings_that_were_on_their_way_meet_a_stopped_service(
    two: tuple[Installation, ...],
) -> None:
    app, other = two
    await service(app)
    listed = await app.services.require(SERVICE)

    async def stop() -> None:
        found = await other.services.require(SERVICE)
        await other.services.move(found, ServiceOperation.STOP, ASKED)

    once_before(app.configuration, "change", stop)
    wanted = ServiceSettings.model_validate({"edition": "Basic", "unitCount": 2, "region": "here"})
    with pytest.raises(Problem) as refused:
        await app.services.update(listed, wanted, ASKED)
    assert refused.value.code is Code.OPERATION_NOT_ALLOWED
    stored = await app.configuration.settings(listed.service.id)
    assert stored is not None
    assert "region" not in stored.document


async def scale(app: Installation, units: int) -> None:
    await app.services.scale(await app.services.require(SERVICE), units, ASKED)


async def test_a_writer_that_was_on_its_way_meets_fewer_units(
    two: tuple[Installation, ...],
) -> None:
    app, other = two
    made = await service(app)
    await app.imports.write(made, [bridge(f"b{i}") for i in range(BRIDGES)])
    once_before(app.configuration, "change", lambda: scale(other, 1))
    with pytest.raises(Problem) as refused:
        await app.imports.write(made, [bridge("one-more")])
    assert refused.value.code is Code.QUOTA_EXCEEDED
    assert await bridges(app, made) == BRIDGES


async def test_units_come_back_where_a_writer_was_quicker(two: tuple[Installation, ...]) -> None:
    app, other = two
    made = await service(app)
    await app.imports.write(made, [bridge(f"b{i}") for i in range(BRIDGES)])
    once_before(app.directory, "change", lambda: other.imports.write(made, [bridge("one-more")]))
    with pytest.raises(Problem) as refused:
        await scale(app, 1)
    assert refused.value.code is Code.QUOTA_EXCEEDED
    listed = await app.services.require(SERVICE)
    assert (listed.service.unit_count, listed.service.state) == (2, State.ACTIVE)
    assert await bridges(app, made) == BRIDGES + 1


async def test_a_creation_that_recovery_gave_up_leaves_no_service(
    two: tuple[Installation, ...],
) -> None:
    """Its worker slept, recovery found no service and said so, and then the worker woke."""
    app, other = two

    async def give_up() -> None:
        [record] = [r async for page in other.records.pages(SERVICE) for r in page]
        error = await other.recovery._interrupted(record.operation)
        assert error is not None
        failed = record.operation.model_copy(
            update={"status": OperationStatus.FAILED, "error": error}
        )
        await other.records.write(failed, record.etag)

    once_before(app.directory, "add", give_up)
    with pytest.raises(Problem) as refused:
        await service(app)
    assert refused.value.code is Code.STORAGE_UNAVAILABLE
    assert await app.directory.get(SERVICE) is None
    [record] = [r async for page in app.records.pages(SERVICE) for r in page]
    assert record.operation.status is OperationStatus.FAILED
    await service(app)


async def test_a_creation_that_failed_is_never_called_a_success(
    two: tuple[Installation, ...],
) -> None:
    """Recovery itself stopped between the service's state and the record."""
    app, other = two

    async def stop(*_args: object, **_named: object) -> None:
        raise KeyboardInterrupt

    app.configuration.begin = stop  # type: ignore[method-assign,assignment]
    with pytest.raises(KeyboardInterrupt):
        await service(app)
    [record] = [r async for page in other.records.pages(SERVICE) for r in page]
    for _ in range(2):
        assert await other.recovery._interrupted(record.operation) is not None
    assert (await other.services.require(SERVICE)).service.state is State.CREATE_FAILED


async def test_an_interrupted_change_is_logged_as_uncertain(
    two: tuple[Installation, ...],
) -> None:
    app, other = two
    made = await service(app)

    async def interrupted() -> None:
        async with service_update(
            app.engine, made.name, made.id, "somebody", "PutArtifact", {"name": "b"}
        ) as entry:
            await app.imports.write(made, [bridge("b")], entry.open)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await interrupted()
    record = await anext(other.records.pages(SERVICE))
    operation = record[0].operation
    assert operation.operation is OperationName.SERVICE_UPDATE
    assert operation.status is OperationStatus.RUNNING
    error = await other.recovery._interrupted(operation)
    assert error is not None
    assert "not known" in error.message


async def with_agreement(app: Installation, **bounds: object) -> Service:
    """A service with an agreement that numbers within bounds."""
    made = await service(app)
    partners = [
        ImportItem(section=Section.PARTNERS, name=name, document=partner_document(name))
        for name in ("Northwind", "Fabrikam")
    ]
    await app.imports.write(made, [*partners, agreement(**bounds)])
    return made


def agreement(**bounds: object) -> ImportItem:
    document = x12_document()
    settings = {"envelopeSettings": {f"interchangeControlNumber{k}": v for k, v in bounds.items()}}
    document["content"]["x12"]["sendAgreement"] = {"protocolSettings": settings}
    return ImportItem(section=Section.AGREEMENTS, name="A", document=document)


async def issue(app: Installation, count: int) -> list[int]:
    found = await app.allocator.allocate(SERVICE, "A", [Kind.INTERCHANGE], count)
    return [one.value for one in found]


@pytest.mark.parametrize(
    "operation", [ServiceOperation.SUSPEND, ServiceOperation.STOP, ServiceOperation.DISABLE]
)
async def test_numbers_on_their_way_meet_a_service_that_is_not_active_any_more(
    two: tuple[Installation, ...], operation: ServiceOperation
) -> None:
    """Read as Active, written when the suspension was answered, and a backup may have been made."""
    app, other = two
    await with_agreement(app)
    await issue(app, 2)

    async def move() -> None:
        await other.services.move(await other.services.require(SERVICE), operation, ASKED)

    once_before(app.ledger, "write", move)
    with pytest.raises(Problem) as refused:
        await issue(app, 1)
    assert refused.value.code is Code.SERVICE_NOT_ACTIVE
    row = await app.ledger.get(SERVICE, "A")
    assert row is not None
    assert row.counters[Kind.INTERCHANGE].last == 2


async def test_a_first_number_on_its_way_meets_a_suspended_service(
    two: tuple[Installation, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its row is made behind the suspension, which had none to write."""
    app, other = two
    monkeypatch.setattr(Checks, "settle_counters", _nothing)
    await with_agreement(app)

    async def suspend() -> None:
        listed = await other.services.require(SERVICE)
        await other.services.move(listed, ServiceOperation.SUSPEND, ASKED)

    once_before(app.ledger, "write_all", suspend)
    with pytest.raises(Problem) as refused:
        await issue(app, 1)
    assert refused.value.code is Code.SERVICE_NOT_ACTIVE
    row = await app.ledger.get(SERVICE, "A")
    assert row is None or row.counters == {}


async def stopped_early(
    other: Installation, monkeypatch: pytest.MonkeyPatch, operation: ServiceOperation
) -> tuple[Asked, OperationRow]:
    """A transition that wrote the service's state, and no row of the ledger; its open record."""
    asked = Asked("somebody", operation_id="a-transition")

    def stops(*_: object, **__: object) -> Any:
        raise RuntimeError("before the rows are written")

    with monkeypatch.context() as stopping:
        stopping.setattr(other.ledger, "pages", stops)
        with pytest.raises(RuntimeError):
            await other.services.move(await other.services.require(SERVICE), operation, asked)
    found = await other.records.find(SERVICE, "a-transition")
    assert found is not None
    return asked, found[0]


async def refused_as_inactive(app: Installation) -> None:
    with pytest.raises(Problem) as refused:
        await issue(app, 1)
    assert refused.value.code is Code.SERVICE_NOT_ACTIVE
    row = await app.ledger.get(SERVICE, "A")
    assert row is not None
    assert row.counters[Kind.INTERCHANGE].last == 2


@pytest.mark.parametrize(
    "operation", [ServiceOperation.SUSPEND, ServiceOperation.STOP, ServiceOperation.DISABLE]
)
async def test_recovery_finishes_a_transition_that_stopped_before_the_rows(
    two: tuple[Installation, ...], monkeypatch: pytest.MonkeyPatch, operation: ServiceOperation
) -> None:
    """When its record says Succeeded, no number that was on its way is issued any more."""
    app, other = two
    await with_agreement(app)
    await issue(app, 2)

    async def move() -> None:
        _, record = await stopped_early(other, monkeypatch, operation)
        await other.recovery._finish(record.operation, record.etag)
        found = await other.records.find(SERVICE, "a-transition")
        assert found is not None
        assert found[0].operation.status is OperationStatus.SUCCEEDED

    once_before(app.ledger, "write", move)
    await refused_as_inactive(app)


async def test_a_suspension_that_stopped_early_is_finished_when_it_is_sent_again(
    two: tuple[Installation, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recovery of a version that did not look at the rows told its record so."""
    app, other = two
    await with_agreement(app)
    await issue(app, 2)

    async def suspend() -> None:
        asked, record = await stopped_early(other, monkeypatch, ServiceOperation.SUSPEND)
        await close(other.engine, record.operation, record.etag, None)
        listed = await other.services.require(SERVICE)
        await other.services.move(listed, ServiceOperation.SUSPEND, asked)

    once_before(app.ledger, "write", suspend)
    await refused_as_inactive(app)


async def test_a_number_that_is_issued_while_its_bounds_are_narrowed_is_no_rollover(
    two: tuple[Installation, ...],
) -> None:
    """It stands exactly at the new end then, which looks like one that was reached honestly."""
    app, other = two
    made = await with_agreement(app, UpperBound=1000)
    await issue(app, 9)

    async def another() -> None:
        assert await issue(other, 1) == [10]

    once_before(app.configuration, "change", another)
    await app.imports.write(made, [agreement(UpperBound=10)])
    for _ in range(2):
        with pytest.raises(Problem) as refused:
            await issue(app, 1)
        assert refused.value.code is Code.CONTROL_NUMBERS_EXHAUSTED
    await app.artifacts.put(
        made,
        Section.AGREEMENTS,
        "A",
        agreement(UpperBound=10).document,
        unconditional,
        allow_reuse=True,
    )
    assert await issue(app, 3) == [1, 2, 3], "as was asked for"


async def test_a_cycle_that_a_caller_began_does_not_end_where_a_change_stopped(
    two: tuple[Installation, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its bounds were narrowed to its next number, and its counters never heard of it."""
    app, _ = two
    made = await with_agreement(app, UpperBound=100)
    await issue(app, 9)
    body = SetNextBody.model_validate({"kind": "interchange", "next": 5, "allowReuse": True})
    await app.counters.set_next(made, "A", body)
    with monkeypatch.context() as stopping:
        stopping.setattr(Checks, "settle_counters", _nothing)
        await app.imports.write(made, [agreement(UpperBound=5)])
    assert await issue(app, 1) == [5]
    with pytest.raises(Problem) as refused:
        await issue(app, 1)
    assert refused.value.code is Code.CONTROL_NUMBERS_EXHAUSTED


async def _nothing(*_args: object) -> None:
    return
