"""What is stored of the last backup of each of some services, and whether a verify found it good.

A service's row says how its last backup run ended. Whether that backup is still there is the
history's to say, which is read here, a row for each service.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.model.service import Service
from shared.model.wire import JsonObject, rfc3339
from shared.state.history import History
from shared.storage.pace import Pace
from shared.streams.bounded import each_of

_AT_ONCE = 16


@dataclass(frozen=True)
class LastStored:
    """Reads the last backups of services in the history."""

    history: History

    async def of(self, services: Sequence[Service]) -> dict[str, JsonObject]:
        """What is shown of each, by the id of its service; services without one are left out."""
        found: dict[str, JsonObject] = {}

        async def one(service: Service) -> None:
            last = service.last_backup
            entry = await self.history.get(service.name, last.name) if last else None
            # A registered backup may have come to have the name of one that is no more.
            if last is None or entry is None or entry.value.operation != last.operation:
                return
            backup = entry.value
            at = backup.verified_at
            shown: JsonObject = {"status": backup.status}
            if at is not None:
                shown |= {"verifiedAt": rfc3339(at)}
            if backup.verify_level is not None:
                shown |= {"verifyLevel": backup.verify_level}
            if backup.verify_status is not None:
                shown |= {"verifyStatus": backup.verify_status}
            found[service.id] = shown

        await each_of(services, one, Pace(_AT_ONCE))
        return found
