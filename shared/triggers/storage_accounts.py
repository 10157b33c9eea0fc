"""Registered storage accounts, and the backups that are in them."""

from urllib.parse import quote

from shared.model.place import BrowsePlace
from shared.model.problem import Code
from shared.web.http.call import Answer, Call
from shared.web.http.etag import strong
from shared.web.http.paging import PAGING, given_page, place_after, top
from shared.web.http.route import PageOf, new_blueprint, route
from shared.web.http.shared_errors import READS_DESCRIPTOR
from shared.web.http.tasks import DocsGroup

blueprint = new_blueprint(DocsGroup.STORAGE_ACCOUNTS)


@route(blueprint, "GET", "storage-accounts", gives=PageOf("ShownAccount"))
async def list_storage_accounts(call: Call) -> Answer:
    """List the storage accounts that requests may name; never their keys."""
    return Answer({"value": [{"name": alias} for alias in call.app.accounts.aliases]})


@route(
    blueprint,
    "GET",
    "storage-accounts/{account}/backups",
    query=("service", *PAGING),
    gives=PageOf("BrowsedBackup"),
    errors={Code.STORAGE_ACCOUNT_UNKNOWN},
)
async def browse_backups(call: Call) -> Answer:
    """List the backups in a storage account by their descriptors, whoever made them."""
    account, service = call.path("account"), call.query("service")
    page = await call.app.browsing.page(
        account, most=top(call), place=place_after(call, BrowsePlace), service=service
    )
    following = page.following.model_dump_json(by_alias=True) if page.following else None
    query = {"service": service} if service else {}
    return given_page(call, f"storage-accounts/{account}/backups", page.backups, following, query)


@route(
    blueprint,
    "POST",
    "storage-accounts/{account}/backups/{container}/register",
    query=("acceptRenamed",),
    answers=(201,),
    gives="Backup",
    names_operation=True,
    errors=READS_DESCRIPTOR
    | {Code.INVALID_NAME, Code.BACKUP_NAME_IN_USE, Code.OPERATION_IN_PROGRESS},
)
async def register_backup(call: Call) -> Answer:
    """Take a backup that this installation does not know into its history, pinned."""
    found = await call.app.registration.register(
        call.path("account"),
        call.path("container"),
        accept_renamed=call.flag("acceptRenamed"),
        caller=call.caller,
        operation_id=call.operation_id,
    )
    backup = found.value
    place = f"services/{quote(backup.service)}/backups/{quote(backup.name)}"
    headers = {"ETag": strong(found.etag), "Location": f"{call.base_url}/{place}"}
    return Answer(backup.to_json(), 201, headers)
