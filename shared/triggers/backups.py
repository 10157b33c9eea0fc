"""Backups of a service: start one, and the history."""

from shared.http.call import Answer, Call
from shared.http.etag import strong
from shared.http.monitor import accepted
from shared.http.paging import PAGING, after, one_page
from shared.http.route import new_blueprint, route
from shared.model.backup import Backup, BackupBody

blueprint = new_blueprint()


@route(blueprint, "POST", "services/{service}/backups", body=BackupBody, answers=(202,))
async def start_backup(call: Call) -> Answer:
    """Back up a service now."""
    body = call.body(BackupBody)
    service = (await call.app.services.require(call.path("service"))).service
    return accepted(
        call, await call.app.backups.start(service, body, call.caller, call.operation_id)
    )


@route(blueprint, "GET", "services/{service}/backups", query=("status", "trigger", *PAGING))
async def list_backups(call: Call) -> Answer:
    """List the backups of a service name, newest first; also when the service is gone."""
    name = call.path("service")
    filters = {
        name: value for name in ("status", "trigger") if (value := call.query(name)) is not None
    }

    def keep(backup: Backup) -> bool:
        shown = {"status": backup.status.lower(), "trigger": backup.trigger.lower()}
        return all(shown[name] == value.lower() for name, value in filters.items())

    return await one_page(
        call,
        f"services/{name}/backups",
        call.app.history.pages(name, after(call)),
        lambda backup: backup.to_json(),
        call.app.history.place,
        keep,
        filters,
    )


@route(blueprint, "GET", "services/{service}/backups/{backup}")
async def get_backup(call: Call) -> Answer:
    """Read what the history says of one backup."""
    found = await call.app.backups.get(call.path("service"), call.path("backup"))
    return Answer(found.value.to_json(), headers={"ETag": strong(found.etag)})
