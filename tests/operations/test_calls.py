"""What operations ask of storage: nothing twice, and no more than they need.

Where storage is far away, or paid by the call, each call counts. The figures are those of ``make
bench BENCH=latency``; here they may not grow unseen.
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from shared.installation.installation import Installation
from shared.model.backup import VerifyLevel
from shared.model.condition import unconditional
from shared.model.sections import Section
from shared.model.service import ServiceSettings
from shared.state.operations import OperationRow
from tests.support.api import partner_document, x12_document
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import (
    ASKED,
    FIRST,
    SECOND,
    SERVICE,
    run,
    start_backup,
    start_delete,
    start_restore,
)
from tests.support.transport import FaultTransport

Watched = tuple[Installation, FaultTransport]


@pytest.fixture
async def watched(emulator: Emulator, tmp_path: Path) -> AsyncIterator[Watched]:
    """An empty service with one backup in an installation that has done everything once."""
    transport = FaultTransport()
    app = Installation(Deployed.new(emulator, tmp_path).read(), transport=transport)
    basic = ServiceSettings.model_validate({"edition": "Basic"})
    await app.services.create(SERVICE, basic, ASKED)
    await run(app, await start_backup(app, FIRST))
    await run(app, await start_delete(app))
    await run(app, await start_restore(app))
    transport.mend()
    yield app, transport
    await app.close()


async def start_verify(app: Installation) -> OperationRow:
    found = await app.backups.get(SERVICE, FIRST)
    return await app.verifications.start(found.value, VerifyLevel.DATA, "somebody", None)


@pytest.mark.parametrize(
    ("starting", "most"),
    [
        (lambda app: start_backup(app, SECOND), 42),
        (start_verify, 20),
    ],
    ids=["backup", "verify"],
)
async def test_a_small_operation_takes_so_many_calls(
    watched: Watched, starting: Callable[[Installation], Awaitable[OperationRow]], most: int
) -> None:
    app, transport = watched
    await run(app, await starting(app))
    assert transport.calls <= most, "\n".join(transport.log)


async def test_a_small_restore_takes_so_many_calls(watched: Watched) -> None:
    app, transport = watched
    await run(app, await start_delete(app))
    transport.mend()
    await run(app, await start_restore(app))
    assert transport.calls <= 45, "\n".join(transport.log)


async def test_what_a_person_waits_for_asks_for_nothing_twice(watched: Watched) -> None:
    app, transport = watched
    shown = await app.services.view(await app.services.require(SERVICE))
    assert shown.shown["name"] == SERVICE
    assert transport.calls == 3
    assert max(Counter(transport.log).values()) == 1, transport.log


async def test_a_put_of_an_agreement_takes_so_many_calls(watched: Watched) -> None:
    app, transport = watched
    service = (await app.services.require(SERVICE)).service
    for name in ("Northwind", "Fabrikam"):
        partner = partner_document(name)
        await app.artifacts.put(service, Section.PARTNERS, name, partner, unconditional)
    for most in (19, 10):
        transport.mend()
        await app.artifacts.put(service, Section.AGREEMENTS, "A", x12_document(), unconditional)
        assert transport.calls <= most, "\n".join(transport.log)
