"""Linking a service to an integration account, and ending that, without HTTP."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from shared.installation.installation import Installation
from shared.model.condition import unconditional
from shared.model.integration_account import AccountFacts, Child, Sku
from shared.model.link import LinkBody
from shared.model.operation import OperationName, OperationStatus
from shared.model.problem import Code
from shared.model.sections import Section
from shared.model.service import ServiceSettings, State
from shared.rules.integration_accounts.children import CHILDREN
from shared.rules.states import ServiceOperation
from shared.services.documents import open_document
from tests.integration_accounts.linked import (
    IA,
    ONE,
    OTHER_IA,
    TWO,
    account,
    backup,
    create,
    link,
    owners,
    refused,
    service,
    unlink,
)
from tests.integration_accounts.pulled import pull
from tests.support.arm import Arm
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import ASKED, run


@pytest.fixture
async def app(emulator: Emulator, tmp_path: Path, arm: Arm) -> AsyncIterator[Installation]:
    """An installation that may link what the stand-in has: two accounts."""
    arm.load([account(), account(OTHER_IA, "Basic", location="northeurope")])
    installation = Installation(Deployed.new(emulator, tmp_path, **arm.settings()).read())
    yield installation
    await installation.close()


async def recorded(app: Installation, name: str = ONE) -> object:
    """What the service's settings say of its account."""
    of = await service(app, name)
    stored = await app.configuration.settings(of.id)
    assert stored is not None
    key = await app.keys.data_key(of.id)
    return open_document(key, "service", "service", stored.document).get("integrationAccount")


async def logged(app: Installation, name: str = ONE) -> list[tuple[OperationName, OperationStatus]]:
    """What the service's log has of links."""
    of_links = {OperationName.LINK, OperationName.UNLINK}
    found = [row.operation async for page in app.records.pages(name) for row in page]
    return [(one.operation, one.status) for one in found if one.operation in of_links]


async def test_a_linked_service_knows_its_account(app: Installation) -> None:
    await create(app)
    made = await link(app, minutes=15)
    assert made.value.resource_id == IA
    assert (made.value.account.sku, made.value.account.location) == ("Standard", "westeurope")
    assert made.value.account.tags == {"team": "edi"}
    assert made.value.pull_minutes == 15
    assert made.value.next_pull_at is not None
    assert (await service(app)).integration_account == AccountFacts(
        resource_id=IA,
        sku=Sku.STANDARD,
        location="westeurope",
        linked=True,
        pulled=False,
        pull_minutes=15,
    )
    assert await owners(app, ONE) == [ONE]
    assert await recorded(app) is None, "it holds nothing of it yet"
    assert await logged(app) == [(OperationName.LINK, OperationStatus.SUCCEEDED)]


async def test_settings_that_are_put_keep_what_they_say_of_the_account(app: Installation) -> None:
    await create(app)
    await link(app)
    assert (await pull(app)).status is OperationStatus.SUCCEEDED
    before = await recorded(app)
    assert before == {
        "resourceId": IA,
        "sku": "Standard",
        "location": "westeurope",
        "state": "Enabled",
        "tags": {"team": "edi"},
        "apiVersions": {str(child): CHILDREN[child].api_version for child in Child},
    }
    wanted = ServiceSettings.model_validate({"edition": "Basic", "region": "here"})
    await app.services.update(await app.services.require(ONE), wanted, ASKED)
    assert await recorded(app) == before


async def test_a_second_put_changes_how_it_pulls_and_keeps_what_pulls_have_told(
    app: Installation, arm: Arm
) -> None:
    await create(app)
    first = await link(app)
    assert (first.value.pull_minutes, first.value.next_pull_at) == (None, None)
    pulled = first.value.model_copy(
        update={"last_pull_status": "Succeeded", "counts": {Child.PARTNERS: 3}}
    )
    await app.links.put(pulled, first.etag)
    arm.account(IA).resource["sku"] = {"name": "Basic"}
    listed = await app.services.require(ONE)
    second, new = await app.linking.link(
        listed, LinkBody(resource_id=IA.upper(), pull_minutes=5), ASKED
    )
    assert not new
    assert second.value.to_json()["linkedAt"] == first.value.to_json()["linkedAt"]
    assert second.value.last_pull_status == "Succeeded"
    assert second.value.pull_minutes == 5
    assert second.value.account.sku == "Basic"
    facts = (await service(app)).integration_account
    assert facts is not None
    assert facts.sku is Sku.BASIC
    assert facts.resource_id == IA, "as Azure spells it"


async def test_an_account_is_of_one_service_and_a_service_has_one_account(
    app: Installation,
) -> None:
    await create(app)
    await create(app, TWO)
    await link(app)
    second = await refused(link(app, TWO))
    assert second is not None
    assert second.code is Code.INTEGRATION_ACCOUNT_LINKED
    assert ONE in second.message
    other = await refused(link(app, ONE, OTHER_IA))
    assert other is not None
    assert other.code is Code.INTEGRATION_ACCOUNT_LINKED
    assert IA in other.message
    await link(app, TWO, OTHER_IA)
    assert await owners(app, ONE, TWO) == [ONE, TWO]
    assert await logged(app, TWO) == [(OperationName.LINK, OperationStatus.SUCCEEDED)]


async def test_an_end_of_a_link_frees_the_account_and_gives_the_service_to_its_callers(
    app: Installation,
) -> None:
    await create(app)
    await create(app, TWO)
    await link(app)
    await unlink(app)
    of = await service(app)
    assert of.integration_account is not None
    assert not of.integration_account.linked
    assert await app.links.get(ONE) is None
    await app.artifacts.put(of, Section.PARTNERS, "Northwind", {}, unconditional)
    again = await refused(unlink(app))
    assert again is not None
    assert again.code is Code.INTEGRATION_ACCOUNT_NOT_LINKED
    await link(app, TWO)
    assert await owners(app, ONE, TWO) == [TWO]
    assert await logged(app) == [
        (OperationName.UNLINK, OperationStatus.SUCCEEDED),
        (OperationName.LINK, OperationStatus.SUCCEEDED),
    ]


async def test_only_what_the_setting_lists_may_be_named(
    emulator: Emulator, tmp_path: Path, arm: Arm
) -> None:
    arm.load([account(), account(OTHER_IA)])
    app = Installation(Deployed.new(emulator, tmp_path, **arm.settings(IA)).read())
    await create(app)
    unknown = await refused(link(app, resource_id=OTHER_IA))
    assert unknown is not None
    assert unknown.code is Code.INTEGRATION_ACCOUNT_UNKNOWN
    assert "INTEGRATION_ACCOUNTS" in unknown.message
    assert IA in unknown.message
    assert not arm.seen, "ARM is not asked of it"
    await link(app)
    await app.close()
    none = Installation(
        Deployed.new(emulator, tmp_path, **{**arm.settings(), "INTEGRATION_ACCOUNTS": "[]"}).read()
    )
    await create(none)
    unknown = await refused(link(none))
    assert unknown is not None
    assert unknown.code is Code.INTEGRATION_ACCOUNT_UNKNOWN
    assert "it is empty" in unknown.message
    await none.close()


async def test_an_account_that_is_not_there_is_not_linked(app: Installation, arm: Arm) -> None:
    await create(app)
    gone = await refused(link(app, resource_id=f"{IA}-gone"))
    assert gone is not None
    assert gone.code is Code.INTEGRATION_ACCOUNT_NOT_FOUND
    arm.fault(status=403, body={"error": {"code": "AuthorizationFailed", "message": "no"}})
    forbidden = await refused(link(app))
    assert forbidden is not None
    assert forbidden.code is Code.INTEGRATION_ACCOUNT_FORBIDDEN
    assert (await service(app)).integration_account is None
    assert await app.links.claim(IA.lower()) is None
    assert await logged(app) == [], "what was refused before a write leaves no record"


@pytest.mark.parametrize("state", [State.SUSPENDED, State.STOPPED, State.DISABLED])
async def test_services_are_linked_in_the_states_in_which_artifacts_change(
    app: Installation, state: State
) -> None:
    ways = {
        State.SUSPENDED: ServiceOperation.SUSPEND,
        State.STOPPED: ServiceOperation.STOP,
        State.DISABLED: ServiceOperation.DISABLE,
    }
    listed = await create(app)
    await app.services.move(listed, ways[state], ASKED)
    problem = await refused(link(app))
    if state is State.DISABLED:
        assert problem is not None
        assert problem.code is Code.OPERATION_NOT_ALLOWED
        assert await app.links.claim(IA.lower()) is None
    else:
        assert problem is None
        assert (await service(app)).state is state


async def test_a_deleted_service_frees_its_account(app: Installation) -> None:
    await create(app)
    await create(app, TWO)
    await link(app)
    record = await app.deletions.start(ONE, ASKED)
    assert (await service(app)).state is State.DELETING
    await link(app, TWO)
    await run(app, record)
    assert await app.directory.get(ONE) is None
    assert await app.links.get(ONE) is None
    assert await owners(app, TWO) == [TWO]


async def test_a_repeated_request_is_the_same_link(app: Installation) -> None:
    listed = await create(app)
    body, asked = LinkBody(resource_id=IA), replace(ASKED, operation_id="once")
    first, _ = await app.linking.link(listed, body, asked)
    second, new = await app.linking.link(await app.services.require(ONE), body, asked)
    assert (second.value.to_json(), new) == (first.value.to_json(), False)
    assert second.etag == first.etag
    assert len(await logged(app)) == 1
    ending = replace(ASKED, operation_id="ended")
    await app.linking.unlink(await app.services.require(ONE), ending)
    await app.linking.unlink(await app.services.require(ONE), ending)
    assert len(await logged(app)) == 2


async def test_a_free_edition_is_backed_up_once_it_is_linked(app: Installation) -> None:
    await create(app, edition="Free")
    without = await refused(backup(app, "before"))
    assert without is not None
    assert without.code is Code.EDITION_HAS_NO_BACKUP
    await link(app)
    await backup(app, "after")
    await unlink(app)
    await backup(app, "later")
    history = [one.name async for page in app.history.pages(ONE) for one in page]
    assert sorted(history) == ["after", "later"]
