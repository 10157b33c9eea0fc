"""What concerns the installation: its health, and what it answers."""

from dataclasses import replace
from json import dumps

from shared.model.problem import Code, Problem
from shared.model.wire import JsonObject
from shared.rules.roles import Role
from shared.web.http.call import Answer, Call
from shared.web.http.caller import roles_of, way_in
from shared.web.http.etag import is_unchanged, strong, unchanged, unless_unchanged
from shared.web.http.route import ROUTES, new_blueprint, route
from shared.web.http.tasks import DocsGroup
from shared.web.portal.site import built, told

blueprint = new_blueprint(DocsGroup.INSTALLATION)


@route(blueprint, "GET", "health", anonymous=True, gives="Health")
async def health(call: Call) -> Answer:
    """Say that the app runs and its settings are usable."""
    return Answer({"status": "ok"})


@route(blueprint, "GET", "health/deep", answers=(200, 503), gives="DeepHealthReport")
async def deep_health(call: Call) -> Answer:
    """Ask storage, queue and key provider, and list the keys that stored backups need."""
    well, report = await call.app.deep_health.report()
    # Backups do without the portal: that it is missing is told, and fails nothing.
    report = {**report, "portal": told(built())}
    return Answer(report, 200 if well else 503)


@route(blueprint, "GET", "me", any_caller=True, answers=(200, 304), gives="ShownCaller")
async def get_me(call: Call) -> Answer:
    """Say who calls: their name, how they came in, their roles, and what they may call."""
    required, headers = call.app.settings.require_roles, call.request.headers
    roles = roles_of(headers) & frozenset(Role)
    has_key = bool(call.header("x-functions-key") or call.query("code"))
    shown: JsonObject = {
        "caller": call.caller,
        "cameInBy": way_in(headers, has_key=has_key),
        "rolesRequired": required,
        "roles": [role for role in Role if role in roles],
        "operations": [
            one.name
            for one in ROUTES
            if one.method != "ANY" and (not required or one.may_be_called(roles))
        ],
    }
    return unless_unchanged(call, dumps(shown), shown)


@route(blueprint, "GET", "openapi.json", anonymous=True, answers=(200, 304))
async def get_openapi(call: Call) -> Answer:
    """Read this API's OpenAPI document."""
    # What describes the API is as large as what answers for it: a cold start does without.
    from shared.web.api.document import document

    described = document(keyless=call.app.settings.function_keys == "optional")
    return unless_unchanged(call, dumps(described), described)


@route(blueprint, "GET", "docs", anonymous=True, answers=(200, 304), gives_bytes=True)
async def get_docs(call: Call) -> Answer:
    """Read this API's description as a page, with an example of every route."""
    from shared.web.api.document import document
    from shared.web.api.page.page import page
    from shared.web.api.page.style import POLICY

    keyless = call.app.settings.function_keys == "optional"
    shown = page(document(keyless=keyless), call.base_url)
    version = shown.decode()
    if is_unchanged(call, version):
        answer = unchanged(call, version)
        return replace(answer, headers={**answer.headers, "Content-Security-Policy": POLICY})
    headers = {"ETag": strong(version), "Content-Security-Policy": POLICY}
    return Answer(shown, headers=headers, content_type="text/html; charset=utf-8", packable=True)


@route(blueprint, "ANY", "{*address}", anonymous=True)
async def zz_route_not_found(call: Call) -> Answer:
    """Answer what no route takes, also a method that a route does not have.

    The host tries functions in the order of their names: this one comes last by its name.
    """
    raise Problem(
        Code.ROUTE_NOT_FOUND,
        f"There is no {call.request.method} at this address. docs/api.md lists the routes.",
    )
