"""Numbers after a restore that set them back or moved them on: what is known is not forgotten."""

from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.artifact import ImportItem
from shared.model.numbers import Kind
from shared.model.restore import RestoreBody
from shared.model.sections import Section
from shared.model.service import ServiceSettings, State
from shared.restores.new_service import NewService
from shared.rules.states import ServiceOperation
from shared.services.checks import Checks
from tests.support.api import partner_document, x12_document
from tests.support.scenes import ASKED, FIRST, SERVICE, run, start_delete

AGREEMENT = [
    ImportItem(section=Section.AGREEMENTS, name="A", document=x12_document()),
    *(
        ImportItem(section=Section.PARTNERS, name=name, document=partner_document(name))
        for name in ("Northwind", "Fabrikam")
    ),
]


async def restored(app: Installation, tries: int = 1, **numbers: Any) -> None:
    """The small service, restored; two interchange numbers were issued when it was backed up."""
    body = {
        "backup": {"storageAccount": "offsite", "container": FIRST},
        "controlNumbers": numbers,
    }
    record = await app.restores.start(RestoreBody.model_validate(body), "x", None)
    for _ in range(tries):
        await run(app, record)
    listed = await app.services.require(SERVICE)
    assert listed.service.state is State.SUSPENDED
    await app.services.move(listed, ServiceOperation.RESUME, ASKED)


async def issued(app: Installation, kind: Kind = Kind.INTERCHANGE, count: int = 1) -> list[int]:
    return [one.value for one in await app.allocator.allocate(SERVICE, "A", [kind], count)]


@pytest.mark.parametrize("crashed", [False, True])
async def test_a_service_that_follows_a_set_back_one_goes_on_behind_all_of_it(
    app: Installation, monkeypatch: pytest.MonkeyPatch, crashed: bool
) -> None:
    """The restore asked for numbers again; whoever is created under its name later did not."""
    assert await issued(app, count=3) == [3, 4, 5]
    await run(app, await start_delete(app))
    await restored(app, policy="asBackedUp")
    assert await issued(app) == [3], "as was asked for"
    await run(app, await start_delete(app))
    wanted = ServiceSettings.model_validate({"edition": "Basic"})
    listed = await app.services.create(SERVICE, wanted, ASKED)
    if crashed:  # between the agreement and the claim of its row
        monkeypatch.setattr(Checks, "settle_counters", nothing)
    await app.imports.write(listed.service, AGREEMENT)
    assert await issued(app) == [6]


async def nothing(*_args: object) -> None:
    return


async def test_kinds_that_a_lost_ledger_may_have_issued_are_moved_on(app: Installation) -> None:
    """The first group number was issued after the backup, and nobody knows of it any more."""
    await run(app, await start_delete(app))
    await app.ledger.drop_all(SERVICE)
    await restored(app, policy="advance", by=100)
    assert (await issued(app), await issued(app, Kind.GROUP)) == ([103], [101])


async def test_a_restore_that_is_tried_again_moves_numbers_on_once(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run(app, await start_delete(app))
    complete = NewService.complete

    async def stops_once(target: NewService) -> None:
        monkeypatch.setattr(NewService, "complete", complete)
        raise RuntimeError("behind the ledger")

    monkeypatch.setattr(NewService, "complete", stops_once)
    await restored(app, tries=2, policy="advance", by=100)
    assert await issued(app) == [103]
