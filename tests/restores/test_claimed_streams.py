"""Claims of a stream: rows of the version before, many names, and whoever comes between."""

from dataclasses import replace
from typing import Any
from unittest.mock import AsyncMock

import pytest

from shared.installation.installation import Installation
from shared.model.advances import AdvanceBody
from shared.model.artifact import ImportItem
from shared.model.condition import unconditional
from shared.model.numbers import Counter, Kind
from shared.model.problem import Problem
from shared.model.sections import Section
from shared.services.checks import Checks
from shared.state.control_numbers import LedgerRow
from tests.restores.numbering import (
    DR,
    back_up,
    delete,
    issue,
    restore,
    resume,
    service_of,
)
from tests.restores.test_streams import agreement
from tests.support.api import partner_document, x12_document
from tests.support.scenes import SECOND, SERVICE

TAIL = partner_document("Tailspin")
IDENT = TAIL["content"]["b2b"]["businessIdentities"][0]  # type: ignore[index]
WITH = {"guestPartner": "Tailspin", "guestIdentity": IDENT}
TAILSPIN = ImportItem(section=Section.PARTNERS, name="Tailspin", document=TAIL)


async def old_rows(app: Installation, name: str = SERVICE) -> None:
    """Rows as the version before streams wrote them."""
    rows = [row async for page in app.ledger.pages(name) for row in page]
    for row in rows:
        counters = {
            k: Counter(next=c.next, last=c.last, cycle=c.cycle) for k, c in row.counters.items()
        }
        await app.ledger.write(name, replace(row, stream="", life="", counters=counters))


async def test_two_living_copies_of_a_version_that_kept_no_lineage(app: Installation) -> None:
    """What the service was restored from is entered before its first number."""
    await restore(app, DR)
    # as the version before wrote it
    async for page in app.ledger._table.pages("!lineage"):
        for row in page:
            await app.ledger._table.delete("!lineage", row.key, None)
    await resume(app, DR)
    assert await issue(app, 5, DR) == [3, 4, 5, 6, 7]
    assert await issue(app, 2) == [8, 9]


async def test_a_copy_of_a_version_that_kept_no_lineage_is_known(
    app: Installation,
) -> None:
    """The plan of the way back knows of it."""
    await delete(app)
    await restore(app, DR)
    async for page in app.ledger._table.pages("!lineage"):
        for row in page:
            await app.ledger._table.delete("!lineage", row.key, None)
    await resume(app, DR)
    assert await issue(app, 5, DR) == [3, 4, 5, 6, 7]
    await restore(app)
    await resume(app)
    assert await issue(app, 2) == [8, 9]


async def test_an_old_row_leaves_its_stream_behind(app: Installation) -> None:
    """A version before streams wrote it, and its agreement trades with somebody else."""
    service = await service_of(app, SERVICE)
    await issue(app, 5)
    await old_rows(app)
    await app.imports.write(service, [TAILSPIN, agreement(**WITH)])
    await app.imports.write(service, [agreement("B")])
    assert await issue(app, 1, agreement="B") == [8]


async def test_old_rows_exchange_whom_they_trade_with(app: Installation) -> None:
    """Each goes on behind what the other one issued of its stream."""
    service = await service_of(app, SERVICE)
    await app.imports.write(service, [TAILSPIN, agreement("B", **WITH)])
    await issue(app, 9, agreement="B")
    await old_rows(app)
    await app.imports.write(service, [agreement("A", **WITH), agreement("B")])
    assert await issue(app, 1) == [10]


async def test_an_agreement_that_was_made_anew_a_hundred_times(app: Installation) -> None:
    """More rows of its stream than one transaction takes."""
    service = await service_of(app, SERVICE)
    row = await app.ledger.get(SERVICE, "A")
    assert row is not None
    for i in range(100):
        await app.ledger.write(
            SERVICE, LedgerRow(f"was-{i}", "", row.counters, row.changed_at, stream=row.stream)
        )
    await app.artifacts.delete(service, Section.AGREEMENTS, "A", unconditional)
    await app.imports.write(service, [agreement("B")])
    assert await issue(app, 1, agreement="B") == [3]


async def test_a_claim_that_is_tried_again_reads_the_lineage_again(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy was restored and resumed meanwhile."""
    row = await app.ledger.get(SERVICE, "A")
    assert row is not None
    await app.ledger.write(SERVICE, row.owned_by(""))
    write_all = app.ledger.write_all
    other = Installation(app.settings)

    async def meanwhile(service: str, rows: Any) -> list[str]:
        monkeypatch.setattr(app.ledger, "write_all", write_all)
        await restore(other, DR)
        await resume(other, DR)
        assert await issue(other, 2, DR) == [3, 4]
        return await write_all(service, rows)

    monkeypatch.setattr(app.ledger, "write_all", meanwhile)
    assert await issue(app, 2) == [5, 6]
    assert await issue(app, 2, DR) == [7, 8]
    await other.close()


async def test_two_agreements_that_claim_one_stream_at_once_and_have_no_rows(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of them was deleted meanwhile."""
    service = await service_of(app, SERVICE)
    await app.artifacts.delete(service, Section.AGREEMENTS, "A", unconditional)
    await app.ledger.drop_all(SERVICE)
    with monkeypatch.context() as m:
        m.setattr(Checks, "settle_counters", AsyncMock())
        await app.imports.write(service, [agreement("A")])
    other = Installation(app.settings)
    write_all = app.ledger.write_all

    async def meanwhile(name: str, rows: Any) -> list[str]:
        monkeypatch.setattr(app.ledger, "write_all", write_all)
        await other.artifacts.delete(service, Section.AGREEMENTS, "A", unconditional)
        await other.imports.write(service, [agreement("B")])
        assert await issue(other, 3, agreement="B") == [1, 2, 3]
        return await write_all(name, rows)

    monkeypatch.setattr(app.ledger, "write_all", meanwhile)
    with pytest.raises(Problem):
        await issue(app, 1)
    await app.artifacts.delete(service, Section.AGREEMENTS, "B", unconditional)
    await app.imports.write(service, [agreement("A")])
    await other.close()
    assert await issue(app, 1) == [4]


async def test_two_agreements_of_a_backup_that_leave_one_stream_behind(app: Installation) -> None:
    """Both rows are of it, and the backup has both with others."""
    service = await service_of(app, SERVICE)
    o = partner_document("Wingtip")
    identity = o["content"]["b2b"]["businessIdentities"][0]  # type: ignore[index, call-overload]
    items = [TAILSPIN, ImportItem(section=Section.PARTNERS, name="Wingtip", document=o)]
    wing = {
        "guestPartner": "Wingtip",
        "guestIdentity": identity,
    }
    await app.imports.write(service, [*items, agreement("A", **WITH), agreement("B", **wing)])
    await back_up(app, SECOND)
    await app.imports.write(service, [agreement("A")])
    await issue(app, 2)
    await app.artifacts.delete(service, Section.AGREEMENTS, "A", unconditional)
    await app.imports.write(service, [agreement("B")])
    await issue(app, 2, agreement="B")
    await delete(app)
    await restore(app, container=SECOND)


async def test_what_was_moved_on_counts_under_its_bounds(app: Installation) -> None:
    """An agreement made anew with a lower upper bound does not roll over at it."""
    service = await service_of(app, SERVICE)
    await app.advances.advance(service, AdvanceBody.model_validate({"by": 500}), "me", "op")
    await app.artifacts.delete(service, Section.AGREEMENTS, "A", unconditional)
    doc = x12_document(groupControlNumberUpperBound=501)
    await app.imports.write(
        service, [ImportItem(section=Section.AGREEMENTS, name="B", document=doc)]
    )
    assert await issue(app, 1, agreement="B", kind=Kind.GROUP) == [501]
    with pytest.raises(Problem):
        await issue(app, 1, agreement="B", kind=Kind.GROUP)


async def test_reuse_within_lower_bounds_is_not_undone_by_a_copy(app: Installation) -> None:
    """A copy that issues nothing has its row with the former end of the cycle."""
    await restore(app, DR)
    await resume(app, DR)
    await issue(app, 5, DR)
    service = await service_of(app, SERVICE)
    doc = x12_document(interchangeControlNumberUpperBound=10)
    await app.artifacts.put(service, Section.AGREEMENTS, "A", doc, unconditional, allow_reuse=True)
    dr = await service_of(app, DR)
    await app.imports.write(dr, [agreement()])
    assert await issue(app, 3) == [8, 9, 10]
    assert await issue(app, 2) == [1, 2]


async def test_numbers_on_their_way_are_within_bounds_that_were_answered(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would have begun anew at an end that is none any more."""
    service = await service_of(app, SERVICE)
    doc = x12_document(interchangeControlNumberUpperBound=10)
    await app.artifacts.put(service, Section.AGREEMENTS, "A", doc, unconditional, allow_reuse=True)
    await issue(app, 8)
    other = Installation(app.settings)
    write = app.ledger.write

    async def meanwhile(name: str, row: Any) -> LedgerRow:
        monkeypatch.setattr(app.ledger, "write", write)
        await other.artifacts.put(service, Section.AGREEMENTS, "A", x12_document(), unconditional)
        return await write(name, row)

    monkeypatch.setattr(app.ledger, "write", meanwhile)
    try:
        assert await issue(app, 1) == [11]
    finally:
        await other.close()


async def test_a_stream_whose_agreement_has_no_row_is_in_the_backup(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agreement was made anew, its claim was not made, and the ledger is lost later."""
    service = await service_of(app, SERVICE)
    await issue(app, 5)
    await app.artifacts.delete(service, Section.AGREEMENTS, "A", unconditional)
    with monkeypatch.context() as m:
        m.setattr(Checks, "settle_counters", AsyncMock())
        await app.imports.write(service, [agreement("B")])
    await back_up(app, SECOND)
    await delete(app)
    await app.ledger.drop_all(SERVICE)
    await restore(app, container=SECOND)
    await resume(app)
    assert await issue(app, 1, agreement="B") == [8]
