"""Whose numbers they are, where the agreement or the service goes while somebody asks for one."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.artifact import ImportItem
from shared.model.condition import unconditional
from shared.model.numbers import Kind
from shared.model.problem import Code, Problem
from shared.model.sections import Section
from shared.numbers.claims import Claims, release, release_all
from shared.state.configuration import Phase
from shared.storage.tables import RowChanged
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import SERVICE, fill, run, start_delete


@pytest.fixture
async def app(emulator: Emulator, tmp_path: Path) -> AsyncIterator[Installation]:
    parts = Installation(Deployed.new(emulator, tmp_path).read())
    await fill(parts)
    yield parts
    await parts.close()


async def test_a_number_of_an_agreement_that_goes_meanwhile_is_not_issued(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row is read first, so that the release of it comes before the write, or fails it."""
    require = app.allocator._require_issuing
    before = await app.ledger.get(SERVICE, "A")
    assert before is not None

    async def goes_behind(service: str, agreement: str, owner: str = "") -> Any:
        found = await require(service, agreement, owner)
        monkeypatch.setattr(app.configuration, "numbers", nothing)
        await release(app.ledger, service=service, agreement=agreement)
        return found

    async def nothing(*_args: object) -> None:
        return

    monkeypatch.setattr(app.allocator, "_require_issuing", goes_behind)
    with pytest.raises(Problem) as refused:
        await app.allocator.allocate(SERVICE, "A", [Kind.INTERCHANGE], 1)
    assert refused.value.code is Code.AGREEMENT_NOT_FOUND
    after = await app.ledger.get(SERVICE, "A")
    assert after is not None
    assert (after.owner, after.counters) == ("", before.counters)


async def test_a_service_of_an_earlier_life_claims_nothing(app: Installation) -> None:
    before = await app.ledger.get(SERVICE, "A")
    service = (await app.services.require(SERVICE)).service
    numbers = await app.configuration.numbers(service.id, "A")
    assert numbers is not None
    earlier = service.model_copy(update={"id": "an-earlier-life"})
    with pytest.raises(Problem) as refused:
        await Claims(app.ledger, app.directory, app.clock).claim(earlier, numbers, before)
    assert refused.value.code is Code.SERVICE_NOT_FOUND
    assert await app.ledger.get(SERVICE, "A") == before


async def test_numbers_of_an_agreement_that_was_deleted_are_nobodys(app: Installation) -> None:
    service = (await app.services.require(SERVICE)).service
    before = await app.ledger.get(SERVICE, "A")
    assert before is not None
    assert before.owner == service.id
    await app.artifacts.delete(service, Section.AGREEMENTS, "A", unconditional)
    with pytest.raises(RowChanged):  # as of an allocation that was on its way
        await app.ledger.write(SERVICE, before)
    after = await app.ledger.get(SERVICE, "A")
    assert after is not None
    assert (after.owner, after.counters) == ("", before.counters)


async def test_rows_that_others_write_meanwhile_are_released_one_by_one(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def changed(*_args: object) -> None:
        raise RowChanged

    monkeypatch.setattr(app.ledger, "write_all", changed)
    service = (await app.services.require(SERVICE)).service
    numbers = app.configuration.all_numbers(service.id)
    await release_all(app.ledger, service=SERVICE, numbers=numbers)
    after = await app.ledger.get(SERVICE, "A")
    assert after is not None
    assert after.owner == ""


async def test_a_deletion_closes_the_configuration_before_it_takes_anything(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change that was on its way would leave rows that nobody sees."""
    service = (await app.services.require(SERVICE)).service

    async def stops(*_args: object) -> None:
        raise RuntimeError("before it takes anything")

    monkeypatch.setattr(app.received, "drop_all", stops)
    await run(app, await start_delete(app))
    head = await app.configuration.head(service.id)
    assert head is not None
    assert head.phase is Phase.CLOSED


async def test_an_import_reads_the_lineage_once(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For all of its agreements, behind their rows; which go into one write."""
    service = (await app.services.require(SERVICE)).service
    read, reads = app.ledger.lineage.read, list[int]()

    async def counted() -> Any:
        rows = [row.agreement async for page in app.ledger.pages(SERVICE) for row in page]
        reads.append(len(rows))
        return await read()

    monkeypatch.setattr(app.ledger.lineage, "read", counted)
    await app.imports.write(service, nameless(20))
    assert reads == [1, 21], "one for the look at their bounds, and one for the claims"
    rows = [row async for page in app.ledger.pages(SERVICE) for row in page]
    assert {row.owner for row in rows} == {service.id}


async def test_an_import_whose_rows_others_write_meanwhile_is_settled_all_the_same(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = (await app.services.require(SERVICE)).service
    write_all = app.ledger.write_all

    async def meanwhile(name: str, rows: Any) -> list[str]:
        monkeypatch.setattr(app.ledger, "write_all", write_all)
        await write_all(name, rows[:1])
        return await write_all(name, rows)

    monkeypatch.setattr(app.ledger, "write_all", meanwhile)
    await app.imports.write(service, nameless(20))
    rows = [row async for page in app.ledger.pages(SERVICE) for row in page]
    assert len(rows) == 21
    assert {row.owner for row in rows} == {service.id}


def nameless(count: int) -> list[ImportItem]:
    """Agreements between nobody."""
    document = {"agreementType": "X12", "hostPartner": "Fabrikam", "content": {"x12": {}}}
    return [
        ImportItem(section=Section.AGREEMENTS, name=f"C{i}", document=document)
        for i in range(count)
    ]
