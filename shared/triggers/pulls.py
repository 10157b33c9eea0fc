"""Pulls of integration accounts, what they found changed, and the timer of sessions."""

import azure.functions as func

from shared.installation.installation import current
from shared.model.problem import Code
from shared.model.pull import PullBody
from shared.model.service import Service
from shared.rules.roles import Role
from shared.state.drift import Drifted
from shared.state.row_keys import is_timed_of_all
from shared.telemetry.events import quiet_the_sdk
from shared.web.http.call import Answer, Call
from shared.web.http.monitor import accepted
from shared.web.http.paging import PAGING, after, one_page, top
from shared.web.http.route import PageOf, new_blueprint, route
from shared.web.http.shared_errors import MOVES_SERVICE
from shared.web.http.tasks import DocsGroup

blueprint = new_blueprint(DocsGroup.INTEGRATION_ACCOUNTS)


@route(
    blueprint,
    "POST",
    "services/{service}/pull",
    body=PullBody,
    answers=(202,),
    role=Role.OPERATOR,
    example={},
    errors=MOVES_SERVICE | {Code.INTEGRATION_ACCOUNT_NOT_LINKED},
)
async def pull(call: Call) -> Answer:
    """Bring a linked service to what its integration account holds."""
    service, body = await _service(call), call.body(PullBody)
    return accepted(call, await call.app.pulls.start(service, body, call.caller, call.operation_id))


@route(
    blueprint,
    "GET",
    "services/{service}/integration-account/changes",
    query=("from", "to", *PAGING),
    gives=PageOf("AccountChange"),
)
async def list_account_changes(call: Call) -> Answer:
    """List what pulls found changed in the account, newest first: names and places, no values."""
    service = await _service(call)
    since, until = call.time("from"), call.time("to")
    place = after(call, is_timed_of_all)

    def keep(one: Drifted) -> bool:
        return (since is None or one.found_at >= since) and (until is None or one.found_at < until)

    return await one_page(
        call,
        f"services/{service.name}/integration-account/changes",
        call.app.drift.pages(service.id, after=place, since=since, until=until, size=top(call) + 1),
        Drifted.to_json,
        lambda one: one.key,
        keep,
        {name: text for name in ("from", "to") if (text := call.query(name))},
    )


@blueprint.function_name("pull_sessions")
@blueprint.timer_trigger(arg_name="timer", schedule="%SCHEDULE_TIMER%", run_on_startup=False)
async def pull_sessions(timer: func.TimerRequest) -> None:
    """Pull the control numbers of the accounts that are due."""
    quiet_the_sdk()
    await current().session_pulls.run()


async def _service(call: Call) -> Service:
    return (await call.app.services.require(call.path("service"))).service
