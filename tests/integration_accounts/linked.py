"""Services and accounts for tests of links."""

from typing import Any

from shared.installation.installation import Installation
from shared.model.backup import BackupBody
from shared.model.link import Link, LinkBody
from shared.model.problem import Problem
from shared.model.service import Service, ServiceSettings
from shared.state.services import Listed
from shared.storage.versioned import Versioned
from tests.support.arm import account_id
from tests.support.scenes import ASKED, run

IA, OTHER_IA = account_id("contoso-ia"), account_id("contoso-other")
ONE, TWO = "contoso-b2b", "fabrikam-b2b"


def account(resource_id: str = IA, sku: str = "Standard", **members: Any) -> dict[str, Any]:
    """An account's own resource, as ARM has it."""
    return {
        "id": resource_id,
        "name": resource_id.rsplit("/", 1)[1],
        "type": "Microsoft.Logic/integrationAccounts",
        "location": "westeurope",
        "sku": {"name": sku},
        "tags": {"team": "edi"},
        "properties": {"state": "Enabled"},
        **members,
    }


async def create(app: Installation, name: str = ONE, edition: str = "Basic") -> Listed:
    wanted = ServiceSettings.model_validate({"edition": edition})
    return await app.services.create(name, wanted, ASKED)


async def link(
    app: Installation, name: str = ONE, resource_id: str = IA, minutes: int | None = None
) -> Versioned[Link]:
    listed = await app.services.require(name)
    body = LinkBody(resource_id=resource_id, pull_minutes=minutes)
    return (await app.linking.link(listed, body, ASKED))[0]


async def unlink(app: Installation, name: str = ONE) -> None:
    await app.linking.unlink(await app.services.require(name), ASKED)


async def service(app: Installation, name: str = ONE) -> Service:
    return (await app.services.require(name)).service


async def refused(attempt: Any) -> Problem | None:
    """What an attempt is refused with; None where it was not."""
    try:
        await attempt
    except Problem as problem:
        return problem
    return None


async def owners(app: Installation, *names: str) -> list[str]:
    """The services that say they are linked to the account, with a claim and a link of theirs."""
    found = []
    for name in names:
        listed = await app.directory.get(name)
        facts = listed.service.integration_account if listed else None
        if listed is None or facts is None or not facts.linked:
            continue
        claim = await app.links.claim(facts.key)
        assert claim is not None
        assert claim.value.service_id == listed.service.id
        link = await app.links.get(name)
        assert link is not None
        assert link.value.key == facts.key
        found.append(name)
    return found


async def backup(app: Installation, name: str, of: str = ONE) -> None:
    """A backup of a service, made."""
    listed = await app.services.require(of)
    body = BackupBody(name=name, storage_account="offsite")
    await run(app, await app.backups.start(listed.service, body, "somebody", None))
