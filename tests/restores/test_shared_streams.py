"""Services between the same two that restores connect share numbers, others count apart."""

from dataclasses import replace
from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.artifact import ImportItem
from shared.model.sections import Section
from shared.state.control_numbers import LedgerRow
from shared.state.lineage import Descent
from tests.restores.numbering import (
    DR,
    back_up,
    delete,
    issue,
    plan,
    restore,
    resume,
    service_of,
)
from tests.restores.test_streams import agreement, created
from tests.support.scenes import SERVICE

OTHER = "Contoso-Two"


async def not_entered(app: Installation, *names: str) -> None:
    """The ledgers of names as the version before wrote them, which kept no index."""
    table = app.ledger._table
    for partition in ("!streams", "!entered", *(name.lower() for name in names)):
        async for page in table.pages(partition):
            for row in page:
                values = {name: one for name, one in row.values.items() if name != "entered"}
                if partition.startswith("!"):
                    await table.delete(partition, row.key)
                else:
                    await table.replace(replace(row, values=values), row.etag)


async def rehearsed(app: Installation, *names: str, under: str = "Contoso-Drill") -> None:
    """Services were restored under one name."""
    for name in names:
        at = "2026-01-01T00:00:00.000Z"
        await app.ledger.lineage.enter(Descent(name, under, "a-backup", at))


async def test_services_that_were_rehearsed_under_one_name_share_their_streams(
    app: Installation,
) -> None:
    """Whichever issues next goes on behind what the other one issued."""
    await rehearsed(app, SERVICE, OTHER)
    await created(app, OTHER, [agreement("Named-otherwise")])
    found = [*await issue(app, 2, OTHER, "Named-otherwise"), *await issue(app, 2)]
    found += await issue(app, 1, OTHER, "Named-otherwise")
    assert found == [3, 4, 5, 6, 7]


async def test_services_that_were_made_independently_count_apart(app: Installation) -> None:
    """One for tests takes no numbers of the one that trades in earnest."""
    await created(app, OTHER, [agreement()])
    assert (await issue(app, 2, OTHER), await issue(app, 2)) == ([1, 2], [3, 4])
    assert (await issue(app, 1, OTHER), await issue(app, 1)) == ([3], [5])
    planned = (await plan(app, DR)).control_numbers
    assert [(one.known_by, one.next) for one in planned.exposures] == [(SERVICE, 6)]


async def test_services_share_no_streams_that_are_names(app: Installation) -> None:
    """Agreements between nobody, of one name."""
    nameless = {"agreementType": "X12", "hostPartner": "Fabrikam", "content": {"x12": {}}}
    item = ImportItem(section=Section.AGREEMENTS, name="C", document=nameless)
    await app.imports.write(await service_of(app, SERVICE), [item])
    await rehearsed(app, SERVICE, OTHER)
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
    await rehearsed(app, SERVICE, OTHER)
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
    """Those of all that restores connect, until they are entered as a whole."""
    await rehearsed(app, SERVICE, OTHER)
    await restore(app, DR)
    await resume(app, DR)
    await issue(app, 3, DR)
    await created(app, OTHER, [agreement()])
    await not_entered(app, SERVICE, DR, OTHER)
    row = await app.ledger.get(OTHER, "A")
    assert row is not None
    assert not row.entered
    assert await issue(app, 1) == [6]
    assert await issue(app, 1, OTHER) == [7], "which owned its row, and was not entered"
    assert await issue(app, 1, DR) == [8]
    assert await issue(app, 1, OTHER) == [9]
    found = await app.ledger.get(OTHER, "A")
    assert found is not None
    assert found.entered == found.stream
    assert await app.ledger.index.marked() == {SERVICE.lower(), OTHER.lower(), DR.lower()}


async def test_two_that_claim_a_stream_for_the_first_time_at_once(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is entered before it reads the index: one of them finds the other."""
    await rehearsed(app, SERVICE, OTHER)
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


async def test_a_crash_between_the_index_and_the_row_is_harmless(app: Installation) -> None:
    await rehearsed(app, SERVICE, "Contoso-Nowhere")
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


async def test_a_hundred_names_of_one_stream_cost_two_calls_each(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rehearsed twice a week for a year."""
    row = await app.ledger.get(SERVICE, "A")
    assert row is not None
    for i in range(100):
        await rehearsed(app, SERVICE, under=f"Rehearsal-{i}")
        await app.ledger.write(
            f"Rehearsal-{i}", LedgerRow("A", "", row.counters, row.changed_at, stream=row.stream)
        )
    await app.ledger.write(SERVICE, row.owned_by(""))
    calls: list[str] = []
    wire = app.ledger._table._wire
    for name in ("get", "page", "write", "transact"):
        monkeypatch.setattr(wire, name, counting(getattr(wire, name), calls))
    assert await issue(app, 1) == [3]
    assert len(calls) < 220


def counting(call: Any, calls: list[str]) -> Any:
    async def counted(*given: Any, **named: Any) -> Any:
        calls.append(call.__name__)
        return await call(*given, **named)

    return counted
