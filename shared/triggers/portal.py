"""The portal's door: the page in a browser, for everyone; what it asks the API for needs a key."""

import azure.functions as func

from shared.web.http.route import new_blueprint
from shared.web.portal.site import built, served

blueprint = new_blueprint()


@blueprint.function_name("portal")
@blueprint.route(
    # No operation of the API: outside of @route, which refuses query parameters that it does not
    # know, and describes what programs call.
    route="portal/{*path}",
    methods=["GET", "HEAD"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
async def portal(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with a file of the portal; the host leaves the body of a HEAD away."""
    headers = {name.lower(): value for name, value in req.headers.items()}
    answer = served(built(), req.route_params.get("path") or "", headers)
    return func.HttpResponse(answer.body, status_code=answer.status, headers=dict(answer.headers))
