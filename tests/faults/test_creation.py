"""A creation that breaks at any storage call: no service, one that failed, or a whole one.

A caller who repeats it under its Operation-Id learns how it ended; where it failed, the service is
deleted and made again.
"""

from pathlib import Path

import pytest

from shared.installation.installation import Installation
from shared.model.artifact import ImportItem
from shared.model.numbers import Kind
from shared.model.problem import Code, Problem
from shared.model.sections import Section
from shared.model.service import ServiceSettings, State
from shared.services.documents import open_document
from shared.services.services import Asked
from tests.faults.test_enumeration import app_over
from tests.faults.test_immediate import require_settled
from tests.support.api import partner_document, x12_document
from tests.support.deployed import Deployed, Emulator
from tests.support.report import chosen, each, require_drawn
from tests.support.scenes import SERVICE, run
from tests.support.transport import FaultTransport, Way

MEMBERS = {"edition": "Basic", "accessControl": {"namespace": "acs", "key": "acs-secret"}}
ASKED = Asked("me", "http", "creation-1")
_UNFINISHED = {State.CREATING, State.CREATE_FAILED}


async def create(app: Installation, asked: Asked = ASKED) -> None:
    await app.services.put(SERVICE, ServiceSettings.model_validate(MEMBERS), asked)


async def broken(deployed: Deployed, call: int, way: Way) -> int:
    """One creation, one of its calls broken; how many calls it made."""
    transport = FaultTransport()
    app = app_over(deployed, transport, patience=way.patience)
    calls = await transport.broken(call, way, create(app))
    await app.close()
    return calls


async def require_none_or_whole(app: Installation) -> State | None:
    """The state of the service, None where there is none; one that is Active can be used."""
    listed = await app.directory.get(SERVICE)
    if listed is None:
        return None
    service = listed.service
    if service.state in _UNFINISHED:
        with pytest.raises(Problem) as refused:
            await app.allocator.allocate(SERVICE, "A", [Kind.INTERCHANGE], 1)
        assert refused.value.code is Code.SERVICE_NOT_ACTIVE
        return service.state
    assert service.state is State.ACTIVE
    settings = await app.configuration.settings(service.id)
    assert settings is not None
    opened = open_document(
        await app.keys.data_key(service.id), "service", "service", settings.document
    )
    assert opened["accessControl"] == MEMBERS["accessControl"]
    return State.ACTIVE


async def require_usable(app: Installation) -> None:
    """Partners and an agreement can be put, and it issues its first number."""
    service = (await app.services.require(SERVICE)).service
    items = [ImportItem(section=Section.AGREEMENTS, name="A", document=x12_document())]
    items += [
        ImportItem(section=Section.PARTNERS, name=name, document=partner_document(name))
        for name in ("Northwind", "Fabrikam")
    ]
    await app.imports.write(service, items)
    [number] = await app.allocator.allocate(SERVICE, "A", [Kind.INTERCHANGE], 1)
    assert number.value == 1


async def refused(app: Installation, asked: Asked) -> Code | None:
    """What a creation is refused with."""
    try:
        await create(app, asked)
    except Problem as problem:
        return problem.code
    return None


async def play(deployed: Deployed, call: int, way: Way) -> None:
    await broken(deployed, call, way)
    app = app_over(deployed, FaultTransport())
    try:
        if await require_none_or_whole(app) is State.CREATING:
            assert await refused(app, Asked("me")) is Code.OPERATION_NOT_ALLOWED
        assert await refused(app, ASKED) in (None, Code.OPERATION_IN_PROGRESS)
        await require_settled(app)
        ended = await require_none_or_whole(app)
        assert ended is not State.CREATING
        found = await app.records.find(SERVICE, "creation-1")
        if found is not None:
            succeeded = found[0].operation.status == "Succeeded"
            assert succeeded == (ended is State.ACTIVE), found[0].operation
        if ended is State.CREATE_FAILED:
            await run(app, await app.deletions.start(SERVICE, Asked("me")))
            assert await app.directory.get(SERVICE) is None
        if ended is State.ACTIVE:
            await create(app)  # what was done is not done again
        else:
            await create(app, Asked("me", "http", "creation-2"))
        await require_usable(app)
    finally:
        await app.close()


@pytest.mark.timeout(5000)
@pytest.mark.parametrize("way", Way, ids=lambda way: way.name.lower())
async def test_a_creation_that_breaks_leaves_none_or_a_whole_one(
    emulator: Emulator, tmp_path: Path, request: pytest.FixtureRequest, way: Way
) -> None:
    require_drawn("create", way)
    calls = await broken(Deployed.new(emulator, tmp_path), 10_000, Way.FAILS_BEFORE)

    async def one(call: int) -> None:
        await play(Deployed.new(emulator, tmp_path), call, way)

    await each("create", way, chosen(request, "create", way, calls), one)
