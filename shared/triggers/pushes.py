"""Pushes of services into integration accounts: plan one, start one."""

from shared.model.problem import Code
from shared.model.push import PushBody
from shared.rules.roles import Role
from shared.web.http.call import Answer, Call
from shared.web.http.monitor import accepted
from shared.web.http.route import new_blueprint, route
from shared.web.http.shared_errors import ASKS_ARM, MOVES_SERVICE, OPENS_OR_SEALS
from shared.web.http.tasks import DocsGroup

blueprint = new_blueprint(DocsGroup.INTEGRATION_ACCOUNTS)


@route(
    blueprint,
    "POST",
    "services/{service}/push",
    query=("validateOnly",),
    body=PushBody,
    answers=(200, 202),
    role=Role.OPERATOR,
    example={
        "create": {
            "resourceId": (
                "/subscriptions/8a6ce9e8-3d1c-4b0e-9a43-7b1d6f0c2a11/resourceGroups/b2b-north"
                "/providers/Microsoft.Logic/integrationAccounts/contoso-b2b-north"
            ),
            "location": "northeurope",
            "sku": "Standard",
        },
        "controlNumbers": {"policy": "advance", "by": 1000},
    },
    gives="PushPlan",
    errors=ASKS_ARM
    | MOVES_SERVICE
    | OPENS_OR_SEALS
    | {
        Code.INTEGRATION_ACCOUNT_UNKNOWN,
        Code.INTEGRATION_ACCOUNT_HOLDS,
        Code.CONTROL_NUMBERS_UNCERTAIN,
        Code.CONTROL_NUMBERS_EXHAUSTED,
        Code.CONFIGURATION_HELD,
        Code.AGREEMENT_NOT_FOUND,
        Code.ARTIFACT_NOT_FOUND,
        Code.DANGLING_REFERENCE,
        Code.QUOTA_EXCEEDED,
        Code.RESERVED_MEMBER,
        Code.BLOB_MISSING,
    },
)
async def push(call: Call) -> Answer:
    """Bring an integration account to what a service holds; with validateOnly=true, only plan
    it."""
    service = (await call.app.services.require(call.path("service"))).service
    body = call.body(PushBody)
    if call.flag("validateOnly"):
        return Answer((await call.app.pushes.plan(service, body)).to_json())
    started = await call.app.pushes.start(service, body, call.caller, call.operation_id)
    return accepted(call, started)
