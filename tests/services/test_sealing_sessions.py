"""Sessions that hold what is a secret by now are sealed, where nobody writes them meanwhile."""

import json
from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.services.sessions import has_open_secret
from shared.state.operations import OperationRow
from shared.storage.tables import RowChanged
from tests.support.linked import OPEN, SESSIONS_OF, link, session, sessions_of
from tests.support.scenes import SERVICE, fill, run

ALONE = True


async def sealed(app: Installation) -> OperationRow:
    record = await app.secret_sealing.start("me", None)
    await run(app, record)
    found = await app.records.find(record.operation.service, record.operation.id)
    assert found is not None
    assert found[0].operation.status == "Succeeded", found[0].operation.error
    return found[0]


async def test_what_was_kept_in_the_clear_is_sealed(
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = fresh_app
    await fill(app, link)
    service = (await app.services.require(SERVICE)).service
    plain = session("Plain-Icn", {"password": OPEN, "list": [{"token": OPEN}]})
    written = session("Written-Icn", {"password": "before"})
    await app.sessions.put_all(service.id, [plain, written])
    replace, late = app.sessions.replace, session("Written-Icn", "no secret any more")

    async def overtaken(service_id: str, one: Any, etag: str) -> None:
        if one.name == written.name:
            await app.sessions.put_all(service_id, [late])
        await replace(service_id, one, etag)

    monkeypatch.setattr(app.sessions, "replace", overtaken)
    ended = await sealed(app)
    assert ended.operation.result is not None
    assert ended.operation.result["sealed"] == 1
    stored = [one async for page in app.sessions.pages(service.id) for one in page]
    assert OPEN not in json.dumps([one.document() for one in stored])
    assert not any(map(has_open_secret, stored))
    wanted = {one.name: one for one in [*SESSIONS_OF, plain, late]}
    assert await sessions_of(app, SERVICE) == wanted
    monkeypatch.undo()
    with pytest.raises(RowChanged):
        await app.sessions.replace(service.id, late, "W/\"datetime'2020'\"")
    again = await sealed(app)
    assert again.operation.result is not None
    assert again.operation.result["sealed"] == 0
