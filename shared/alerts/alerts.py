"""Raising an alert: one event in the log, and a message for the webhook.

The message is put into a queue of its own, so that neither a backup nor a timer waits for the
receiver, and a receiver that is down gets it later.
"""

import json
import logging

from azure.core.exceptions import AzureError

from shared.model.alert import Alert
from shared.storage.clients import MessageQueue, send_message
from shared.telemetry.events import Telemetry

QUEUE = "interkeep-alerts"

log = logging.getLogger("interkeep.alerts")


class Alerts:
    """Raises alerts.

    :param queue: the queue that the webhook's function reads; None if no webhook is set.
    """

    def __init__(self, queue: MessageQueue | None, telemetry: Telemetry) -> None:
        self._queue = queue
        self._telemetry = telemetry

    async def tell(self, alert: Alert) -> None:
        """Log an alert, and queue it for the webhook. Never raises, so that the caller continues.

        After a crash it may be sent twice, with the same id.
        """
        plain = {name: v for name, v in alert.data.items() if isinstance(v, str | int | float)}
        fields = {
            "alertId": alert.id,
            "service": alert.service,
            "subject": alert.subject,
            **plain,
        }
        self._telemetry.tell(log, logging.ERROR, alert.type, alert.message, fields)
        if self._queue is None:
            return
        message = json.dumps(alert.to_json())
        try:
            await send_message(self._queue, message)
        except AzureError as error:
            log.warning("alert %s is in the log alone, its message not sent: %s", alert.id, error)
