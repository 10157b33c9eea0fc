"""A pull, broken at each request to Azure Resource Manager: the service is as it was before or as
the account is, never between."""

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.backup import BackupBody
from shared.model.operation import OperationStatus
from shared.storage.patience import Patience
from tests.faults.test_pull import (
    _REDELIVERIES,
    backed_up,
    prepared,
    require_nothing_staged,
    start,
    whole,
)
from tests.integration_accounts.linked import IA, ONE, service
from tests.integration_accounts.pulled import artifacts_of, held, pull, sessions_of
from tests.integration_accounts.small import change, small
from tests.support.arm import Arm
from tests.support.deployed import Deployed, Emulator
from tests.support.report import POINTS, SEED
from tests.support.scenes import delivered
from tests.support.transport import ONCE

_QUICK = Patience(call_seconds=60, try_seconds=60, first_wait_seconds=0.01)

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
