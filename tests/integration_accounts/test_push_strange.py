"""Strange sessions go the whole way: from an account through a backup and a restore into another
account, unchanged, and nobody reads them on the way."""

import gzip
from collections.abc import AsyncIterator
from typing import Any

from localhost.arm.sample import ACCOUNT
from shared.blobs.backup_container import BackupContainer
from shared.installation.installation import Installation
from shared.integration_accounts.pushing.sources import sessions_of as sessions_of_account
from shared.model.restore import RestoreBody
from shared.model.wire import JsonObject
from shared.rules.integration_accounts.session_names import Agreements
from shared.rules.integration_accounts.verbatim import faithful
from tests.integration_accounts.linked import backup, service
from tests.integration_accounts.pulled import pull, sessions_of
from tests.integration_accounts.pushed import BACKUP, COPY, NEW, OTHER, lose, pulled, push
from tests.integration_accounts.test_pull_strange import STRANGE
from tests.support.arm import Arm
from tests.support.scenes import read_whole, run


def session(name: str, content: Any) -> dict[str, Any]:
    return {"id": f"{ACCOUNT}/sessions/{name}", "properties": {"content": content}}


async def test_strange_sessions_survive_backup_restore_and_push(
    app: Installation, arm: Arm
) -> None:
    await pulled(app, arm)
    arm.load(session(name, content) for name, content in STRANGE.items())
    assert (await pull(app)).warnings == []
    before = await sessions_of(app)
    await backup(app, BACKUP)
    container = BackupContainer(app.accounts.require("offsite", ""), BACKUP)
    descriptor = await read_whole(app, container)
    assert descriptor.warnings == []
    blob = next(part.blob for part in descriptor.sections if part.name == "sessions")
    lines = gzip.decompress(await (await container.blob(blob).download_blob()).readall())
    assert b'"name":"deep"' in lines
    assert b"nobody-may-read-this" not in lines
    wanted = RestoreBody.model_validate(
        {
            "backup": {"storageAccount": "offsite", "container": BACKUP},
            "service": {"name": COPY},
        }
    )
    await run(app, await app.restores.start(wanted, "somebody", None))
    assert (await service(app, COPY)).state == "Suspended"
    assert await sessions_of(app, COPY) == before
    lose(arm)
    done = await push(app, {**NEW, "controlNumbers": {"policy": "advance", "by": 100}})
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    there = arm.account(OTHER).items["sessions"]
    assert {name: there[name].properties["content"] for name in STRANGE} == STRANGE


TWICE = '{"name": "A-ICN", "properties": {"content": 1, "content": 2}}'


async def test_a_session_that_cannot_be_held_is_one_that_cannot_be_read() -> None:
    async def pages() -> AsyncIterator[list[JsonObject]]:
        yield [faithful(TWICE), {"name": "\ud83d", "properties": {"content": 1}}]
        yield [{"name": "other", "properties": {"content": 1}}]

    found = await sessions_of_account(pages(), Agreements(["A"]))
    assert found.count == 3
    (number,) = found.generated.values()
    assert (number.name, number.content) == ("A-ICN", None)
