"""A service that is linked, and was not pulled since: what it holds is of no account, or of the one
that was pulled before."""

import gzip
import json
from typing import Any

import pytest

from shared.blobs.backup_container import BackupContainer
from shared.installation.installation import Installation
from shared.integration_accounts.pulling.pull import Puller
from shared.model.backup import BackupBody
from shared.model.condition import unconditional
from shared.model.descriptor import Descriptor
from shared.model.operation import Operation
from shared.model.pull import PullBody
from shared.model.sections import Section
from tests.integration_accounts.linked import IA, ONE, account, create, link, service, unlink
from tests.integration_accounts.pulled import held, pull
from tests.integration_accounts.pushed import ended, plan
from tests.integration_accounts.small import AGREEMENT, LATER, agreement, session
from tests.support.arm import Arm
from tests.support.scenes import read_whole, run

OTHER = f"{IA}-other"
NEW = {"create": {"resourceId": f"{IA}-new", "location": "northeurope", "sku": "Standard"}}


@pytest.fixture
async def relinked(pulled: Installation, arm: Arm) -> Installation:
    """A service that was pulled from one account, and is linked to another one since."""
    arm.load([account(OTHER, sku="Basic", tags={"of": "other"})])
    await unlink(pulled)
    await link(pulled, resource_id=OTHER)
    return pulled


async def backed_up(app: Installation, name: str) -> tuple[Operation, Descriptor, Any]:
    """A backup without a pull: its operation, its descriptor and its settings."""
    body = BackupBody(name=name, storage_account="offsite", pull=False)
    record = await app.backups.start(await service(app), body, "somebody", None)
    await run(app, record)
    found = await app.records.find(ONE, record.operation.id)
    assert found is not None
    container = BackupContainer(app.accounts.require("offsite", ""), name)
    descriptor = await read_whole(app, container)
    blob = next(part.blob for part in descriptor.sections if part.name == "service")
    data = await (await container.blob(blob).download_blob()).readall()
    (line,) = gzip.decompress(data).splitlines()
    return found[0].operation, descriptor, json.loads(line)["document"]


async def test_a_backup_names_the_account_that_was_pulled_and_not_the_one_that_is_linked(
    relinked: Installation, arm: Arm
) -> None:
    done, descriptor, settings = await backed_up(relinked, "of-the-former")
    assert settings["integrationAccount"]["resourceId"] == IA
    assert settings["integrationAccount"]["tags"] == {"team": "edi"}
    assert done.status == "Succeeded"
    (warning,) = done.warnings
    assert (warning.code, warning.target) == ("AccountNotPulled", OTHER)
    assert f"an earlier pull brought of '{IA}'" in warning.message
    assert [one.code for one in descriptor.warnings] == ["AccountNotPulled"]
    assert (await pull(relinked, accept=True)).status == "Succeeded"
    done, _, settings = await backed_up(relinked, "of-the-new")
    assert settings["integrationAccount"]["resourceId"] == OTHER
    assert done.warnings == []


async def test_a_backup_of_what_no_account_had_names_none(pulled: Installation, arm: Arm) -> None:
    await create(pulled, "plain-b2b")
    await pulled.artifacts.put(
        await service(pulled, "plain-b2b"), Section.PARTNERS, "Alpine", {}, unconditional
    )
    arm.load([account(OTHER)])
    await link(pulled, "plain-b2b", OTHER)
    body = BackupBody(name="plain-one", storage_account="offsite", pull=False)
    record = await pulled.backups.start(await service(pulled, "plain-b2b"), body, "somebody", None)
    await run(pulled, record)
    found = await pulled.history.get("plain-b2b", "plain-one")
    assert found is not None
    (warning,) = found.value.warnings
    assert (warning.code, warning.target) == ("AccountNotPulled", OTHER)
    assert "what the service had before" in warning.message
    cut = await pulled.source(await service(pulled, "plain-b2b")).cut("of-a-test", hold=False)
    (settings,) = [one async for page in cut.records("service") for one in page]
    assert "integrationAccount" not in settings.document


async def test_an_attempt_after_another_link_pulls_that_account(
    pulled: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had brought the former account before it stopped: that is not what is asked for now."""
    whole = Puller.pull

    async def stops(*args: Any, **named: Any) -> Any:
        await whole(*args, **named)
        raise OSError("the process stops")

    arm.load([agreement(LATER, metadata={"owner": "edi"})])
    with monkeypatch.context() as patched:
        patched.setattr(Puller, "pull", stops)
        wanted = PullBody(accept_removals=True)
        record = await pulled.pulls.start(await service(pulled), wanted, "somebody", None)
        assert (await ended(pulled, record)).status == "Running"
    assert "agreements/Northwind-Fabrikam" in await held(pulled)
    arm.load([account(OTHER)])
    await unlink(pulled)
    await link(pulled, resource_id=OTHER)
    arm.calm()
    done = await ended(pulled, record)
    assert done.status == "Succeeded", done.error
    assert any(one.path.startswith(OTHER) for one in arm.seen)
    assert await held(pulled) == {}


async def test_a_push_goes_by_the_account_that_was_pulled(relinked: Installation, arm: Arm) -> None:
    """The one that is merely linked knows nothing of the numbers."""
    arm.load([session(f"{AGREEMENT}-ICN", 5000, LATER)])
    planned = await plan(relinked, NEW, ONE)
    becomes = {one.kind: one.becomes for one in planned.control_numbers.items}
    assert becomes["interchange"] == 5000
    assert planned.errors == []
