"""Secrets that were stored before a rule knew them: masked at once, sealed at the next write."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from shared.backups.archive.reader import section_lines
from shared.backups.inspection.changes import LIVE
from shared.backups.inspection.changes import ChangesAsked as Page
from shared.installation.installation import Installation
from shared.model.artifact import Artifact
from shared.model.backup import VerifyLevel
from shared.model.condition import unconditional
from shared.model.operation import OperationStatus
from shared.model.problem import Code, Problem
from shared.model.restore import RestoreBody
from shared.model.sections import Section
from shared.model.service import Service
from shared.model.wire import MASK
from shared.rules.secret_names import Named, set_named
from shared.services.documents import shown_artifact
from shared.settings.environment import read_settings
from shared.state.edits import Put
from shared.state.operations import OperationRow
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import SERVICE, fill, run, start_backup

SOURCE: dict[str, Any] = {
    "type": "SFTP",
    "sshPrivateKey": "KEY",
    "sshPrivateKeyPassphrase": "open-sesame",
    "privateKeyContent": "KEY2",
    "sasToken": "sv=1&sig=abc",
    "url": "sftp://edi:hush@example.com/out",
    "credentials": {"user": "edi-user", "passwords": [{"password": "sealed before"}]},
}
SECRETS = ("open-sesame", "KEY2", "sig=abc", "hush", "edi-user")
OLD = "before-the-rule"
_PUBLIC = "sshPrivateKeyPassphrase,privateKeyContent,sasToken,url,credentials,passwords"


@pytest.fixture
async def opened(emulator: Emulator, tmp_path: Path) -> AsyncIterator[Callable[..., Installation]]:
    """The installation by the rule; with ``before``, by one that does not know the names."""
    deployed = Deployed.new(emulator, tmp_path)
    made: list[Installation] = []

    def over(*, before: bool = False) -> Installation:
        narrowed = {"PUBLIC_MEMBERS": _PUBLIC} if before else {}
        settings = {**deployed.settings, "STATE_STORAGE": deployed.state, **narrowed}
        made.append(Installation(read_settings(settings)))
        return made[-1]

    yield over
    for one in made:
        await one.close()
    set_named(Named())


@pytest.fixture
async def app(opened: Callable[..., Installation]) -> Installation:
    """A service with secrets in the clear, and a backup that holds them so."""
    before = opened(before=True)
    await fill(before)
    service = (await before.services.require(SERVICE)).service
    for section, name in ((Section.BRIDGES, "In"), (Section.SCHEMAS, "S")):
        await before.artifacts.put(service, section, name, {"source": SOURCE}, unconditional)
    await ended(before, await start_backup(before, OLD))
    return opened()


async def ended(app: Installation, record: OperationRow, wanted: str = "Succeeded") -> Any:
    await run(app, record)
    found = await app.records.find(record.operation.service, record.operation.id)
    assert found is not None
    operation = found[0].operation
    assert operation.status == OperationStatus(wanted), (operation.error, operation.result)
    return operation.result


async def service_of(app: Installation) -> Service:
    return (await app.services.require(SERVICE)).service


async def artifact(app: Installation, section: Section, name: str) -> Artifact:
    return (await app.artifacts.get(await service_of(app), section, name)).value


async def clear(app: Installation, section: Section, name: str) -> list[str]:
    """Which secrets the stored row has in the clear."""
    text = json.dumps((await artifact(app, section, name)).document)
    return [secret for secret in SECRETS if secret in text]


async def test_they_are_masked_at_once(app: Installation) -> None:
    assert await clear(app, Section.BRIDGES, "In") == [*SECRETS]
    shown: Any = shown_artifact(await artifact(app, Section.BRIDGES, "In"))["document"]
    assert shown == {"source": {m: v if m == "type" else MASK for m, v in SOURCE.items()}}


async def test_a_mask_keeps_and_seals_them(app: Installation) -> None:
    service = await service_of(app)
    shown: Any = shown_artifact(await artifact(app, Section.BRIDGES, "In"))["document"]
    await app.artifacts.put(service, Section.BRIDGES, "In", shown, unconditional)
    assert await clear(app, Section.BRIDGES, "In") == []
    cut = await app.source(service).cut("", hold=False)
    found = [r for page in [p async for p in cut.records("bridges")] for r in page]
    assert found[0].document == {"source": SOURCE}


async def test_parts_that_were_masked_before_are_kept(app: Installation) -> None:
    service = await service_of(app)
    of_before = {"user": "edi-user", "passwords": [{"password": MASK}]}
    sent: Any = {"source": {**SOURCE, "credentials": of_before}}
    await app.artifacts.put(service, Section.BRIDGES, "In", sent, unconditional)
    assert await clear(app, Section.BRIDGES, "In") == []
    cut = await app.source(service).cut("", hold=False)
    found = [r for page in [p async for p in cut.records("bridges")] for r in page]
    assert found[0].document == {"source": SOURCE}
    with pytest.raises(Problem) as refused:
        await app.artifacts.put(service, Section.BRIDGES, "In", sent, unconditional)
    assert refused.value.code is Code.MASK_WITHOUT_VALUE, "it is sealed as a whole by now"
    assert refused.value.target == "/document/source/credentials/passwords/0/password"


async def test_content_that_is_put_seals_the_document(app: Installation) -> None:
    service = await service_of(app)
    content = await app.content.put(service.id, b"<a/>", "text/xml", None)
    await app.artifacts.put_content(service, Section.SCHEMAS, "S", content)
    assert await clear(app, Section.SCHEMAS, "S") == []


async def test_an_operation_seals_them_all_and_is_repeatable(app: Installation) -> None:
    before = await artifact(app, Section.BRIDGES, "In")
    done = await ended(app, await app.secret_sealing.start("somebody", None))
    assert (done["services"], done["sealed"], done["failed"]) == (1, 2, 0)
    assert await clear(app, Section.BRIDGES, "In") == []
    assert await clear(app, Section.SCHEMAS, "S") == []
    after = await artifact(app, Section.BRIDGES, "In")
    assert (after.changed_at, after.content) == (before.changed_at, before.content)
    again = await ended(app, await app.secret_sealing.start("somebody", None))
    assert (again["artifacts"], again["sealed"]) == (done["artifacts"], 0)


async def test_a_held_configuration_is_waited_for(app: Installation) -> None:
    service = await service_of(app)
    cut = await app.source(service).cut("a-backup", hold=True)
    record = await app.secret_sealing.start("somebody", None)
    task = asyncio.create_task(run(app, record))
    await asyncio.sleep(1.5)
    await cut.end()
    await task
    assert await clear(app, Section.BRIDGES, "In") == []


async def test_the_next_backup_has_them_sealed(app: Installation) -> None:
    await ended(app, await start_backup(app, "by-the-rule"))
    page = await app.contents.page(SERVICE, "by-the-rule", "bridges", most=10)
    assert [value["document"] for value in page.values] == [
        {"source": {m: v if m == "type" else MASK for m, v in SOURCE.items()}}
    ]
    opened = await app.known_backups.open(SERVICE, "by-the-rule")
    part = opened.descriptor.section("bridges")
    assert part is not None
    lines = [line async for page in section_lines(opened.container, part) for line in page]
    assert not any(secret.encode() in line for line in lines for secret in SECRETS)


async def test_a_backup_of_before_is_masked_and_compared(app: Installation) -> None:
    page = await app.contents.page(SERVICE, OLD, "bridges", most=10)
    assert "open-sesame" not in json.dumps(page.values)
    same = await app.changes.page(SERVICE, OLD, LIVE, Page("bridges", 10, None))
    assert same.changes == []
    service = await service_of(app)
    changed: Any = {"source": {**SOURCE, "sasToken": "another"}}
    await app.artifacts.put(service, Section.BRIDGES, "In", changed, unconditional)
    await ended(app, await start_backup(app, "changed"))
    other: Any = {**SOURCE, "credentials": {**SOURCE["credentials"], "user": "x"}}
    await app.artifacts.put(service, Section.BRIDGES, "In", {"source": other}, unconditional)
    found = await app.changes.page(SERVICE, OLD, LIVE, Page("bridges", 10, None))
    assert found.changes[0]["secretsChanged"] == ["/source/credentials"]
    await app.artifacts.put(service, Section.BRIDGES, "In", changed, unconditional)
    for since in (LIVE, "changed"):
        found = await app.changes.page(SERVICE, OLD, since, Page("bridges", 10, None))
        assert found.changes[0]["secretsChanged"] == ["/source/sasToken"]
        assert "pointers" not in found.changes[0]


async def test_a_backup_of_before_is_restored_sealed(app: Installation) -> None:
    body: Any = {
        "backup": {"storageAccount": "offsite", "container": OLD},
        "service": {"name": "Contoso-Again"},
        "replace": [
            {"section": "bridges", "name": "In", "pointer": "/source/sasToken", "value": "another"}
        ],
    }
    asked = RestoreBody.model_validate(body)
    planned = await app.restores.plan(asked)
    assert [(one.before, one.after) for one in planned.replaced] == [(MASK, MASK)]
    assert [source.address for source in planned.sources] == [""]
    await ended(app, await app.restores.start(asked, "somebody", None))
    service = (await app.services.require("Contoso-Again")).service
    for section, name in ((Section.BRIDGES, "In"), (Section.SCHEMAS, "S")):
        stored = (await app.artifacts.get(service, section, name)).value
        assert not any(secret in json.dumps(stored.document) for secret in SECRETS)
    cut = await app.source(service).cut("", hold=False)
    found = [r for page in [p async for p in cut.records("schemas")] for r in page]
    assert {"source": SOURCE} in [record.document for record in found]


async def test_a_backup_of_before_verifies_at_every_level(app: Installation) -> None:
    backup = (await app.backups.get(SERVICE, OLD)).value
    for level in VerifyLevel:
        await ended(app, await app.verifications.start(backup, level, "somebody", None))


async def test_a_mask_that_was_stored_as_it_is_comes_back(
    opened: Callable[..., Installation],
) -> None:
    before = opened(before=True)
    await fill(before)
    service = await service_of(before)
    cut_down: Any = {"note": "x"}
    await before.artifacts.put(service, Section.BRIDGES, "In", cut_down, unconditional)
    stored = await artifact(before, Section.BRIDGES, "In")
    head = await before.configuration.head(service.id)
    assert head is not None
    literal = stored.model_copy(update={"document": {"note": MASK}})
    await before.configuration.change(service.id, head, [Put(literal, new=False)])
    await ended(before, await start_backup(before, OLD))
    app = opened()
    body: Any = {
        "backup": {"storageAccount": "offsite", "container": OLD},
        "service": {"name": "Contoso-Again"},
    }
    asked = RestoreBody.model_validate(body)
    await ended(app, await app.restores.start(asked, "somebody", None))
