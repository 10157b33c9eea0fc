"""Keys and secrets of all services: data keys wrapped anew, what lies in the clear sealed."""

from shared.model.problem import Code
from shared.web.http.call import Answer, Call
from shared.web.http.monitor import accepted
from shared.web.http.route import new_blueprint, route
from shared.web.http.tasks import DocsGroup

blueprint = new_blueprint(DocsGroup.INSTALLATION)


@route(blueprint, "POST", "keys/rotate", answers=(202,), errors={Code.OPERATION_IN_PROGRESS})
async def rotate_keys(call: Call) -> Answer:
    """Wrap the data key of every service with the current sealing key."""
    call.require_no_body()
    return accepted(call, await call.app.key_rotation.start(call.caller, call.operation_id))


@route(blueprint, "POST", "secrets/seal", answers=(202,), errors={Code.OPERATION_IN_PROGRESS})
async def seal_secrets(call: Call) -> Answer:
    """Seal the secrets of all services that were stored before the rule knew them."""
    call.require_no_body()
    return accepted(call, await call.app.secret_sealing.start(call.caller, call.operation_id))
