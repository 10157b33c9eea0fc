"""A service with five scheduled backups, and what breaks or lies beside them."""

from datetime import datetime, timedelta
from typing import Any

from azure.core.rest import HttpRequest

from shared.blobs.backup_container import BackupContainer
from shared.clock import Clock
from shared.installation.installation import Installation
from shared.model.backup import Backup, BackupUser, VerifyLevel
from shared.model.operation import OperationName
from shared.model.schedule import ScheduleBody
from shared.model.service import ServiceSettings
from shared.operations.start import Start
from shared.state.operations import OperationRow
from shared.storage.versioned import Versioned
from tests.support.deployed import Deployed
from tests.support.scenes import ASKED, SERVICE
from tests.support.transport import ONCE, FaultTransport

DAY = timedelta(days=1)


class Later(Clock):
    """A clock that the app's owner moves; the machine's own can be wrong too."""

    def __init__(self) -> None:
        self.offset = timedelta()
        self.wrong = timedelta()

    def now(self) -> datetime:
        return self.machine() + self.offset

    def machine(self) -> datetime:
        return super().machine() + self.wrong


class Storage(FaultTransport):
    """Scripts what Azurite does not do: errors of lists."""

    def __init__(self) -> None:
        super().__init__()
        self.list_error = False
        self.lists = 0

    async def send(self, request: HttpRequest, **config: Any) -> Any:
        if self.list_error and request.method == "GET" and "interkeepBackups()" in request.url:
            self.lists += 1
            # A later page is what breaks: the first ones look like a whole, short list.
            request.url = request.url.replace("interkeepBackups()", "interkeepBackups(')")
        return await super().send(request, **config)


class Kept:
    """A service with five scheduled backups of five days, retention three days."""

    def __init__(self, app: Installation, clock: Later, storage: Storage) -> None:
        self.app, self.clock, self.storage = app, clock, storage

    async def begin(self, days: int = 5) -> "Kept":
        wanted = ServiceSettings.model_validate({"edition": "Basic"})
        service = (await self.app.services.create(SERVICE, wanted, ASKED)).service
        body = {
            "status": "Automatic",
            "storageAccount": "offsite",
            "startAt": (self.clock.now() - timedelta(hours=1)).isoformat(),
            "frequencyDays": 1,
            "retentionDays": 400,
        }
        saved = ScheduleBody.model_validate(body)
        await self.app.schedule_settings.put(service, saved, "test", None)
        for _ in range(days):
            self.clock.offset += DAY
            await self.app.tick.run()
            await self.all_run()
        before = await self.app.schedules.get(SERVICE)
        saved = ScheduleBody.model_validate({**body, "retentionDays": 3})
        await self.app.schedule_settings.put(service, saved, "test", before)
        return self

    async def all_run(self) -> None:
        """Deliver the message of everything that is under way."""
        listed = [entry async for page in self.app.in_flight.pages() for entry in page]
        for entry in listed:
            await self.app.engine.run(entry.service, entry.operation_id)

    async def run_all_of(self, kind: OperationName) -> None:
        """Deliver the messages of one kind alone."""
        listed = [entry async for page in self.app.in_flight.pages() for entry in page]
        for entry in listed:
            found = await self.app.records.find(entry.service, entry.operation_id)
            if found is not None and found[0].operation.operation is kind:
                await self.app.engine.run(entry.service, entry.operation_id)

    async def reader(self, index: int = 0) -> BackupUser:
        """The user of a backup, of an operation that is under way."""
        backup = (await self.backups())[index].value
        record = await self.app.verifications.start(backup, VerifyLevel.DESCRIPTOR, "x", None)
        return BackupUser(service=SERVICE, operation=record.operation.id)

    async def retain(self) -> OperationRow:
        """One retention run, as the timer starts it."""
        service = (await self.app.services.require(SERVICE)).service
        record = await self.app.engine.start(
            Start(
                OperationName.PURGE_BACKUP,
                SERVICE,
                "schedule",
                "schedule",
                {"retention": "test"},
                None,
                service.id,
            )
        )
        await self.app.engine.run(SERVICE, record.operation.id)
        found = await self.app.records.find(SERVICE, record.operation.id)
        assert found is not None
        return found[0]

    async def backups(self) -> list[Versioned[Backup]]:
        """The scheduled ones, oldest first."""
        names = [b.name async for page in self.app.history.pages(SERVICE) for b in page]
        found = [await self.app.history.get(SERVICE, name) for name in reversed(names)]
        return [one for one in found if one is not None and one.value.due_at is not None]

    async def change(self, index: int, **changes: Any) -> None:
        found = (await self.backups())[index]
        await self.app.history.change(found.value.model_copy(update=changes), found.etag)

    def container(self, backup: Backup) -> BackupContainer:
        return BackupContainer(self.app.accounts.require("offsite", ""), backup.container)

    async def held(self) -> list[bool]:
        """Whose containers are there, oldest first."""
        return [await self.container(one.value).exists() for one in await self.backups()]


def app_over(deployed: Deployed, clock: Later) -> Kept:
    storage = Storage()
    settings = deployed.read().model_copy(update={"retry_seconds": (0, 0, 0, 0)})
    app = Installation(settings, clock=clock, transport=storage, patience=ONCE)
    return Kept(app, clock, storage)
