"""Integration accounts as the portal shows them: the sample account, linked and pulled, and one
that nobody protects."""

import pytest

from localhost.arm.sample import ACCOUNT, SUBSCRIPTION, fill
from tests.support.api import Api, unique
from tests.support.arm import SUBSCRIPTION as OTHER_SUBSCRIPTION
from tests.support.arm import Arm, account_id
from tests.support.deployed import Deployed, Emulator

NAME = ACCOUNT.rsplit("/", 1)[1]
FREE = account_id("fabrikam-forgotten")
"""An account that no service has."""
NORTH = ACCOUNT.replace(NAME, "contoso-north")
"""An account beside the sample, which is not there."""


@pytest.fixture(scope="module")
def deployed(emulator: Emulator, azure: Arm, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """Accounts of the module's own; the sample's subscription may be named too."""
    scopes = (f"/subscriptions/{SUBSCRIPTION}", f"/subscriptions/{OTHER_SUBSCRIPTION}")
    folder = tmp_path_factory.mktemp("deployed")
    return Deployed.new(emulator, folder, **azure.settings(*scopes))


def put_accounts(azure: Arm) -> None:
    """The sample account, and one of another subscription."""
    fill(azure.state)
    azure.load(
        [
            {
                "id": FREE,
                "location": "westus",
                "sku": {"name": "Basic"},
                "properties": {"state": "Enabled"},
            }
        ]
    )


async def link(api: Api, account: str = ACCOUNT, edition: str = "Developer", **body: int) -> str:
    """A service that is linked to an account, not pulled yet."""
    service = await api.service(unique("svc"), edition=edition)
    path = f"services/{service}/integration-account"
    assert (await api.put(path, {"resourceId": account, **body})).status == 201
    return service


async def pull(api: Api, service: str) -> None:
    """A pull that succeeded."""
    await api.succeeded(await api.post(f"services/{service}/pull", {}))


def lose_partners(azure: Arm) -> None:
    """All partners of the sample account go, as somebody would delete them."""
    azure.account(ACCOUNT).items["partners"].clear()


def change(azure: Arm) -> None:
    """Somebody changes a partner, and adds one."""
    found = azure.account(ACCOUNT).items["partners"]["fabrikam"]
    properties = {**found.properties, "metadata": {"owner": "edi"}}
    azure.load(
        [
            {"id": f"{ACCOUNT}/partners/Fabrikam", "properties": properties},
            {"id": f"{ACCOUNT}/partners/Tailspin", "properties": found.properties},
        ]
    )
