"""What concerns the installation: its health, and what it answers."""

import json

from shared.model.problem import Code, Problem
from shared.web.http.call import Answer, Call
from shared.web.http.etag import is_unchanged, strong, unless_unchanged
from shared.web.http.route import new_blueprint, route
from shared.web.http.tasks import DocsGroup

blueprint = new_blueprint(DocsGroup.INSTALLATION)


@route(blueprint, "GET", "health", anonymous=True, gives="Health")
async def health(call: Call) -> Answer:
    """Say that the app runs and its settings are usable."""
    return Answer({"status": "ok"})


@route(blueprint, "GET", "health/deep", answers=(200, 503), gives="DeepHealthReport")
async def deep_health(call: Call) -> Answer:
    """Ask storage, queue and key provider, and list the keys that stored backups need."""
    well, report = await call.app.deep_health.report()
    return Answer(report, 200 if well else 503)


@route(blueprint, "GET", "openapi.json", anonymous=True, answers=(200, 304))
async def get_openapi(call: Call) -> Answer:
    """Read this API's OpenAPI document."""
    # What describes the API is as large as what answers for it: a cold start does without.
    from shared.web.api.document import document

    described = document()
    return unless_unchanged(call, json.dumps(described), described)


@route(blueprint, "GET", "docs", anonymous=True, answers=(200, 304), gives_bytes=True)
async def get_docs(call: Call) -> Answer:
    """Read this API's description as a page, with an example of every route."""
    from shared.web.api.document import document
    from shared.web.api.page.page import page
    from shared.web.api.page.style import POLICY

    shown = page(document(), call.base_url)
    tag = strong(shown.decode())
    headers = {"ETag": tag, "Content-Security-Policy": POLICY}
    if is_unchanged(call, shown.decode()):
        return Answer(status=304, headers=headers)
    return Answer(shown, headers=headers, content_type="text/html; charset=utf-8")


@route(blueprint, "ANY", "{*address}", anonymous=True)
async def zz_route_not_found(call: Call) -> Answer:
    """Answer what no route takes, also a method that a route does not have.

    The host tries functions in the order of their names: this one comes last by its name.
    """
    raise Problem(
        Code.ROUTE_NOT_FOUND,
        f"There is no {call.request.method} at this address. docs/api.md lists the routes.",
    )
