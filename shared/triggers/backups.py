"""Backups of a service: start one, the history, pin and delete."""

from shared.model.backup import Backup, BackupBody, BackupStatus, PinBody, Trigger, VerifyBody
from shared.model.problem import Code
from shared.model.wire import JsonObject
from shared.operations.immediate import service_update
from shared.rules.roles import Role
from shared.state.row_keys import is_timed
from shared.storage.versioned import Versioned
from shared.web.http.call import Answer, Call
from shared.web.http.etag import condition, strong, unless_unchanged
from shared.web.http.monitor import accepted
from shared.web.http.paging import PAGING, after, one_page, top
from shared.web.http.route import PageOf, new_blueprint, route
from shared.web.http.shared_errors import CHOOSES_BACKUP_PLACE, MOVES_SERVICE
from shared.web.http.tasks import DocsGroup

blueprint = new_blueprint(DocsGroup.BACKUPS)

_MANY = 1000
"""Rows that storage gives at once."""


@route(
    blueprint,
    "POST",
    "services/{service}/backups",
    body=BackupBody,
    answers=(202,),
    role=Role.OPERATOR,
    example={"name": "contoso-before-upgrade", "storageAccount": "offsite"},
    errors=MOVES_SERVICE | CHOOSES_BACKUP_PLACE | {Code.BACKUP_NAME_IN_USE, Code.BATCHES_ACTIVE},
)
async def start_backup(call: Call) -> Answer:
    """Back up a service now."""
    body = call.body(BackupBody)
    service = (await call.app.services.require(call.path("service"))).service
    return accepted(
        call, await call.app.backups.start(service, body, call.caller, call.operation_id)
    )


@route(
    blueprint,
    "GET",
    "services/{service}/backups",
    query=("status", "trigger", *PAGING),
    choices={"status": BackupStatus},
    gives=PageOf("ListedBackup"),
    outlives_service=True,
)
async def list_backups(call: Call) -> Answer:
    """List the backups of a service name, newest first; also when the service is gone."""
    name = call.path("service")
    status, trigger = call.choice("status", BackupStatus), call.choice("trigger", Trigger)
    filters = (("status", status), ("trigger", trigger))

    def keep(backup: Backup) -> bool:
        return status in (None, backup.status) and trigger in (None, backup.trigger)

    # Of what is filtered, nobody knows how much must be read for a page.
    size = _MANY if status or trigger else top(call) + 1
    return await one_page(
        call,
        f"services/{name}/backups",
        call.app.retention_runs.explained(name, after(call, is_timed), size=min(size, _MANY)),
        lambda explained: explained.to_json(),
        lambda explained: call.app.history.place(explained.backup),
        lambda explained: keep(explained.backup),
        {filter_: str(value) for filter_, value in filters if value},
    )


@route(
    blueprint,
    "GET",
    "services/{service}/backups/{backup}",
    answers=(200, 304),
    gives="Backup",
    outlives_service=True,
    errors={Code.BACKUP_NOT_FOUND},
)
async def get_backup(call: Call) -> Answer:
    """Read what the history says of one backup."""
    found = await call.app.backups.get(call.path("service"), call.path("backup"))
    return unless_unchanged(call, found.etag, found.value.to_json())


@route(
    blueprint,
    "PATCH",
    "services/{service}/backups/{backup}",
    body=PinBody,
    conditional=True,
    role=Role.OPERATOR,
    example={"pinned": True},
    gives="Backup",
    outlives_service=True,
    errors={Code.BACKUP_NOT_FOUND, Code.BACKUP_IN_USE},
)
async def pin_backup(call: Call) -> Answer:
    """Pin a backup, so that neither retention nor anybody deletes it, or unpin it."""
    found = await call.app.backups.get(call.path("service"), call.path("backup"))
    condition(call)(found.etag)
    pinned = call.body(PinBody).pinned
    backup = found.value
    change = "PinBackup" if pinned else "UnpinBackup"
    about: JsonObject = {"backup": backup.name}
    async with service_update(
        call.app.engine, backup.service, backup.service_id, call.caller, change, about
    ) as entry:
        changed = await call.app.backups.pin(backup.service, backup.name, pinned, entry.open)
    return _shown(changed)


@route(
    blueprint,
    "DELETE",
    "services/{service}/backups/{backup}",
    query=("force",),
    answers=(202,),
    conditional=True,
    outlives_service=True,
    errors={
        Code.BACKUP_NOT_FOUND,
        Code.BACKUP_PINNED,
        Code.BACKUP_IN_USE,
        Code.LAST_GOOD_BACKUP,
        Code.STORAGE_ACCOUNT_UNKNOWN,
        Code.KEY_VAULT_UNAVAILABLE,
    },
)
async def delete_backup(call: Call) -> Answer:
    """Delete a backup's container; the history keeps what it was, and its name stays used."""
    found = await call.app.backups.get(call.path("service"), call.path("backup"))
    condition(call)(found.etag)
    record = await call.app.backups.delete(
        found, force=call.flag("force"), caller=call.caller, operation_id=call.operation_id
    )
    return accepted(call, record)


@route(
    blueprint,
    "POST",
    "services/{service}/backups/{backup}/verify",
    body=VerifyBody,
    answers=(202,),
    role=Role.OPERATOR,
    example={"level": "data"},
    outlives_service=True,
    errors={Code.BACKUP_NOT_FOUND, Code.BACKUP_IN_USE},
)
async def verify_backup(call: Call) -> Answer:
    """Verify a backup, at one of three levels: descriptor, data, restore."""
    found = await call.app.backups.get(call.path("service"), call.path("backup"))
    level = call.body(VerifyBody).level
    record = await call.app.verifications.start(found.value, level, call.caller, call.operation_id)
    return accepted(call, record)


def _shown(found: Versioned[Backup]) -> Answer:
    return Answer(found.value.to_json(), headers={"ETag": strong(found.etag)})
