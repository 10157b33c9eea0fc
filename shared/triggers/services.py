"""Services: create, read, change, move through the state chart, delete."""

from collections.abc import Callable, Set
from json import dumps

from shared.model.problem import Code
from shared.model.service import Edition, ScaleBody, Service, ServiceSettings, State
from shared.model.wire import JsonObject, JsonValue
from shared.rules.editions import LIMITS, quotas, restorable_to
from shared.rules.naming import is_service_name
from shared.rules.roles import Role
from shared.rules.states import ServiceOperation
from shared.services.service_view import summary
from shared.services.services import Asked
from shared.state.services import Listed
from shared.web.http.call import Answer, Call
from shared.web.http.etag import condition, strong, unless_unchanged
from shared.web.http.monitor import accepted
from shared.web.http.paging import PAGING, after, given_page, name_prefix, read_page, top
from shared.web.http.route import Handler, PageOf, new_blueprint, route
from shared.web.http.shared_errors import (
    ASKS_ARM,
    CHANGES_CONFIGURATION,
    MOVES_SERVICE,
    OPENS_OR_SEALS,
    TAKES_CERTIFICATE,
)
from shared.web.http.tasks import DocsGroup

blueprint = new_blueprint(DocsGroup.SERVICES)

_MOVES_WORKFLOWS = ASKS_ARM | {Code.INTEGRATION_ACCOUNT_UNKNOWN}


def _transition(
    name: str, gives: str = "ShownService", errors: Set[Code] = frozenset()
) -> Callable[[Handler], Handler]:
    """Declare a route that moves a service from one state to another: all say the same of it."""
    return route(
        blueprint,
        "POST",
        f"services/{{service}}/{name}",
        role=Role.OPERATOR,
        gives=gives,
        conditional=True,
        names_operation=True,
        errors=MOVES_SERVICE | errors,
    )


@route(
    blueprint,
    "GET",
    "services",
    query=("state", "edition", "namePrefix", "stored", *PAGING),
    gives=PageOf("ListedService"),
)
async def list_services(call: Call) -> Answer:
    """List the services, filtered by state, edition and the beginning of their names, each with
    its schedule; with stored=true, also what is stored of its last backup.
    """
    stored = call.flag("stored")
    state, edition = call.choice("state", State), call.choice("edition", Edition)
    prefix = name_prefix(call)

    def keep(listed: Listed) -> bool:
        service = listed.service
        return state in (None, service.state) and edition in (None, service.edition)

    pages = call.app.directory.pages(after(call, is_service_name), top(call) + 1, prefix=prefix)
    found, following = await read_page(call, pages, lambda listed: listed.service.name, keep)
    services = [listed.service for listed in found]
    schedules = await call.app.listed_schedules.of(services)
    backups = await call.app.last_stored.of(services) if stored else {}
    values = [_listed(one, schedules.get(one.id), backups.get(one.id)) for one in services]
    filters = (("state", state), ("edition", edition), ("namePrefix", prefix))
    query = {name: str(value) for name, value in filters if value}
    query |= {"stored": "true"} if stored else {}
    return given_page(call, "services", values, following, query)


@route(blueprint, "GET", "summary", query=("top",), gives="ServicesSummary")
async def get_summary(call: Call) -> Answer:
    """Count the services by what they are, and list those that need attention, the worst first."""
    standing = await call.app.standings.now(top(call))
    worst: list[JsonValue] = [
        {
            **_listed(one.service, one.schedule, None),
            "reasons": [reason.to_json() for reason in one.reasons],
        }
        for one in standing.worst
    ]
    return Answer(
        {
            "services": standing.states.total(),
            "states": {str(one): many for one, many in standing.states.items()},
            "backedUp": {"able": standing.able, "succeeded": standing.succeeded},
            "needAttention": {"errors": standing.errors, "warnings": standing.warnings},
            "reasons": {str(one): many for one, many in standing.reasons.items()},
            "worst": worst,
        }
    )


@route(
    blueprint,
    "PUT",
    "services/{service}",
    body=ServiceSettings,
    answers=(200, 201),
    conditional=True,
    example={"edition": "Standard", "unitCount": 2, "region": "West Europe"},
    gives="ShownService",
    names_operation=True,
    errors=CHANGES_CONFIGURATION
    | MOVES_SERVICE
    | OPENS_OR_SEALS
    | TAKES_CERTIFICATE
    | {
        Code.INVALID_NAME,
        Code.SERVICE_EXISTS,
        Code.SERVICE_NAME_UNAVAILABLE,
        Code.STORAGE_ACCOUNT_UNKNOWN,
        Code.MASK_WITHOUT_VALUE,
    },
)
async def put_service(call: Call) -> Answer:
    """Create a service, or replace the settings of one."""
    must_be_new = call.header("if-none-match") == "*"
    listed, created = await call.app.services.put(
        call.path("service"), call.body(ServiceSettings), _asked(call), must_be_new=must_be_new
    )
    return await _shown(call, listed, 201 if created else 200)


@route(blueprint, "GET", "services/{service}", answers=(200, 304), gives="ShownService")
async def get_service(call: Call) -> Answer:
    """Read a service: settings with secrets masked, state, what it allows, quota use."""
    listed = await call.app.services.require(call.path("service"))
    view = await call.app.services.view(listed)
    return unless_unchanged(call, view.version, _linked(call, view.shown))


@route(
    blueprint,
    "DELETE",
    "services/{service}",
    answers=(202,),
    conditional=True,
    errors=MOVES_SERVICE,
)
async def delete_service(call: Call) -> Answer:
    """Delete a service and all that it holds; its backups and its ledger of numbers stay."""
    return accepted(call, await call.app.deletions.start(call.path("service"), _asked(call)))


@route(blueprint, "GET", "editions", answers=(200, 304), gives="ShownEditions")
async def get_editions(call: Call) -> Answer:
    """Read what each edition may do and hold, and where its backups can be restored to."""
    values: list[JsonObject] = [
        {
            "edition": edition,
            "maxUnits": limits.max_units,
            "backup": limits.backup,
            "archiving": limits.archiving,
            "restoresTo": [*restorable_to(edition)],
            "quotasPerUnit": {str(name): most for name, most in quotas(edition, 1).items()},
        }
        for edition, limits in LIMITS.items()
    ]
    shown: JsonObject = {"value": [*values]}
    return unless_unchanged(call, dumps(shown), shown)


async def _move(call: Call, operation: ServiceOperation) -> Answer:
    listed = await call.app.services.require(call.path("service"))
    moved, workflows = await call.app.transitions.move(listed, operation, _asked(call))
    return await _shown(call, moved, more={"workflows": workflows} if workflows else {})


@_transition("start")
async def start_service(call: Call) -> Answer:
    """Start a stopped service."""
    return await _move(call, ServiceOperation.START)


@_transition("stop")
async def stop_service(call: Call) -> Answer:
    """Stop a service."""
    return await _move(call, ServiceOperation.STOP)


@_transition("restart")
async def restart_service(call: Call) -> Answer:
    """Restart a service."""
    return await _move(call, ServiceOperation.RESTART)


@route(
    blueprint,
    "POST",
    "services/{service}/scale",
    body=ScaleBody,
    conditional=True,
    example={"unitCount": 3},
    gives="ShownService",
    names_operation=True,
    errors=MOVES_SERVICE | {Code.QUOTA_EXCEEDED},
)
async def scale_service(call: Call) -> Answer:
    """Change the number of units of a service."""
    body = call.body(ScaleBody)
    listed = await call.app.services.require(call.path("service"))
    scaled = await call.app.services.scale(listed, body.unit_count, _asked(call))
    return await _shown(call, scaled)


@_transition("suspend", "MovedService", _MOVES_WORKFLOWS)
async def suspend_service(call: Call) -> Answer:
    """Suspend a service: it issues nothing, and of a linked one workflows are disabled."""
    return await _move(call, ServiceOperation.SUSPEND)


@_transition("resume", "MovedService", _MOVES_WORKFLOWS)
async def resume_service(call: Call) -> Answer:
    """Resume a suspended service, and the workflows that its suspend disabled."""
    return await _move(call, ServiceOperation.RESUME)


@_transition("disable")
async def disable_service(call: Call) -> Answer:
    """Disable a service: an administrator's block."""
    return await _move(call, ServiceOperation.DISABLE)


@_transition("enable")
async def enable_service(call: Call) -> Answer:
    """Enable a disabled service; it comes back Suspended."""
    return await _move(call, ServiceOperation.ENABLE)


def _asked(call: Call) -> Asked:
    return Asked(call.caller, "http", call.operation_id, condition(call))


def _listed(service: Service, schedule: JsonObject | None, stored: JsonObject | None) -> JsonObject:
    """A service as lists show it."""
    shown = {**summary(service), **({"schedule": schedule} if schedule else {})}
    last = shown.get("lastBackup")
    if stored is not None and isinstance(last, dict):
        shown["lastBackup"] = {**last, "stored": stored}
    return shown


async def _shown(
    call: Call, listed: Listed, status: int = 200, *, more: JsonObject | None = None
) -> Answer:
    view = await call.app.services.view(listed)
    shown = {**_linked(call, view.shown), **(more or {})}
    return Answer(shown, status, {"ETag": strong(view.version)})


def _linked(call: Call, shown: JsonObject) -> JsonObject:
    """A service as it is shown, with links to the operations of its last backups."""
    linked = dict(shown)
    for member in ("lastBackup", "lastScheduledBackup"):
        last = shown.get(member)
        if isinstance(last, dict):
            place = f"services/{shown['name']}/operations/{last['operation']}"
            linked[member] = {**last, "operationLocation": f"{call.base_url}/{place}"}
    return linked
