"""What holds at any moment of a restore, whatever stopped its worker."""

from collections.abc import Awaitable, Callable, Mapping

import pytest

from shared.installation.installation import Installation
from shared.model.numbers import Kind
from shared.model.problem import Code, Problem
from shared.model.sections import Section
from shared.model.service import Service, State
from shared.state.configuration import Phase

_UNFINISHED = {State.RESTORING, State.RESTORE_FAILED}


def restoring(name: str, held: Mapping[str, set[str]]) -> Callable[[Installation], Awaitable[None]]:
    """The service is not there, unfinished, or suspended and whole; it never issues a number.

    :param held: section → the names of its artifacts, once all of it is restored.
    """

    async def look(app: Installation) -> None:
        listed = await app.directory.get(name)
        refused = Code.SERVICE_NOT_FOUND if listed is None else Code.SERVICE_NOT_ACTIVE
        with pytest.raises(Problem) as issuing:
            await app.allocator.allocate(name, "A", [Kind.INTERCHANGE], 1)
        assert issuing.value.code is refused
        if listed is None or listed.service.state in _UNFINISHED:
            return
        assert listed.service.state is State.SUSPENDED
        await _require_whole(app, listed.service, held)

    return look


async def _require_whole(app: Installation, service: Service, held: Mapping[str, set[str]]) -> None:
    head = await app.configuration.head(service.id)
    assert head is not None
    assert head.phase is Phase.OPEN, "it is shown while a late batch could still be written"
    assert await app.configuration.settings(service.id) is not None
    for section, names in held.items():
        found = set()
        async for page in app.artifacts.pages(service, Section(section), "", 100):
            for one in page:
                found.add(one.value.name)
                if one.value.content is not None:
                    blob = app.content.blob(service.id, one.value.content.sha256)
                    assert (await blob.get_blob_properties()).size == one.value.content.size
        assert found == names
    row = await app.ledger.get(service.name, "A")
    assert row is not None
    assert row.life == service.id
    assert row.counters[Kind.INTERCHANGE].last >= 2, "its numbers begin anew"
