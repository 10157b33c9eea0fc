"""The gateway: what it makes of answers that were lost."""

from typing import Any

import pytest
from azure.core.rest import HttpRequest

from shared.installation import Installation
from shared.state.gateway import Delete, Replace, Row, RowChanged, Table
from shared.storage import FencedTransport
from tests.deployed import Deployed, Emulator


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
async def test_what_was_written_since_is_not_deleted(installation: Installation, rows: int) -> None:
    table = installation.table("interkeepProbe")
    first = [await table.insert(Row("p", f"r{n}", {"n": 0})) for n in range(rows)]
    await table.replace(Row("p", "r0", {"n": 1}), first[0])
    with pytest.raises(RowChanged):
        await table.transact([Delete("p", f"r{n}", etag) for n, etag in enumerate(first)])
    assert all([await table.get("p", f"r{n}") for n in range(rows)])
