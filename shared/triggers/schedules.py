"""The backup schedule of a service, its preview, and the timer that runs what is due."""

from contextlib import AbstractAsyncContextManager

import azure.functions as func

from shared.installation.installation import current
from shared.model.problem import Code
from shared.model.schedule import PreviewBody, Schedule, ScheduleBody
from shared.model.service import Service
from shared.model.wire import JsonObject
from shared.operations.immediate import LogEntry, service_update
from shared.rules.roles import Role
from shared.storage.versioned import Versioned
from shared.telemetry.events import quiet_the_sdk
from shared.web.http.call import Answer, Call
from shared.web.http.etag import condition, strong, unless_unchanged
from shared.web.http.route import new_blueprint, route
from shared.web.http.shared_errors import CHOOSES_BACKUP_PLACE
from shared.web.http.tasks import DocsGroup

blueprint = new_blueprint(DocsGroup.SCHEDULES)

_PATH = "services/{service}/backup-schedule"
_SCHEDULE: JsonObject = {
    "status": "Automatic",
    "storageAccount": "offsite",
    "startAt": "2026-12-01T02:00:00Z",
    "frequencyDays": 1,
    "retentionDays": 30,
    "keepAtLeastOne": True,
}
"""An example."""


@route(
    blueprint,
    "GET",
    _PATH,
    answers=(200, 304),
    gives="ShownSchedule",
    errors={Code.SCHEDULE_NOT_FOUND},
)
async def get_schedule(call: Call) -> Answer:
    """Read a service's backup schedule: when it runs next, and how the last run ended."""
    service = await _service(call)
    body, version = await _read(call, service, await call.app.schedule_settings.get(service))
    return unless_unchanged(call, version, body)


@route(
    blueprint,
    "PUT",
    _PATH,
    body=ScheduleBody,
    answers=(200, 201),
    conditional=True,
    role=Role.OPERATOR,
    example=_SCHEDULE,
    gives="ShownSchedule",
    errors=CHOOSES_BACKUP_PLACE
    | {
        Code.OPERATION_NOT_ALLOWED,
        Code.SCHEDULE_NOT_FOUND,  # ended by somebody before it could be shown
    },
)
async def put_schedule(call: Call) -> Answer:
    """Save a service's backup schedule; what was due under the former one runs first."""
    service, body = await _service(call), call.body(ScheduleBody)
    before = await call.app.schedules.get(service.name)
    mine = before if before and before.value.service_id == service.id else None
    condition(call)((await _read(call, service, mine))[1] if mine else None)
    async with _logged(call, service, "PutSchedule", {"schedule": body.to_json()}) as entry:
        await call.app.schedule_settings.put(service, body, call.caller, before, entry.open)
    shown, version = await _read(call, service, await call.app.schedule_settings.get(service))
    return Answer(shown, 200 if mine else 201, {"ETag": strong(version)})


@route(
    blueprint,
    "DELETE",
    _PATH,
    answers=(204,),
    conditional=True,
    role=Role.OPERATOR,
    errors={Code.OPERATION_NOT_ALLOWED, Code.SCHEDULE_NOT_FOUND},
)
async def delete_schedule(call: Call) -> Answer:
    """End a service's backup schedule; its backups stay until somebody deletes them."""
    service = await _service(call)
    found = await call.app.schedule_settings.get(service)
    condition(call)((await _read(call, service, found))[1])
    async with _logged(call, service, "DeleteSchedule", {}) as entry:
        await call.app.schedule_settings.remove(service, found, entry.open)
    return Answer(status=204)


@route(
    blueprint,
    "POST",
    f"{_PATH}/preview",
    body=PreviewBody,
    role=Role.READER,
    example={"days": 30, "schedule": _SCHEDULE},
    gives="SchedulePreview",
    errors=CHOOSES_BACKUP_PLACE | {Code.SCHEDULE_NOT_FOUND},
)
async def preview_schedule(call: Call) -> Answer:
    """Show what the next days would run, keep and delete, each with its reason."""
    service = await _service(call)
    return Answer(await call.app.preview.of(service, call.body(PreviewBody), call.caller))


@blueprint.function_name("run_schedules")
@blueprint.timer_trigger(arg_name="timer", schedule="%SCHEDULE_TIMER%", run_on_startup=False)
async def run_schedules(timer: func.TimerRequest) -> None:
    """Start the backups and retention runs that are due."""
    quiet_the_sdk()
    await current().tick.run()


def _logged(
    call: Call, service: Service, change: str, about: JsonObject
) -> AbstractAsyncContextManager[LogEntry]:
    return service_update(call.app.engine, service.name, service.id, call.caller, change, about)


async def _service(call: Call) -> Service:
    return (await call.app.services.require(call.path("service"))).service


async def _read(call: Call, service: Service, found: Versioned[Schedule]) -> tuple[JsonObject, str]:
    """A schedule as it is shown, and the version of that: how the last run ended is part of it."""
    shown = await call.app.schedule_settings.shown(service, found.value)
    return shown, f"{found.etag} {shown.get('lastRunStatus', '')}"
