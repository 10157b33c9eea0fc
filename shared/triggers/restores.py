"""Restores: plan one, start one, look at one."""

from shared.model.problem import Code
from shared.model.restore import RestoreBody
from shared.model.wire import JsonObject
from shared.web.http.call import Answer, Call
from shared.web.http.etag import unless_unchanged
from shared.web.http.monitor import accepted, look_again, shown_operation, version
from shared.web.http.route import new_blueprint, route
from shared.web.http.shared_errors import READS_BACKUP, TAKES_CERTIFICATE
from shared.web.http.tasks import DocsGroup

blueprint = new_blueprint(DocsGroup.RESTORES)


@route(
    blueprint,
    "POST",
    "restores",
    query=("validateOnly",),
    body=RestoreBody,
    answers=(200, 202),
    example={
        "backup": {"storageAccount": "offsite", "container": "contoso-before-upgrade"},
        "service": {"name": "contoso-b2b-dr", "edition": "Premium"},
        "controlNumbers": {"policy": "continue"},
    },
    gives="RestorePlan",
    errors=READS_BACKUP
    | TAKES_CERTIFICATE
    | {
        Code.INVALID_NAME,
        Code.SERVICE_EXISTS,
        Code.SERVICE_NAME_UNAVAILABLE,
        Code.OPERATION_IN_PROGRESS,
        Code.EDITION_TOO_LOW,
        Code.EDITION_HAS_NO_BACKUP,
        Code.QUOTA_EXCEEDED,
        Code.DANGLING_REFERENCE,
        Code.ARTIFACT_NOT_FOUND,
        Code.BACKUP_INCOMPLETE,
        Code.CONTROL_NUMBERS_EXHAUSTED,
    },
)
async def start_restore(call: Call) -> Answer:
    """Restore a backup as a new, suspended service; with validateOnly=true, only plan it."""
    body = call.body(RestoreBody)
    if call.flag("validateOnly"):
        return Answer((await call.app.restores.plan(body)).to_json())
    return accepted(call, await call.app.restores.start(body, call.caller, call.operation_id))


@route(
    blueprint,
    "GET",
    "restores/{restore}",
    answers=(200, 304),
    gives="ShownRestore",
    errors={Code.RESTORE_NOT_FOUND},
)
async def get_restore(call: Call) -> Answer:
    """Read a restore: its request, its plan, its operation."""
    record = await call.app.restores.get(call.path("restore"))
    operation = await call.app.engine.shown(record)
    restore: JsonObject = {
        "id": f"{operation.service}.{operation.id}",
        "request": operation.parameters.get("request"),
        "plan": operation.parameters.get("plan"),
        "operation": shown_operation(record, operation),
    }
    answer = unless_unchanged(call, version(record, operation), restore)
    return look_again(answer, operation)
