"""Sending alerts to the webhook."""

import json

import azure.functions as func

from shared.alerts.alerts import QUEUE
from shared.installation.installation import current
from shared.model.alert import Alert
from shared.telemetry.events import quiet_the_sdk
from shared.web.http.route import new_blueprint

blueprint = new_blueprint()


@blueprint.function_name("send_alert")
@blueprint.queue_trigger(arg_name="message", queue_name=QUEUE, connection="STATE_STORAGE")
async def send_alert(message: func.QueueMessage) -> None:
    """Post one alert to ALERT_WEBHOOK_URL; if it is refused, it is retried, then set aside."""
    quiet_the_sdk()
    await current().webhook.send(Alert.model_validate(json.loads(message.get_body())))
