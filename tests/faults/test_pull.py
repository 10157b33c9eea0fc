"""A pull, broken at each storage call and at each request to ARM: the service is as it was before
or as the account is, never between; what is backed up afterwards is whole."""

import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
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
from shared.storage.patience import Patience
from tests.faults.test_enumeration import app_over
from tests.integration_accounts.linked import IA, ONE, create, link, service
from tests.integration_accounts.pulled import artifacts_of, held, pull, sessions_of
from tests.integration_accounts.small import change, small
from tests.support.arm import Arm
from tests.support.deployed import Deployed, Emulator
from tests.support.report import POINTS, SEED, chosen, each, require_drawn
from tests.support.scenes import delivered, require_whole, run
from tests.support.transport import ONCE, FaultTransport, Way

_REDELIVERIES = 60
_QUICK = Patience(call_seconds=60, try_seconds=60, first_wait_seconds=0.01)


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


GATEWAY = {"x-ms-failure-cause": "gateway"}
HTML = "<html><body>Bad Gateway</body></html>"


def error(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": f"It is {code}."}}


LISTS: dict[str, dict[str, Any]] = {
    "refused": {"status": 403, "body": error("AuthorizationFailed")},
    "account gone": {"status": 404, "body": error("ResourceNotFound"), "headers": GATEWAY},
    "group gone": {"status": 404, "body": error("ResourceGroupNotFound"), "headers": GATEWAY},
    "busy": {"status": 429, "body": error("TooManyRequests"), "headers": {"Retry-After": "0"}},
    "answer lost": {"cut": "no answer", "carried_out": True},
    "cut": {"cut": "middle"},
    "bad gateway": {"status": 502, "body": HTML},
    "no list": {"status": 200, "body": {"value": None}},
    "half a page": {"status": 200, "body": '{"value": [{"name": "Nor'},
}
"""How a request to ARM may be answered."""

CONTENT: dict[str, dict[str, Any]] = {
    "expired": {"status": 403, "body": "<Error><Code>AuthenticationFailed</Code></Error>"},
    "gone": {"status": 404, "body": "<Error><Code>BlobNotFound</Code></Error>"},
    "answer lost": {"cut": "no answer"},
    "cut": {"cut": "middle"},
    "bad gateway": {"status": 502, "body": HTML},
    "other bytes": {"status": 200, "body": "<html>Please sign in</html>"},
    "short": {"status": 200, "body": "<order"},
}
"""How one for content may be."""

PASSING = {"busy", "answer lost", "cut", "bad gateway", "half a page", "no list"}
"""What another try does not meet."""


@pytest.fixture
async def quick(emulator: Emulator, tmp_path: Path, arm: Arm) -> AsyncIterator[Installation]:
    """A pulled service, of which nothing breaks but ARM."""
    deployed = Deployed.new(emulator, tmp_path, **arm.settings())
    await prepared(deployed, arm)
    app = Installation(deployed.read(), patience=_QUICK)
    yield app
    await app.close()


@pytest.fixture
async def hasty(quick: Installation) -> AsyncIterator[Installation]:
    """The same, by an app that sends nothing again."""
    app = Installation(
        quick.settings.model_copy(update={"retry_seconds": (0, 0, 0, 0)}), patience=ONCE
    )
    yield app
    await app.close()


async def requests_of(app: Installation, arm: Arm) -> list[bool]:
    """Of each request of a pull that nothing disturbs and that has nothing to bring, and then of
    one that does: whether it is for content."""
    arm.calm()
    change(arm)
    ended = await pull(app)
    assert ended.status is OperationStatus.SUCCEEDED
    found = [one.is_content for one in arm.seen]
    arm.calm()
    return found


def points(contents: list[bool]) -> list[tuple[str, int]]:
    """Which faults at which requests: a sample of them, or all."""
    every = [
        (name, number)
        for number, is_content in enumerate(contents, 1)
        for name in (CONTENT if is_content else LISTS)
    ]
    if POINTS == "all":
        return every
    drawn = random.Random(SEED + "arm").sample(every, 12 * int(POINTS))
    of_content = contents.index(True) + 1
    return sorted({*drawn, *((name, of_content) for name in list(CONTENT)[:4])})


def back(arm: Arm) -> None:
    """The account is as it was before somebody changed it."""
    arm.lose(IA)
    arm.load(small())


@pytest.mark.timeout(2000)
async def test_a_pull_broken_once_at_a_request_is_as_before_or_as_after(
    quick: Installation, arm: Arm
) -> None:
    contents = await requests_of(quick, arm)
    back(arm)
    assert (await pull(quick)).status is OperationStatus.SUCCEEDED
    for name, number in points(contents):
        before = await held(quick), await sessions_of(quick)
        change(arm)
        fault = (CONTENT if contents[number - 1] else LISTS)[name]
        arm.fault(nth=number, **fault)
        ended = await pull(quick)
        arm.calm()
        if name in PASSING or contents[number - 1]:
            assert ended.status is OperationStatus.SUCCEEDED, (name, number, ended.error)
            assert await held(quick) == artifacts_of(arm, IA), (name, number)
        else:
            assert ended.status is OperationStatus.FAILED, (name, number)
            assert (await held(quick), await sessions_of(quick)) == before, (name, number)
        back(arm)
        assert (await pull(quick)).status is OperationStatus.SUCCEEDED
        assert await held(quick) == artifacts_of(arm, IA)


@pytest.mark.timeout(2000)
async def test_a_pull_broken_from_a_request_on_leaves_the_service_as_it_was(
    quick: Installation, hasty: Installation, arm: Arm
) -> None:
    contents = await requests_of(quick, arm)
    back(arm)
    assert (await pull(quick)).status is OperationStatus.SUCCEEDED
    before = await whole(quick)
    change(arm)
    for name, number in points(contents):
        if contents[number - 1] and name not in PASSING:
            continue  # content that is refused for good ends no pull
        fault = (CONTENT if contents[number - 1] else LISTS)[name]
        part = "/content/" if contents[number - 1] else ""
        nth = 1 if part else number
        arm.fault(nth=nth, times=10_000, part=part, **fault)
        record = await start(hasty)
        ended = await delivered(hasty, record, _REDELIVERIES, 0)
        arm.calm()
        assert ended.operation.status == "Failed", (name, number)
        assert ended.operation.error is not None
        assert ended.operation.error.code.startswith("IntegrationAccount"), ended.operation.error
        assert await whole(hasty) == before, (name, number)
    await backed_up(hasty)
    ended_at_last = await pull(quick)
    assert ended_at_last.status is OperationStatus.SUCCEEDED, ended_at_last.error
    assert await held(quick) == artifacts_of(arm, IA)
    await require_nothing_staged(quick)


@pytest.mark.timeout(600)
async def test_content_that_is_refused_for_good_is_left_out_and_named(
    quick: Installation, hasty: Installation, arm: Arm
) -> None:
    change(arm)
    for name in sorted(CONTENT.keys() - PASSING):
        arm.fault(times=10_000, part="/content/", **CONTENT[name])
        ended = (await delivered(hasty, await start(hasty), _REDELIVERIES, 0)).operation
        assert ended.status is OperationStatus.PARTIALLY_SUCCEEDED, (name, ended.error)
        lacking = {one.target for one in ended.warnings if one.code == "ContentRefused"}
        assert lacking == {"schemas/Order"}, name
        wanted = artifacts_of(arm, IA)
        document, _ = wanted["schemas/Order"]
        assert await held(hasty) == {**wanted, "schemas/Order": (document, None)}, name
        await require_nothing_staged(hasty)
        arm.calm()
    ended = await pull(quick)
    assert ended.status is OperationStatus.SUCCEEDED, ended.error
    assert await held(quick) == artifacts_of(arm, IA)
    await backed_up(quick)


@pytest.mark.timeout(600)
async def test_a_page_that_repeats_or_leads_elsewhere_is_no_list(
    quick: Installation, hasty: Installation, arm: Arm
) -> None:
    before = await whole(quick)
    arm.calm()
    assert (await pull(quick)).status is OperationStatus.SUCCEEDED
    asked = [one for one in arm.seen if one.path.lower().endswith(("partners", "sessions"))]
    arm.calm()
    change(arm)
    for one in asked[:3]:
        query = "&".join(f"{name}={value}" for name, value in one.query.items())
        itself = f"{arm.url}{one.path}?{query}"
        for following in (itself, "http://127.0.0.2:1/elsewhere"):
            page = {"value": [], "nextLink": following}
            kind = one.path.rpartition("/")[2]
            arm.fault(part=f"/{kind}?", times=10_000, status=200, body=page)
            ended = await delivered(hasty, await start(hasty), _REDELIVERIES, 0)
            arm.calm()
            assert ended.operation.status == "Failed", (kind, following)
            assert await whole(quick) == before, (kind, following)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("lose", ["account", "group"])
async def test_an_account_that_is_gone_is_no_empty_one(
    quick: Installation, arm: Arm, lose: str
) -> None:
    before = await whole(quick)
    if lose == "account":
        arm.lose(IA)
    else:
        arm.state.groups.clear()
    ended = await pull(quick)
    assert ended.status is OperationStatus.FAILED
    assert ended.error is not None
    assert ended.error.code == "IntegrationAccountNotFound"
    assert await whole(quick) == before
    found = await quick.links.get(ONE)
    assert found is not None
    assert found.value.last_pull_status == "Failed"
    body = BackupBody(name="of-nothing", storage_account="offsite")
    record = await quick.backups.start(await service(quick), body, "somebody", None)
    failed = await delivered(quick, record, _REDELIVERIES, 0)
    assert failed.operation.status == "Failed"
    assert failed.operation.error is not None
    assert failed.operation.error.code == "IntegrationAccountNotFound"
    await backed_up(quick)
    assert await whole(quick) == before
