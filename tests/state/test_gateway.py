"""The gateway: what it makes of answers that were lost."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest

from shared.installation.installation import Installation
from shared.storage import tables as gateway
from shared.storage.clients import FencedTransport
from shared.storage.table_wire import typed
from shared.storage.tables import Delete, Replace, Row, RowChanged, SchemaTooNew, Table
from tests.support.deployed import Deployed, Emulator
from tests.support.proxy import Scripted, proxied


class Interleaved(FencedTransport):
    """Loses one answer, and lets somebody else write before the gateway reads back."""

    def __init__(self) -> None:
        super().__init__()
        self.between: Any = None
        self.reads = 0

    async def send(self, request: HttpRequest, **config: Any) -> Any:
        if self.between is None or request.method == "GET":
            reads_back = self.between is not None and self.reads >= 0
            answer = await super().send(request, **config)
            if reads_back:
                self.reads += 1
                if self.reads == 1:
                    between, self.between = self.between, None
                    await between()
            return answer
        await super().send(request, **config)
        return await super().send(request, **config)  # the SDK repeats it; this one meets its own


@pytest.mark.parametrize("rows", [1, 2])
async def test_an_etag_is_never_somebody_elses(
    emulator: Emulator, tmp_path: Any, rows: int
) -> None:
    """A write whose answer was lost, read back; another one in between: its version is not ours."""
    transport = Interleaved()
    app = Installation(Deployed.new(emulator, tmp_path).read(), transport=transport)
    table: Table = app.table("interkeepProbe")
    first = [await table.insert(Row("p", f"r{n}", {"n": 0})) for n in range(rows)]

    async def another() -> None:
        for n in range(rows):
            await table.replace(Row("p", f"r{n}", {"n": 2}), None)

    transport.between = another
    steps = [Replace(Row("p", f"r{n}", {"n": 1}), etag) for n, etag in enumerate(first)]
    etags = await table.transact(steps)
    for n, etag in enumerate(etags):
        with pytest.raises(RowChanged):
            await table.replace(Row("p", f"r{n}", {"n": 3}), etag)
        found = await table.get("p", f"r{n}")
        assert found is not None
        assert found.values["n"] == 2
    await app.close()


@pytest.mark.parametrize("rows", [1, 2])
async def test_what_was_written_since_is_not_deleted(fresh_app: Installation, rows: int) -> None:
    table = fresh_app.table("interkeepProbe")
    first = [await table.insert(Row("p", f"r{n}", {"n": 0})) for n in range(rows)]
    await table.replace(Row("p", "r0", {"n": 1}), first[0])
    with pytest.raises(RowChanged):
        await table.transact([Delete("p", f"r{n}", etag) for n, etag in enumerate(first)])
    assert all([await table.get("p", f"r{n}") for n in range(rows)])


async def test_rows_that_are_gone_keep_no_others(fresh_app: Installation) -> None:
    """A transaction of deletes that meets a gap is done row by row: none of the rest stays."""
    table = fresh_app.table("interkeepProbe")
    for n in range(3):
        await table.insert(Row("p", f"r{n}", {"n": n}))
    await table.delete("p", "r1")
    await table.transact([Delete("p", f"r{n}") for n in range(3)])
    assert [row.key async for page in table.pages("p") for row in page] == []


async def test_a_newer_row_is_refused_whatever_columns_are_read(
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = fresh_app.table("interkeepProbe")
    monkeypatch.setattr(gateway, "_VERSION", typed(gateway.SCHEMA + 1, "v"))
    await table.insert(Row("p", "newer", {"n": 1, "m": 2}))
    for pages in (table.pages("p", columns=("n",)), table.scan(columns=("n",))):
        [row] = [row async for page in pages for row in page]
        with pytest.raises(SchemaTooNew):
            row.values["n"]


async def test_a_table_that_is_being_deleted_is_no_row_that_exists(
    emulator: Emulator, tmp_path: Path
) -> None:
    """Whoever takes it for a conflict believes that the row is there."""
    deployed = Deployed.new(emulator, tmp_path)
    async with proxied(deployed.state, "TableEndpoint") as (proxy, state):
        app = Installation(replace(deployed, state=state).read())
        proxy.script = [Scripted("POST", "", 409, "TableBeingDeleted")]
        with pytest.raises(HttpResponseError):
            await app.table("interkeepProbe").insert(Row("p", "r", {"n": 1}))
        await app.close()
