"""Who may issue an agreement's numbers: the owner in its ledger row.

A row is claimed before its agreement is written and released after it is deleted. Releasing always
writes, so that an allocation that read the row before fails at its conditional write.
"""

from dataclasses import replace

from shared.clock import Clock
from shared.model.problem import Code, Problem
from shared.model.wire import rfc3339
from shared.rules.numbers import continued
from shared.state.control_numbers import BATCH_ROWS, Ledger, LedgerRow
from shared.state.gateway import RowChanged, RowExists
from shared.state.services import Directory


async def claim(
    ledger: Ledger,
    directory: Directory,
    clock: Clock,
    *,
    service: str,
    service_id: str,
    agreement: str,
) -> LedgerRow:
    """Make the service the owner of an agreement's row; its counters go on: see ``taken``.

    The directory is read after the row: a request of an earlier life of the name, which was on
    its way when the service was deleted, takes nothing from the later one.

    :raises Problem: ServiceNotFound where the service is no more.
    """
    while True:
        row = await ledger.get(service, agreement)
        if row is not None and row.owner == service_id:
            return row
        listed = await directory.get(service)
        if listed is None or listed.service.id != service_id:
            raise Problem(
                Code.SERVICE_NOT_FOUND,
                f"Service '{service}' was deleted meanwhile. Nothing was changed.",
                target="service",
            )
        if row is None:
            row = LedgerRow(agreement, service_id, {}, rfc3339(clock.now()))
        try:
            return await ledger.write(service, taken(row, service_id))
        except (RowChanged, RowExists):
            continue


def taken(row: LedgerRow, service_id: str) -> LedgerRow:
    """The row as the service has it that owns it from now on.

    Another one than a restore set back (``asBackedUp``) goes on behind all that was issued: what
    that restore asked for, it alone was given.
    """
    if row.owner == service_id:
        return row
    return replace(row, owner=service_id, counters=continued(row.counters, [row.passed]), passed={})


async def release(ledger: Ledger, *, service: str, agreement: str) -> None:
    """Take an agreement's numbers from whoever may issue them."""
    while True:
        row = await ledger.get(service, agreement)
        if row is None:
            return
        try:
            await ledger.write(service, row.owned_by(""))
        except RowChanged:
            continue
        return


async def release_all(ledger: Ledger, *, service: str) -> None:
    """Take all numbers of a service name from whoever may issue them."""
    async for page in ledger.pages(service):
        for start in range(0, len(page), BATCH_ROWS):
            batch = page[start : start + BATCH_ROWS]
            try:
                await ledger.write_all(service, [row.owned_by("") for row in batch])
            except RowChanged:
                for row in batch:
                    await release(ledger, service=service, agreement=row.agreement)
