"""An operation of which storage does not tell whether it is whole: it is asked, not for ever."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ServiceRequestError
from azure.core.rest import HttpRequest

from shared.installation.installation import Installation
from shared.model.backup import BackupStatus
from shared.model.operation import OperationStatus
from shared.operations import wholeness
from shared.operations.engine import ATTEMPTS
from shared.storage.clients import FencedTransport
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import SECOND, SERVICE, fill, start_backup, start_delete
from tests.support.transport import ONCE


class Gone(FencedTransport):
    """An account that was deleted: its name leads nowhere."""

    def __init__(self) -> None:
        super().__init__()
        self.account = "-"

    async def send(self, request: HttpRequest, **config: Any) -> Any:
        if f"/{self.account}/" in request.url or f"//{self.account}." in request.url:
            raise ServiceRequestError("no such host")
        return await super().send(request, **config)


@pytest.fixture
async def gone(emulator: Emulator, tmp_path: Path) -> AsyncIterator[tuple[Installation, Gone]]:
    transport = Gone()
    settings = Deployed.new(emulator, tmp_path).read()
    settings = settings.model_copy(update={"retry_seconds": (0, 0, 0, 0)})
    app = Installation(settings, transport=transport, patience=ONCE)
    await fill(app)
    yield app, transport
    await app.close()


async def test_a_backup_into_an_account_that_is_gone_fails_in_the_end(
    gone: tuple[Installation, Gone], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its service were locked for ever: not deleted, not restored, not backed up elsewhere."""
    app, transport = gone
    monkeypatch.setattr(wholeness, "_ASKED", 3)
    record = await start_backup(app, SECOND)
    transport.account = str(app.accounts.require("offsite", "").account_name)
    statuses = []
    for _ in range(ATTEMPTS + 3):
        with suppress(ServiceRequestError):
            await app.engine.run(SERVICE, record.operation.id)
        found = await app.records.find(SERVICE, record.operation.id)
        assert found is not None
        statuses.append(found[0].operation.status)
    assert statuses[:-1] == [OperationStatus.RUNNING] * (ATTEMPTS + 2), "asked again, at first"
    assert statuses[-1] is OperationStatus.FAILED
    operation = found[0].operation
    assert operation.error is not None
    assert operation.error.code == "StorageUnavailable"
    assert (await app.backups.get(SERVICE, SECOND)).value.status is BackupStatus.FAILED
    await start_delete(app)
