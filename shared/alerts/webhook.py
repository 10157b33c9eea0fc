"""Sending alerts to ALERT_WEBHOOK_URL, as CloudEvents 1.0."""

import json
import logging
from collections.abc import Awaitable, Callable

import aiohttp

from shared.model.alert import Alert

_MOST_SECONDS = 10

log = logging.getLogger("interkeep.alerts")


class NotDelivered(Exception):
    """The webhook did not accept an alert; the queue delivers it again, five times in all."""


class Webhook:
    """Posts alerts.

    :param url: from the settings; redirects are not followed.
    :param installation: returns the id of this installation.
    """

    def __init__(self, url: str | None, installation: Callable[[], Awaitable[str]]) -> None:
        self._url = url
        self._installation = installation

    async def send(self, alert: Alert) -> None:
        """Post one alert; does nothing without a webhook.

        :raises NotDelivered: if the answer was not a success; the address is not in the message, as
            it may contain a key.
        """
        if self._url is None:
            return
        event = alert.to_cloud_event(f"/interkeep/{await self._installation()}")
        headers = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
        timeout = aiohttp.ClientTimeout(total=_MOST_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(
                    self._url,
                    data=json.dumps(event).encode(),
                    headers=headers,
                    allow_redirects=False,
                ) as answer,
            ):
                status = answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NotDelivered(f"alert {alert.id}: {type(error).__name__}") from None
        if not 200 <= status < 300:
            raise NotDelivered(f"alert {alert.id}: the webhook answered {status}")
        log.info("alert %s delivered", alert.id)
