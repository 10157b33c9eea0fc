"""Links and claims as they are stored, and what is read of services that never heard of them."""

from datetime import UTC, datetime

import pytest

from shared.installation.installation import Installation
from shared.model.integration_account import AccountFacts, AccountId, Child, Sku, tier_of
from shared.model.link import AccountProperties, Claim, Link
from shared.model.service import Edition, Service, State
from shared.storage.tables import RowChanged, RowExists

ACCOUNT = AccountId("00000000-0000-0000-0000-000000000001", "B2B", "Contoso-IA")
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def claim(service: str, resource_id: str = str(ACCOUNT)) -> Claim:
    return Claim(
        resource_id=resource_id, service=service, service_id=f"id-{service}", operation="op"
    )


def link(service: str, **changes: object) -> Link:
    given: dict[str, object] = {
        "service": service,
        "service_id": f"id-{service}",
        "resource_id": str(ACCOUNT),
        "linked_at": NOW,
        "linked_by": "ada",
    }
    return Link.model_validate({**given, **changes})


async def test_an_account_is_claimed_once_in_whatever_case_it_is_named(
    fresh_app: Installation,
) -> None:
    links = fresh_app.links
    mine = await links.add_claim(claim("contoso"))
    with pytest.raises(RowExists):
        await links.add_claim(claim("fabrikam", str(ACCOUNT).upper()))
    assert await links.claim(ACCOUNT.key) == mine
    theirs = await links.replace_claim(claim("fabrikam", str(ACCOUNT).upper()), mine.etag)
    with pytest.raises(RowChanged):
        await links.replace_claim(claim("contoso"), mine.etag)
    with pytest.raises(RowChanged):
        await links.drop_claim(mine)
    assert await links.claim(ACCOUNT.key) == theirs
    await links.drop_claim(theirs)
    await links.drop_claim(theirs)
    assert await links.claim(ACCOUNT.key) is None


async def test_links_are_listed_by_name_and_written_on_the_version_that_was_read(
    fresh_app: Installation,
) -> None:
    links = fresh_app.links
    tags = {f"tag-{i:02}": "x" * 256 for i in range(50)}
    whole = link(
        "Contoso",
        pull_minutes=15,
        account=AccountProperties(sku="Standard", location="westeurope", state="", tags=tags),
        counts={Child.PARTNERS: 3, Child.SESSIONS: 7},
        last_pull_at=NOW,
        last_pull_status="Succeeded",
        last_pull_operation="op",
        last_session_pull_at=NOW,
        next_pull_at=NOW,
    )
    first = await links.put(whole, None)
    assert await links.get("contoso") == first
    with pytest.raises(RowExists):
        await links.put(link("CONTOSO"), None)
    second = await links.put(link("Contoso"), first.etag)
    with pytest.raises(RowChanged):
        await links.put(whole, first.etag)
    other = await links.put(link("alpine"), None)
    await links.add_claim(claim("contoso"))
    assert [one async for page in links.pages() for one in page] == [other, second]
    with pytest.raises(RowChanged):
        await links.remove(first)
    await links.remove(second)
    assert await links.get("Contoso") is None


def test_an_account_is_read_as_arm_answers_it() -> None:
    resource = {
        "id": str(ACCOUNT),
        "location": "westeurope",
        "tags": {"team": "edi"},
        "sku": {"name": "standard"},
        "properties": {"state": "Enabled"},
    }
    found = AccountProperties.of(resource)
    assert found.recorded(str(ACCOUNT)) == {
        "integrationAccount": {
            "resourceId": str(ACCOUNT),
            "sku": "standard",
            "location": "westeurope",
            "state": "Enabled",
            "tags": {"team": "edi"},
        }
    }
    assert found.facts(str(ACCOUNT), linked=True).sku is Sku.STANDARD
    assert AccountProperties.of({"sku": None, "properties": 3, "tags": []}) == AccountProperties()
    assert tier_of("Enterprise") is Sku.NOT_SPECIFIED, "a tier that comes later"


def test_a_service_of_before_has_no_account_and_one_with_it_is_read_back() -> None:
    service = Service(
        name="contoso",
        id="id",
        edition=Edition.BASIC,
        unit_count=1,
        state=State.ACTIVE,
        created_at=NOW,
        changed_at=NOW,
    )
    assert "integrationAccount" not in service.to_json()
    assert Service.model_validate(service.to_json()).integration_account is None
    facts = AccountFacts(
        resource_id=str(ACCOUNT), sku=Sku.BASIC, location="westeurope", linked=True
    )
    linked = service.model_copy(update={"integration_account": facts})
    assert linked.to_json()["integrationAccount"] == {
        "resourceId": str(ACCOUNT),
        "sku": "Basic",
        "location": "westeurope",
        "linked": True,
        "pulled": True,
        "former": [],
    }
    assert Service.model_validate(linked.to_json()) == linked
