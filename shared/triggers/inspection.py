"""Looking into backups: what is in one, and what differs between two."""

from shared.backups.inspection.changes import ChangesAsked
from shared.model.place import BEGINNING, ChangesPlace, LinePlace
from shared.model.problem import Code, Problem
from shared.model.sections import (
    BACKED_UP,
    CONTENT,
    CONTROL_NUMBERS,
    MIC_VALUES,
    RECEIVED_NUMBERS,
    SERVICE,
)
from shared.web.http.call import Answer, Call
from shared.web.http.paging import PAGING, given_page, name_prefix, place_after, top
from shared.web.http.route import new_blueprint, route
from shared.web.http.shared_errors import READS_BACKUP
from shared.web.http.tasks import DocsGroup

blueprint = new_blueprint(DocsGroup.BACKUPS)
_COMPARED = (SERVICE, *BACKED_UP, CONTROL_NUMBERS, RECEIVED_NUMBERS, MIC_VALUES)
"""The sections of a backup whose records have names."""


@route(
    blueprint,
    "GET",
    "services/{service}/backups/{backup}/contents",
    query=("section", "namePrefix", *PAGING),
    choices={"section": (*_COMPARED, CONTENT)},
    gives=("BackupOverview", "BackupRecords"),
    outlives_service=True,
    errors=READS_BACKUP | {Code.BACKUP_IN_USE},
)
async def list_backup_contents(call: Call) -> Answer:
    """List what is in a backup: its sections, or the records of one, secrets masked."""
    service, backup, section = call.path("service"), call.path("backup"), call.query("section")
    prefix = name_prefix(call)
    if prefix and section in (None, CONTENT):
        raise Problem(
            Code.INVALID_REQUEST,
            "namePrefix needs a section whose records have names: any but content.",
            target="namePrefix",
        )
    path = f"services/{service}/backups/{backup}/contents"
    most, place = top(call), place_after(call, LinePlace)
    if section is None:
        facts, sections = await call.app.contents.overview(service, backup)
        return given_page(call, path, sections, None, beside=facts)
    page = await call.app.contents.page(
        service, backup, section, most=most, place=place or BEGINNING, prefix=prefix
    )
    following = page.following.model_dump_json(by_alias=True) if page.following else None
    query = {"section": section, **({"namePrefix": prefix} if prefix else {})}
    return given_page(call, path, page.values, following, query)


@route(
    blueprint,
    "GET",
    "services/{service}/backups/{backup}/changes",
    query=("since", "section", *PAGING),
    needs={"since": "live"},
    choices={"section": _COMPARED},
    gives="BackupChanges",
    outlives_service=True,
    errors=READS_BACKUP | {Code.BACKUP_IN_USE, Code.SERVICE_NOT_FOUND},
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
    asked = ChangesAsked(section, top(call), place_after(call, ChangesPlace))
    page = await call.app.changes.page(service, backup, since, asked)
    following = page.following.model_dump_json(by_alias=True) if page.following else None
    path = f"services/{service}/backups/{backup}/changes"
    query = {"since": since, **({"section": section} if section else {})}
    return given_page(call, path, page.changes, following, query, beside=page.compared)
