"""What concerns the installation: its storage accounts and its health."""

from shared.http.call import Answer, Call
from shared.http.route import new_blueprint, route

blueprint = new_blueprint()


@route(blueprint, "GET", "storage-accounts")
async def list_storage_accounts(call: Call) -> Answer:
    """List the storage accounts that requests may name; never their keys."""
    return Answer({"value": [{"name": alias} for alias in call.app.accounts.aliases]})


@route(blueprint, "GET", "health", anonymous=True)
async def health(call: Call) -> Answer:
    """Say that the app runs and its settings are usable."""
    return Answer({"status": "ok"})
