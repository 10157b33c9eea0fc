"""Restores: plan one, start one, look at one."""

from shared.http.call import Answer, Call
from shared.http.monitor import accepted
from shared.http.route import new_blueprint, route
from shared.model.restore import RestoreBody

blueprint = new_blueprint()


@route(blueprint, "POST", "restores", query=("validateOnly",), body=RestoreBody, answers=(200, 202))
async def start_restore(call: Call) -> Answer:
    """Restore a backup as a new, suspended service; with validateOnly=true, only plan it."""
    body = call.body(RestoreBody)
    if call.flag("validateOnly"):
        return Answer((await call.app.restores.plan(body)).to_json())
    return accepted(call, await call.app.restores.start(body, call.caller, call.operation_id))


@route(blueprint, "GET", "restores/{restore}")
async def get_restore(call: Call) -> Answer:
    """Read a restore: its request, its plan, its operation."""
    operation = (await call.app.restores.get(call.path("restore"))).operation
    return Answer(
        {
            "id": f"{operation.service}.{operation.id}",
            "request": operation.parameters.get("request"),
            "plan": operation.parameters.get("plan"),
            "operation": operation.monitor(),
        }
    )
