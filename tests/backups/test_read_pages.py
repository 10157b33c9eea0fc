"""A page of the history reads about as many rows as it shows, whatever the history holds."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from azure.core.rest import HttpRequest

from shared.installation.installation import Installation
from shared.model.backup import Backup
from shared.state.history import History
from tests.backups.kept import Kept
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import SERVICE
from tests.support.transport import FaultTransport

NOW = datetime(2026, 11, 30, tzinfo=UTC)


class Asked(FaultTransport):
    """Notes how many rows each query asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.tops: list[str] = []

    async def send(self, request: HttpRequest, **config: Any) -> Any:
        parts = urlsplit(request.url)
        if request.method == "GET" and "Backups" in parts.path:
            self.tops += parse_qs(parts.query).get("$top", [])
        return await super().send(request, **config)


@pytest.fixture
async def counted(emulator: Emulator, tmp_path: Path) -> AsyncIterator[tuple[Installation, Asked]]:
    transport = Asked()
    app = Installation(Deployed.new(emulator, tmp_path).read(), transport=transport)
    yield app, transport
    await app.close()


def backup(number: int) -> Backup:
    made = NOW - timedelta(hours=number)
    return Backup.model_validate(
        {
            "name": f"contoso-{number:02d}",
            "id": f"id-{number}",
            "service": SERVICE,
            "service_id": "contoso",
            "edition": "Basic",
            "trigger": "onDemand",
            "status": "Succeeded",
            "storage_account": "offsite",
            "container": f"contoso-{number:02d}",
            "caller": "ada",
            "started_at": made,
            "completed_at": made,
            "operation": f"id-{number}",
        }
    )


async def test_a_page_asks_for_as_many_rows_as_it_shows(
    counted: tuple[Installation, Asked],
) -> None:
    app, transport = counted
    everything = [backup(number) for number in range(20)]
    for one in everything:
        await app.history.add(one)
    transport.tops.clear()
    async for page in app.retention_runs.explained(SERVICE, size=6):
        assert [one.backup.name for one in page] == [one.name for one in everything[:6]]
        break
    place = History.place(everything[5])
    async for page in app.retention_runs.explained(SERVICE, place, size=6):
        assert [one.backup.name for one in page] == [one.name for one in everything[6:12]]
        break
    assert transport.tops == ["6", "6"]


async def test_a_verdict_does_not_depend_on_how_many_are_read_at_once(kept: Kept) -> None:
    runs = kept.app.retention_runs
    whole = [one async for page in runs.explained(SERVICE) for one in page]
    assert any(one.verdict for one in whole)
    for size in (1, 2, 3):
        found = [one async for page in runs.explained(SERVICE, size=size) for one in page]
        assert found == whole, size
