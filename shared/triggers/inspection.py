"""Looking into backups: what is in one, and what differs between two."""

from shared.backup.changes import Asked
from shared.http.call import Answer, Call
from shared.http.paging import PAGING, given_page, place_after, top
from shared.http.route import new_blueprint, route
from shared.model.place import BEGINNING, ChangesPlace, LinePlace
from shared.model.problem import Code, Problem

blueprint = new_blueprint()


@route(
    blueprint,
    "GET",
    "services/{service}/backups/{backup}/contents",
    query=("section", *PAGING),
)
async def list_backup_contents(call: Call) -> Answer:
    """List what is in a backup: its sections, or the records of one, secrets masked."""
    service, backup, section = call.path("service"), call.path("backup"), call.query("section")
    path = f"services/{service}/backups/{backup}/contents"
    most, place = top(call), place_after(call, LinePlace)
    if section is None:
        facts, sections = await call.app.contents.overview(service, backup)
        return given_page(call, path, sections, None, beside=facts)
    page = await call.app.contents.page(
        service, backup, section, most=most, place=place or BEGINNING
    )
    following = page.following.model_dump_json(by_alias=True) if page.following else None
    return given_page(call, path, page.values, following, {"section": section})


@route(
    blueprint,
    "GET",
    "services/{service}/backups/{backup}/changes",
    query=("since", "section", *PAGING),
)
async def list_backup_changes(call: Call) -> Answer:
    """List what differs from another backup, or from the living service, to this backup."""
    service, backup = call.path("service"), call.path("backup")
    since, section = call.query("since"), call.query("section")
    if since is None:
        raise Problem(
            Code.INVALID_REQUEST,
            "since says what to compare with: the name of another backup of the service, or live.",
            target="since",
        )
    asked = Asked(section, top(call), place_after(call, ChangesPlace))
    page = await call.app.changes.page(service, backup, since, asked)
    following = page.following.model_dump_json(by_alias=True) if page.following else None
    path = f"services/{service}/backups/{backup}/changes"
    query = {"since": since, **({"section": section} if section else {})}
    return given_page(call, path, page.changes, following, query, beside=page.compared)
