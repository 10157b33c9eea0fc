"""Raising an alert: one structured log event, and a message for the webhook.

The message waits in a queue of its own, so that neither a backup nor a timer waits for whoever
listens, and a listener that is away hears of it later.
"""

import json
import logging

from azure.core.exceptions import AzureError
from azure.storage.queue.aio import QueueClient

from shared.model.alert import Alert
from shared.storage import send_message

QUEUE = "interkeep-alerts"

log = logging.getLogger("interkeep.alerts")


class Alerts:
    """Tells operators what they must hear of.

    :param queue: what the webhook's function reads; None where no webhook is set.
    """

    def __init__(self, queue: QueueClient | None) -> None:
        self._queue = queue

    async def tell(self, alert: Alert) -> None:
        """Log an alert, and queue it for the webhook. Never fails: what it is about goes on.

        A crash may tell it twice, under the same id.
        """
        fields = {
            "alert": str(alert.type),
            "alertId": alert.id,
            "service": alert.service,
            "subject": alert.subject,
            **alert.data,
        }
        log.error("%s: %s", alert.type, alert.message, extra={"custom_dimensions": fields})
        if self._queue is None:
            return
        message = json.dumps(alert.to_json())
        try:
            await send_message(self._queue, message)
        except AzureError as error:
            log.warning("alert %s is in the log alone, its message not sent: %s", alert.id, error)
