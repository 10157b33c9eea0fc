"""Integration accounts: which there are, and the links of services to them."""

import logging

from shared.integration_accounts.linking.discovery import UnreadScope
from shared.integration_accounts.linking.shown import shown_link
from shared.model.link import LinkBody
from shared.model.problem import Code
from shared.model.wire import JsonObject
from shared.rules.roles import Role
from shared.services.services import Asked
from shared.state.services import Listed
from shared.telemetry.events import Telemetry
from shared.web.http.call import Answer, Call
from shared.web.http.etag import condition, strong, unless_unchanged
from shared.web.http.paging import PAGING, after, given_page, top
from shared.web.http.route import new_blueprint, route
from shared.web.http.shared_errors import ASKS_ARM, MOVES_SERVICE
from shared.web.http.tasks import DocsGroup

blueprint = new_blueprint(DocsGroup.INTEGRATION_ACCOUNTS)

log = logging.getLogger("interkeep.accounts")

_PATH = "services/{service}/integration-account"
_LINK: JsonObject = {
    "resourceId": (
        "/subscriptions/8a6ce9e8-3d1c-4b0e-9a43-7b1d6f0c2a11/resourceGroups/b2b"
        "/providers/Microsoft.Logic/integrationAccounts/contoso-b2b"
    ),
    "pullMinutes": 15,
}
"""An example."""


@route(
    blueprint,
    "GET",
    "integration-accounts",
    query=("linked", *PAGING),
    gives="IntegrationAccounts",
    errors=ASKS_ARM,
)
async def list_integration_accounts(call: Call) -> Answer:
    """List the integration accounts that may be linked, each with the service that has it."""
    asked = call.query("linked")
    linked = None if asked is None else call.flag("linked")
    found = await call.app.discovery.listed(after(call, _is_key), top(call), linked)
    for one in found.unread:
        _tell(one, call.request_id)
    query = {} if linked is None else {"linked": str(linked).lower()}
    values = [one.to_json() for one in found.accounts]
    beside: JsonObject = {"unread": [one.to_json() for one in found.unread]}
    return given_page(call, "integration-accounts", values, found.following, query, beside)


@route(
    blueprint,
    "GET",
    _PATH,
    answers=(200, 304),
    gives="ShownLink",
    errors={Code.INTEGRATION_ACCOUNT_NOT_LINKED},
)
async def get_link(call: Call) -> Answer:
    """Read the integration account that a service is linked to, and how its pulls went."""
    service = (await call.app.services.require(call.path("service"))).service
    found = await call.app.linking.get(service)
    shown = shown_link(found.value, service.integration_account, service.pushed_into)
    return unless_unchanged(call, found.etag, shown)


@route(
    blueprint,
    "PUT",
    _PATH,
    body=LinkBody,
    answers=(200, 201),
    conditional=True,
    names_operation=True,
    role=Role.OPERATOR,
    example=_LINK,
    gives="ShownLink",
    errors=ASKS_ARM
    | MOVES_SERVICE
    | {
        Code.INTEGRATION_ACCOUNT_UNKNOWN,
        Code.INTEGRATION_ACCOUNT_LINKED,
        Code.INTEGRATION_ACCOUNT_NOT_LINKED,  # ended by somebody before it could be shown
    },
)
async def put_link(call: Call) -> Answer:
    """Link a service to an integration account, which alone changes it from then on."""
    listed = await _service(call)
    found, new = await call.app.linking.link(listed, call.body(LinkBody), _asked(call))
    service = (await _service(call)).service
    status, headers = 201 if new else 200, {"ETag": strong(found.etag)}
    shown = shown_link(found.value, service.integration_account, service.pushed_into)
    return Answer(shown, status, headers)


@route(
    blueprint,
    "DELETE",
    _PATH,
    answers=(204,),
    conditional=True,
    names_operation=True,
    role=Role.OPERATOR,
    errors=MOVES_SERVICE | {Code.INTEGRATION_ACCOUNT_NOT_LINKED},
)
async def delete_link(call: Call) -> Answer:
    """End a service's link; what was pulled stays, and is the service's own from then on."""
    await call.app.linking.unlink(await _service(call), _asked(call))
    return Answer(status=204)


async def _service(call: Call) -> Listed:
    return await call.app.services.require(call.path("service"))


def _asked(call: Call) -> Asked:
    return Asked(call.caller, "http", call.operation_id, condition(call))


def _tell(unread: UnreadScope, request_id: str) -> None:
    code, scope = unread.problem.code, str(unread.scope)
    Telemetry().tell(
        log,
        logging.WARNING,
        "ScopeUnread",
        f"the integration accounts of {scope} are not all known: {code}.",
        {"request": request_id, "scope": scope, "code": str(code)},
    )


def _is_key(place: str) -> bool:
    return place.startswith("/subscriptions/")
