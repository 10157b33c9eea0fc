"""Looking into backups: what is in one, and what differs between two."""

import re
from urllib.parse import quote

from shared.backups.inspection.changes import ChangesAsked
from shared.model.place import BEGINNING, ChangesPlace, LinePlace
from shared.model.problem import Code, Problem
from shared.model.sections import (
    CONFIGURATION_SECTIONS,
    CONTENT,
    RUNTIME_SECTIONS,
    WITH_CONTENT,
    Section,
)
from shared.web.http.call import Answer, Call
from shared.web.http.etag import is_unchanged, strong
from shared.web.http.paging import PAGING, given_page, name_prefix, one_name, place_after, top
from shared.web.http.route import new_blueprint, route
from shared.web.http.shared_errors import READS_BACKUP
from shared.web.http.tasks import DocsGroup

blueprint = new_blueprint(DocsGroup.BACKUPS)
_COMPARED = (*CONFIGURATION_SECTIONS, *RUNTIME_SECTIONS)
"""The sections of a backup whose records have names."""


@route(
    blueprint,
    "GET",
    "services/{service}/backups/{backup}/contents",
    query=("section", "namePrefix", "name", *PAGING),
    choices={"section": (*_COMPARED, CONTENT)},
    gives=("BackupOverview", "BackupRecords"),
    outlives_service=True,
    errors=READS_BACKUP | {Code.BACKUP_IN_USE},
)
async def list_backup_contents(call: Call) -> Answer:
    """List what is in a backup: its sections, or the records of one, secrets masked."""
    service, backup, section = call.path("service"), call.path("backup"), call.query("section")
    prefix, name = name_prefix(call), one_name(call)
    for given, parameter in ((prefix, "namePrefix"), (name, "name")):
        if given and section in (None, CONTENT):
            raise Problem(
                Code.INVALID_REQUEST,
                f"{parameter} needs a section whose records have names: any but content.",
                target=parameter,
            )
    if prefix and name:
        raise Problem(Code.INVALID_REQUEST, "Give name or namePrefix.", target="name")
    path = f"services/{service}/backups/{backup}/contents"
    most, place = top(call), place_after(call, LinePlace)
    if section is None:
        facts, sections = await call.app.contents.overview(service, backup)
        return given_page(call, path, sections, None, beside=facts)
    page = await call.app.contents.page(
        service, backup, section, most=most, place=place or BEGINNING, prefix=prefix, name=name
    )
    following = page.following.model_dump_json(by_alias=True) if page.following else None
    filters = {"section": section, "namePrefix": prefix, "name": name}
    query = {parameter: given for parameter, given in filters.items() if given}
    return given_page(call, path, page.values, following, query)


@route(
    blueprint,
    "GET",
    "services/{service}/backups/{backup}/contents/{section}/{name}/content",
    answers=(200, 304),
    gives_bytes=True,
    outlives_service=True,
    errors=READS_BACKUP | {Code.BACKUP_IN_USE, Code.ARTIFACT_NOT_FOUND},
)
async def get_backup_content(call: Call) -> Answer:
    """Read the bytes of an artifact as a backup has them, to be kept as a file."""
    section = next((one for one in Section if one == call.path("section")), None)
    if section not in WITH_CONTENT:
        raise Problem(
            Code.INVALID_REQUEST,
            f"Artifacts of these sections have content: {', '.join(sorted(WITH_CONTENT))}.",
            target="section",
        )
    found = await call.app.backed_up_content.find(
        call.path("service"), call.path("backup"), section, call.path("name")
    )
    headers = {"ETag": strong(found.content.version)}
    if is_unchanged(call, found.content.version):
        return Answer(status=304, headers=headers)
    data = await call.app.backed_up_content.read(found)
    headers["Content-Disposition"] = _as_file(found.name)
    return Answer(data, headers=headers, content_type=found.content.content_type)


def _as_file(name: str) -> str:
    """Content-Disposition of bytes that a browser must keep and not show (RFC 6266)."""
    plain = re.sub("[^A-Za-z0-9._-]", "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


@route(
    blueprint,
    "GET",
    "services/{service}/backups/{backup}/changes",
    query=("since", "section", "name", *PAGING),
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
    name = one_name(call)
    if name and section is None:
        raise Problem(
            Code.INVALID_REQUEST, "name needs the section that the record is of.", target="name"
        )
    asked = ChangesAsked(section, top(call), place_after(call, ChangesPlace), name)
    page = await call.app.changes.page(service, backup, since, asked)
    following = page.following.model_dump_json(by_alias=True) if page.following else None
    path = f"services/{service}/backups/{backup}/changes"
    filters = {"since": since, "section": section or "", "name": name}
    query = {parameter: given for parameter, given in filters.items() if given}
    return given_page(call, path, page.changes, following, query, beside=page.compared)
