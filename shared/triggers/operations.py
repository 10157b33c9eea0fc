"""The operation log and its monitors; the queue function that works; the timer that recovers."""

import json
import logging
from collections.abc import Awaitable, Callable

import azure.functions as func

from shared.installation.installation import current
from shared.model.operation import NO_SERVICE, OperationName, OperationStatus
from shared.model.problem import Code
from shared.operations.cancel import cancel, operation_not_found
from shared.operations.engine import QUEUE
from shared.operations.of_all import Wanted
from shared.rules.naming import shown
from shared.rules.roles import Role
from shared.state.operations import OperationRow, place
from shared.state.row_keys import is_timed, is_timed_of_all
from shared.telemetry.events import quiet_the_sdk
from shared.web.http.call import Answer, Call
from shared.web.http.monitor import accepted, monitor, shown_operation
from shared.web.http.paging import PAGING, after, given_page, one_page, top
from shared.web.http.route import PageOf, new_blueprint, route
from shared.web.http.tasks import DocsGroup

blueprint = new_blueprint(DocsGroup.OPERATIONS)

Piece = Callable[[], Awaitable[object]]

log = logging.getLogger("interkeep.operations")


@route(
    blueprint,
    "GET",
    "services/{service}/operations",
    query=("operation", "status", "from", "to", *PAGING),
    choices={"status": OperationStatus},
    gives=PageOf("Monitor"),
    outlives_service=True,
)
async def list_operations(call: Call) -> Answer:
    """List the operation log of a service name, newest first."""
    name = call.path("service")
    wanted, status = call.choice("operation", OperationName), call.choice("status", OperationStatus)
    since, until = call.time("from"), call.time("to")

    def keep(record: OperationRow) -> bool:
        operation = record.operation
        return (
            wanted in (None, operation.operation)
            and status in (None, operation.status)
            and (since is None or operation.created_at >= since)
            and (until is None or operation.created_at < until)
        )

    return await one_page(
        call,
        f"services/{name}/operations",
        call.app.records.pages(name, after=after(call, is_timed), size=top(call) + 1),
        shown_operation,
        lambda record: place(record.operation),
        keep,
        _filters(call, "operation", "status", "from", "to"),
    )


@route(
    blueprint,
    "GET",
    "services/{service}/operations/{id}",
    answers=(200, 304),
    gives="Monitor",
    outlives_service=True,
    errors={Code.OPERATION_NOT_FOUND},
)
async def get_operation(call: Call) -> Answer:
    """Read an operation: its monitor while it runs, its record when it has ended."""
    service, operation_id = call.path("service"), call.path("id")
    found = await call.app.records.find(service, operation_id)
    if found is None:
        raise operation_not_found(service, operation_id)
    return monitor(call, found[0], await call.app.engine.shown(found[0]))


@route(
    blueprint,
    "GET",
    "operations",
    query=("operation", "status", "caller", "from", "to", *PAGING),
    choices={"status": OperationStatus},
    gives=PageOf("Monitor"),
)
async def list_all_operations(call: Call) -> Answer:
    """List the operations of all services, newest first, or those that are under way."""
    wanted = Wanted(
        operation=call.choice("operation", OperationName),
        status=call.choice("status", OperationStatus),
        caller=call.query("caller"),
        since=call.time("from"),
        until=call.time("to"),
    )
    place = after(call, is_timed_of_all)
    found, following = await call.app.operations_of_all.page(wanted, place, top(call))
    values = [shown_operation(record) for record in found]
    query = _filters(call, "operation", "status", "caller", "from", "to")
    return given_page(call, "operations", values, following, query)


@route(
    blueprint,
    "GET",
    "operations/{id}",
    answers=(200, 304),
    gives="Monitor",
    errors={Code.OPERATION_NOT_FOUND},
)
async def get_general_operation(call: Call) -> Answer:
    """Read an operation that concerns no one service, such as a key rotation."""
    operation_id = call.path("id")
    found = await call.app.records.find(NO_SERVICE, operation_id)
    if found is None:
        raise operation_not_found(None, operation_id)
    return monitor(call, found[0], await call.app.engine.shown(found[0]))


@route(
    blueprint,
    "POST",
    "services/{service}/operations/{id}/cancel",
    answers=(202,),
    role=Role.OPERATOR,
    names_operation=False,
    outlives_service=True,
    errors={Code.OPERATION_NOT_FOUND, Code.OPERATION_NOT_ALLOWED},
)
async def cancel_operation(call: Call) -> Answer:
    """Ask a backup or a verify to stop; nothing of a canceled backup is left."""
    return accepted(call, await cancel(call.app.engine, call.path("service"), call.path("id")))


def _filters(call: Call, *names: str) -> dict[str, str]:
    return {name: value for name in names if (value := call.query(name)) is not None}


@blueprint.function_name("run_operation")
@blueprint.queue_trigger(arg_name="message", queue_name=QUEUE, connection="STATE_STORAGE")
async def run_operation(message: func.QueueMessage) -> None:
    """Work on one operation; a message that names none is dropped."""
    quiet_the_sdk()
    asked = json.loads(message.get_body())
    # Messages of an earlier version name no record.
    record = str(asked.get("record", ""))
    await current().engine.run(str(asked["service"]), str(asked["operation"]), record)


@blueprint.function_name("operation_poisoned")
@blueprint.queue_trigger(
    arg_name="message", queue_name=f"{QUEUE}-poison", connection="STATE_STORAGE"
)
async def operation_poisoned(message: func.QueueMessage) -> None:
    """Log a message that failed five times. Only recovery decides about its operation."""
    text = message.get_body().decode(errors="replace")
    log.error(
        "OperationPoisoned: a message failed five times and was set aside: %s. Its operation, if "
        "it names one, is tried again by recover_operations.",
        shown(text),
    )


@blueprint.function_name("recover_operations")
@blueprint.timer_trigger(arg_name="timer", schedule="%RECOVERY_TIMER%", run_on_startup=False)
async def recover_operations(timer: func.TimerRequest) -> None:
    """Recover operations whose message was never sent, or whose worker died.

    Its first run in a process also logs what the app cannot use.
    """
    quiet_the_sdk()
    app = current()
    try:
        await app.recovery.run()
    finally:
        await app.start_check.once()


@blueprint.function_name("sweep")
@blueprint.timer_trigger(arg_name="timer", schedule="%SWEEP_TIMER%", run_on_startup=False)
async def sweep(timer: func.TimerRequest) -> None:
    """Delete what has expired: old records, received numbers, content that nothing refers to.

    Before that it tries again what recovery left behind, and puts back due rows that are missing;
    then it looks whether the backups of the history are there. None of these waits for another to
    succeed.
    """
    quiet_the_sdk()
    app = current()
    left, due, inventory = app.recovery.try_again, app.due_rows.run, app.inventory.run
    filling = app.log_filling.run
    await _in_turn(left, due, app.sweep.run, filling, app.collector.run, inventory)


async def _in_turn(*pieces: Piece) -> None:
    """Run all of them, even if some fail; the first error is raised at the end."""
    failed: Exception | None = None
    for piece in pieces:
        try:
            await piece()
        except Exception as error:  # noqa: BLE001 - raised below, when the others have run
            log.warning("the sweep goes on without %s: %s", piece, error)
            failed = failed or error
    if failed is not None:
        raise failed
