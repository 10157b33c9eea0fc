"""What a comparison with a linked service says: as of which pull the service is what it is."""

from typing import Any

from shared.backups.inspection.changes import LIVE, ChangesAsked
from shared.installation.installation import Installation
from shared.model.wire import rfc3339
from shared.web.api.backup_models import ComparedService
from tests.integration_accounts.linked import IA, ONE, backup, link, unlink
from tests.integration_accounts.pulled import pull
from tests.integration_accounts.small import LATER, partner
from tests.support.arm import Arm


async def since_live(app: Installation) -> tuple[Any, list[Any]]:
    page = await app.changes.page(ONE, "before", LIVE, ChangesAsked("partners", 100, None))
    return page.compared["since"], [one["name"] for one in page.changes]


async def last_pull(app: Installation) -> str:
    found = await app.links.get(ONE)
    assert found is not None
    assert found.value.last_pull_at is not None
    return rfc3339(found.value.last_pull_at)


async def test_the_comparison_says_as_of_which_pull_it_is(pulled: Installation, arm: Arm) -> None:
    await backup(pulled, "before")
    first = await last_pull(pulled)
    arm.load([partner("Adatum", LATER, metadata={"owner": "edi"})])
    since, found = await since_live(pulled)
    assert (since["lastPullAt"], found) == (first, [])
    await pull(pulled)
    second = await last_pull(pulled)
    assert second > first
    since, found = await since_live(pulled)
    assert (since["lastPullAt"], found) == (second, ["Adatum"])
    assert ComparedService.model_validate(since).to_json() == since


async def test_a_service_that_is_not_as_an_account_held_it_says_no_time(
    pulled: Installation, arm: Arm
) -> None:
    await backup(pulled, "before")
    await unlink(pulled)
    assert "lastPullAt" not in (await since_live(pulled))[0]
    other = f"{IA}-other"
    arm.load([{"id": other, "location": "westeurope", "sku": {"name": "Basic"}, "properties": {}}])
    await link(pulled, resource_id=other)
    assert "lastPullAt" not in (await since_live(pulled))[0]
