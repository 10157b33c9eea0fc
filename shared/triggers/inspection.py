"""Looking into backups: what is in one."""

from shared.http.call import Answer, Call
from shared.http.paging import PAGING, given_page, place_after, top
from shared.http.route import new_blueprint, route
from shared.model.place import BEGINNING, LinePlace

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
