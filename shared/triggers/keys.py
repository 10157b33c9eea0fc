"""Keys: wrap the services' data keys with the current sealing key."""

from shared.http.call import Answer, Call
from shared.http.monitor import accepted
from shared.http.route import new_blueprint, route

blueprint = new_blueprint()


@route(blueprint, "POST", "keys/rotate", answers=(202,))
async def rotate_keys(call: Call) -> Answer:
    """Wrap the data key of every service with the current sealing key."""
    call.require_no_body()
    return accepted(call, await call.app.key_rotation.start(call.caller, call.operation_id))
