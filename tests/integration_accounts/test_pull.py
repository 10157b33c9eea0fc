"""Pulling what an account holds: every member and byte, once, and only what changed."""

from pathlib import Path
from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.operation import OperationStatus
from tests.integration_accounts.linked import create, link, service
from tests.integration_accounts.pulled import (
    RECORDED,
    artifacts_of,
    held,
    ids_of,
    pull,
    sessions_of,
)
from tests.support.arm import Arm, resources_of


@pytest.mark.parametrize("file", RECORDED)
async def test_all_that_is_recorded_is_pulled(
    app: Installation, arm: Arm, corpus: Path, file: str
) -> None:
    resources = resources_of(corpus, file)
    arm.load(resources)
    for number, account in enumerate(ids_of(resources)):
        name = f"contoso-b2b{number}"
        await create(app, name)
        await link(app, name, account)
        ended = await pull(app, name)
        assert ended.status is OperationStatus.SUCCEEDED, ended.error
        assert await held(app, name) == artifacts_of(arm, account)
        assert await sessions_of(app, name) == arm_sessions(arm, account)


def arm_sessions(arm: Arm, account: str) -> dict[str, Any]:
    return {
        item.name: (item.properties.get("content"), item.changed)
        for item in arm.account(account).items.get("sessions", {}).values()
    }


async def test_a_second_pull_fetches_and_writes_nothing(
    app: Installation, arm: Arm, corpus: Path
) -> None:
    arm.load(resources_of(corpus, "azps-2017"))
    account = ids_of(resources_of(corpus, "azps-2017"))[0]
    await create(app)
    await link(app, resource_id=account)
    first = await pull(app)
    head = await app.configuration.head((await service(app)).id)
    arm.calm()
    second = await pull(app)
    assert second.result is not None
    assert second.result["contentFetched"] == 0
    assert second.result["added"] == second.result["changed"] == second.result["removed"] == {}
    assert second.result["sessions"]["written"] == 0
    again = await app.configuration.head((await service(app)).id)
    assert head is not None
    assert again is not None
    assert (again.revision, again.etag) == (head.revision, head.etag)
    assert first.result is not None
    assert first.result["contentFetched"] > 0
    assert all(one.method == "GET" for one in arm.seen)
