"""Reporting that the clock check has stopped timers: once an hour, however many hosts and timers it
stops.

Otherwise nobody would notice that a backup waits until the clock is right again.
"""

import logging
from contextlib import suppress
from datetime import datetime

from shared.alerts.alerts import Alerts
from shared.alerts.happenings import clocks_apart
from shared.backups.making.backups import SCHEDULE
from shared.clock import Clock
from shared.model.operation import (
    NO_SERVICE,
    Operation,
    OperationError,
    OperationName,
    OperationStatus,
)
from shared.rules.naming import scheduled_operation_id
from shared.state.operations import Operations
from shared.storage.tables import RowExists

log = logging.getLogger("interkeep.schedules")


class ClocksApart:
    """Alerts operators that this machine's clock and the storage's differ."""

    def __init__(self, records: Operations, alerts: Alerts, clock: Clock) -> None:
        self._records = records
        self._alerts = alerts
        self._clock = clock
        self._told = ""

    async def tell(self, storage: datetime | None, why: str) -> None:
        """Record it in the installation's log and raise an alert, unless that was done in this
        hour.

        Never raises: the timer that calls it continues.

        :param storage: the storage's time, None if its answer has none.
        :param why: what is wrong, and what to do.
        """
        try:
            await self._tell(storage or self._clock.machine(), why)
        except Exception:
            log.exception("that clocks differ could not be told: %s", why)

    async def _tell(self, now: datetime, why: str) -> None:
        operation_id = scheduled_operation_id("clocks", f"{now:%Y%m%d%H}")
        if operation_id == self._told:
            return
        if await self._records.find(NO_SERVICE, operation_id) is None:
            operation = _operation(operation_id, now, why)
            # Before its record is written: an alert may come twice, but is never lost.
            await self._alerts.tell(clocks_apart(operation, now))
            with suppress(RowExists):
                await self._records.announce(operation)
                await self._records.add(operation, "", lock=False)
        self._told = operation_id


def _operation(operation_id: str, now: datetime, why: str) -> Operation:
    """The record of a run of the schedules that started nothing; its times are the storage's."""
    message = (
        "Nothing that is due is started, and neither retention nor the sweep deletes anything: "
        f"{why} Backups that are due wait, and run when the clocks agree again."
    )
    return Operation(
        id=operation_id,
        operation=OperationName.RUN_SCHEDULES,
        service=NO_SERVICE,
        status=OperationStatus.FAILED,
        caller=SCHEDULE,
        trigger=SCHEDULE,
        created_at=now,
        started_at=now,
        completed_at=now,
        attempt=1,
        error=OperationError(code="ClocksDiffer", message=message),
    )
