"""Services between the same two, however they came to be: they share the numbers of both."""

from dataclasses import replace
from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.advances import AdvanceBody
from shared.model.artifact import ImportItem
from shared.model.numbers import Kind
from shared.model.sections import Section
from shared.state.control_numbers import LedgerRow
from tests.faults.scenes import SERVICE
from tests.restore.numbering import (
    DR,
    back_up,
    delete,
    issue,
    plan,
    restore,
    resume,
    service_of,
)
from tests.restore.test_streams import agreement, created

OTHER = "Contoso-Two"


async def not_entered(app: Installation, *names: str) -> None:
    """The ledgers of names as the version before wrote them, which kept no index."""
    table = app.ledger._table
    for partition in ("!streams", *(name.lower() for name in names)):
        async for page in table.pages(partition):
            for row in page:
                values = {name: one for name, one in row.values.items() if name != "entered"}
                if partition == "!streams":
                    await table.delete(partition, row.key)
                else:
                    await table.replace(replace(row, values=values), row.etag)


async def test_services_that_were_made_independently_share_their_streams(
    app: Installation,
) -> None:
    """Whichever issues next goes on behind what the other one issued."""
    await created(app, OTHER, [agreement("Named-otherwise")])
    found = [*await issue(app, 2, OTHER, "Named-otherwise"), *await issue(app, 2)]
    found += await issue(app, 1, OTHER, "Named-otherwise")
    assert found == [3, 4, 5, 6, 7]


async def test_services_share_no_streams_that_are_names(app: Installation) -> None:
    """Agreements between nobody, of one name."""
    nameless = {"agreementType": "X12", "hostPartner": "Fabrikam", "content": {"x12": {}}}
    item = ImportItem(section=Section.AGREEMENTS, name="C", document=nameless)
    await app.imports.write(await service_of(app, SERVICE), [item])
    await created(app, OTHER, [agreement(), item])
    assert await issue(app, 1, OTHER) == [3], "those of the same two, as well"
    assert (await issue(app, 3, agreement="C"), await issue(app, 3, OTHER, "C")) == (
        [1, 2, 3],
        [1, 2, 3],
    )
    await back_up(app, "of-two", OTHER)
    await restore(app, DR, "of-two")
    await resume(app, DR)
    assert await issue(app, 1, DR, "C") == [4]


async def test_what_another_service_issued_is_in_plans_and_backups(app: Installation) -> None:
    """It outlives its service, and the ledger too."""
    await created(app, OTHER, [agreement("B")])
    assert await issue(app, 5, OTHER, "B") == [3, 4, 5, 6, 7]
    await delete(app, OTHER)
    [exposure] = (await plan(app, DR)).control_numbers.exposures
    assert (exposure.next, exposure.known_by, exposure.known_as) == (8, OTHER, "B")
    await back_up(app, "of-both")
    for name in (SERVICE, OTHER):
        await app.ledger.drop_all(name)
    await restore(app, DR, "of-both")
    await resume(app, DR)
    assert await issue(app, 1, DR) == [8]


async def test_ledgers_of_a_version_without_an_index_are_found(app: Installation) -> None:
    """Those of kin by the lineage; those of others as soon as they are written."""
    await restore(app, DR)
    await resume(app, DR)
    await issue(app, 3, DR)
    await created(app, OTHER, [agreement()])
    await not_entered(app, SERVICE, DR, OTHER)
    row = await app.ledger.get(OTHER, "A")
    assert row is not None
    assert not row.entered
    assert await issue(app, 1) == [6], "behind its copy"
    assert await issue(app, 1, OTHER) == [6], "which it owned: nobody took it from it"
    found = await app.ledger.get(OTHER, "A")
    assert found is not None
    assert found.entered == found.stream
    assert await issue(app, 1, DR) == [7]
    assert await issue(app, 1, OTHER) == [8]


async def test_two_that_claim_a_stream_for_the_first_time_at_once(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is entered before it reads the index: one of them finds the other."""
    await created(app, OTHER, [agreement()])
    for name in (SERVICE, OTHER):
        row = await app.ledger.get(name, "A")
        assert row is not None
        await app.ledger.write(name, row.owned_by(""))
    await not_entered(app, SERVICE, OTHER)
    other = Installation(app.settings)
    names, issued = app.ledger.index.names, []

    async def meanwhile(stream: str) -> list[str]:
        found = await names(stream)
        monkeypatch.setattr(app.ledger.index, "names", names)
        issued.extend(await issue(other, 2, OTHER))
        return found

    monkeypatch.setattr(app.ledger.index, "names", meanwhile)
    issued += await issue(app, 2)
    await other.close()
    assert len(set(issued)) == 4, issued


async def test_a_crash_between_the_index_and_the_row_is_harmless(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = await service_of(app, SERVICE)
    numbers = await app.configuration.numbers(service.id, "A")
    assert numbers is not None
    await app.ledger.index.enter("Contoso-Nowhere", [numbers.stream])
    row = await app.ledger.get(SERVICE, "A")
    assert row is not None
    await app.ledger.write(SERVICE, row.owned_by(""))
    assert await issue(app, 1) == [3]


async def test_an_owner_reads_neither_index_nor_lineage(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    await issue(app, 1)

    def never(*_args: object) -> Any:
        raise AssertionError("a call more")

    for owner, name in ((app.ledger.index, "names"), (app.ledger.index, "enter")):
        monkeypatch.setattr(owner, name, never)
    monkeypatch.setattr(app.ledger.lineage, "read", never)
    assert await issue(app, 2) == [4, 5]


async def test_numbers_that_another_service_has_are_not_moved_on_alone(app: Installation) -> None:
    """Many rows that nobody owns go into one write, but for those of shared streams."""
    service = await service_of(app, SERVICE)
    nameless = {"agreementType": "X12", "hostPartner": "Fabrikam", "content": {"x12": {}}}
    items = [
        ImportItem(section=Section.AGREEMENTS, name=f"C{i}", document=nameless) for i in range(20)
    ]
    await app.imports.write(service, items)
    rows = [row async for page in app.ledger.pages(SERVICE) for row in page]
    await app.ledger.write_all(SERVICE, [row.owned_by("") for row in rows])
    await created(app, OTHER, [agreement()])
    assert await issue(app, 5, OTHER) == [3, 4, 5, 6, 7]
    body = AdvanceBody.model_validate({"by": 10})
    planned = await app.advances.advance(service, body, "me", "op")
    [move] = [m for m in planned.moves if (m.agreement, m.kind) == ("A", Kind.INTERCHANGE)]
    assert (move.next_before, move.next_after) == (8, 18)
    assert await issue(app, 1) == [18]
    assert await issue(app, 1, OTHER) == [19]


async def test_a_hundred_names_of_one_stream_cost_two_calls_each(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rehearsed twice a week for a year."""
    row = await app.ledger.get(SERVICE, "A")
    assert row is not None
    for i in range(100):
        await app.ledger.write(
            f"Rehearsal-{i}", LedgerRow("A", "", row.counters, row.changed_at, stream=row.stream)
        )
    await app.ledger.write(SERVICE, row.owned_by(""))
    calls: list[str] = []
    wire = app.ledger._table._wire
    for name in ("get", "page", "write", "transact"):
        monkeypatch.setattr(wire, name, counting(getattr(wire, name), calls))
    assert await issue(app, 1) == [3]
    with_pairs = len(calls)
    assert with_pairs < 330, "once more, to write down who shares numbers"
    monkeypatch.undo()
    found = await app.ledger.get(SERVICE, "A")
    assert found is not None
    await app.ledger.write(SERVICE, found.owned_by(""))
    calls.clear()
    for name in ("get", "page", "write", "transact"):
        monkeypatch.setattr(wire, name, counting(getattr(wire, name), calls))
    assert await issue(app, 1) == [4]
    assert len(calls) < 220


def counting(call: Any, calls: list[str]) -> Any:
    async def counted(*given: Any, **named: Any) -> Any:
        calls.append(call.__name__)
        return await call(*given, **named)

    return counted
