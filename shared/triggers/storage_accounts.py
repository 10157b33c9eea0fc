"""Registered storage accounts, and the backups that are in them."""

from shared.http.call import Answer, Call
from shared.http.paging import PAGING, given_page, place_after, top
from shared.http.route import new_blueprint, route
from shared.model.place import BrowsePlace

blueprint = new_blueprint()


@route(blueprint, "GET", "storage-accounts")
async def list_storage_accounts(call: Call) -> Answer:
    """List the storage accounts that requests may name; never their keys."""
    return Answer({"value": [{"name": alias} for alias in call.app.accounts.aliases]})


@route(blueprint, "GET", "storage-accounts/{account}/backups", query=("service", *PAGING))
async def browse_backups(call: Call) -> Answer:
    """List the backups in a storage account by their descriptors, whoever made them."""
    account, service = call.path("account"), call.query("service")
    page = await call.app.browsing.page(
        account, most=top(call), place=place_after(call, BrowsePlace), service=service
    )
    following = page.following.model_dump_json(by_alias=True) if page.following else None
    query = {"service": service} if service else {}
    return given_page(call, f"storage-accounts/{account}/backups", page.backups, following, query)
