"""A pull, broken at each storage call: the service is as it was before or as the account is, never
between; what is backed up afterwards is whole."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.backup import BackupBody
from shared.model.condition import unconditional
from shared.model.operation import OperationStatus
from shared.model.pull import PullBody
from shared.model.sections import Section
from shared.services.documents import open_document
from shared.state.operations import OperationRow
from tests.faults.test_enumeration import app_over
from tests.integration_accounts.linked import IA, ONE, create, link, service
from tests.integration_accounts.pulled import artifacts_of, held, pull, sessions_of
from tests.integration_accounts.small import change, small
from tests.support.arm import Arm
from tests.support.deployed import Deployed, Emulator
from tests.support.report import chosen, each, require_drawn
from tests.support.scenes import delivered, require_whole, run
from tests.support.transport import FaultTransport, Way

_REDELIVERIES = 60


async def prepared(deployed: Deployed, arm: Arm) -> None:
    """A linked service, pulled once; then somebody changes the account."""
    arm.load(small())
    app = Installation(deployed.read())
    await create(app)
    await link(app)
    ended = await pull(app)
    assert ended.status is OperationStatus.SUCCEEDED, ended.error
    await app.close()


def recovering(deployed: Deployed) -> Installation:
    """An app that comes after the one that broke: with leases that a busy machine does not lose."""
    at_once = {"recovery_nudge_seconds": 1, "retry_seconds": (0, 0, 0, 0)}
    return Installation(deployed.read().model_copy(update=at_once))


async def whole(app: Installation) -> dict[str, Any]:
    """All that a pull changes in a service, and what is known of it."""
    of = await service(app)
    key = await app.keys.data_key(of.id)
    settings = await app.configuration.settings(of.id)
    head = await app.configuration.head(of.id)
    found = await app.links.get(ONE)
    assert settings is not None
    assert head is not None
    assert found is not None
    opened = open_document(key, "service", "service", settings.document)
    received = [n.value async for page in app.received.pages(of.id) for n in page]
    ledger = [row async for page in app.ledger.pages(ONE) for row in page]
    drift = [one async for page in app.drift.pages(of.id) for one in page]
    return {
        "artifacts": await held(app),
        "sessions": await sessions_of(app),
        "received": sorted(received),
        "ledger": {row.agreement: row.counters for row in ledger},
        "counts": {section: count for section, count in head.counts.items() if count},
        "account": opened.get("integrationAccount"),
        "link": (found.value.account, found.value.counts),
        "drift": sorted((one.section, one.name, str(one.drift)) for one in drift),
    }


async def require_nothing_staged(app: Installation) -> None:
    of = await service(app)
    head = await app.configuration.head(of.id)
    assert head is not None
    assert head.stage == ""
    summary = await app.staging.summary(of.id)
    assert summary is not None
    pages = app.staging.artifacts(of.id, summary.operation)
    assert [one async for page in pages for one in page] == []
    pages_of_values = app.staging.values(of.id, summary.operation)
    assert [one async for page in pages_of_values for one in page] == []


async def start(app: Installation) -> OperationRow:
    return await app.pulls.start(await service(app), PullBody(), "somebody", None)


async def backed_up(app: Installation) -> None:
    """A backup of what the service has now, without a pull, is whole."""
    body = BackupBody(name="afterwards", storage_account="offsite", pull=False)
    record = await app.backups.start(await service(app), body, "somebody", None)
    ended = await delivered(app, record, _REDELIVERIES, 0.5)
    assert ended.operation.status == "Succeeded", ended.operation.error
    await require_whole(app, "afterwards")


async def nothing_more(_app: Installation) -> None:
    """What a pull brought is compared anyway."""


async def linked_alone(deployed: Deployed, arm: Arm) -> None:
    """A linked service that was never pulled, and had something of its own before."""
    arm.load(small())
    app = Installation(deployed.read())
    await create(app)
    own = {"partnerType": "B2B", "content": {"b2b": {"businessIdentities": []}}}
    await app.artifacts.put(await service(app), Section.PARTNERS, "Own", own, unconditional)
    await link(app)
    await app.close()


async def start_first(app: Installation) -> OperationRow:
    body = PullBody(accept_removals=True)
    return await app.pulls.start(await service(app), body, "somebody", None)


async def start_backup(app: Installation) -> OperationRow:
    body = BackupBody(name="that-pulls", storage_account="offsite")
    return await app.backups.start(await service(app), body, "somebody", None)


async def backup_is_of_the_account(app: Installation) -> None:
    """Its artifacts are those that the service was brought to."""
    await require_whole(app, "that-pulls")
    found = await app.history.get(ONE, "that-pulls")
    assert found is not None
    assert (found.value.status, found.value.pulled) == ("Succeeded", True)
    held_now = Counter(path.partition("/")[0] for path in await held(app))
    backed_up_then = {one.name: one.items for one in found.value.sections or ()}
    assert {section: backed_up_then[section] for section in held_now} == held_now


@dataclass(frozen=True)
class Scene:
    """An operation that pulls: what is there before it, how it is started, and what looks at what
    is there after it, beside what the service has."""

    name: str
    prepare: Callable[[Deployed, Arm], Awaitable[None]]
    start: Callable[[Installation], Awaitable[OperationRow]]
    holds: Callable[[Installation], Awaitable[None]]


SCENES = (
    Scene("pull", prepared, start, nothing_more),
    Scene("first pull", linked_alone, start_first, nothing_more),
    Scene("backup that pulls", prepared, start_backup, backup_is_of_the_account),
)


@pytest.mark.timeout(5000)
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
@pytest.mark.parametrize("way", Way, ids=lambda way: way.name.lower())
async def test_a_pull_broken_at_a_storage_call_ends_as_if_it_had_not(
    emulator: Emulator, tmp_path: Path, request: pytest.FixtureRequest, way: Way, scene: Scene
) -> None:
    require_drawn(scene.name, way)
    before, after = {}, {}

    async def broken(call: int) -> int:
        deployed = Deployed.new(emulator, tmp_path)
        with Arm() as arm:
            settings = {**deployed.settings, **arm.settings()}
            deployed = Deployed(deployed.state, deployed.offsite, settings, tmp_path)
            await scene.prepare(deployed, arm)
            transport = FaultTransport()
            app = app_over(deployed, transport, patience=way.patience)
            if not before:
                before.update(await whole(app))
            change(arm)
            record = await scene.start(app)
            calls = await transport.broken(call, way, run(app, record))
            await app.close()

            app = recovering(deployed)
            try:
                ended = await delivered(app, record, _REDELIVERIES, 0.5)
                assert ended.operation.status == "Succeeded", ended.operation.error
                await require_nothing_staged(app)
                now = await whole(app)
                assert now["artifacts"] == artifacts_of(arm, IA)
                if not after:
                    after.update(now)
                assert now == after
                await scene.holds(app)
                await backed_up(app)
            finally:
                await app.close()
        return calls

    calls = await broken(10_000)
    assert before != after
    drawn = chosen(request, scene.name, way, calls)
    await each(scene.name, way, drawn, lambda call: _none(broken(call)))


async def _none(doing: Awaitable[int]) -> None:
    await doing
