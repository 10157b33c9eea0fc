"""What somebody changes in an account, and what a pull makes of it: what it costs, what it refuses,
what it tells."""

from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.artifact import ImportItem
from shared.model.operation import Operation, OperationStatus
from shared.model.sections import Section
from tests.integration_accounts.linked import IA, ONE, account, create, link, service, unlink
from tests.integration_accounts.pulled import artifacts_of, held, pull, sessions_of
from tests.integration_accounts.small import (
    AGREEMENT,
    LATER,
    SECRET,
    agreement,
    change,
    partner,
    resource,
    schema,
    small,
)
from tests.support.api import x12_document
from tests.support.arm import Arm

LISTS = 8
"""Kinds of artifacts, each with a list of one page here."""


def succeeded(operation: Operation) -> dict[str, Any]:
    assert operation.status is OperationStatus.SUCCEEDED, operation.error
    assert operation.result is not None
    return operation.result


async def pull_result(app: Installation, *, accept: bool = False) -> dict[str, Any]:
    return succeeded(await pull(app, accept=accept))


async def drift_of(app: Installation) -> list[Any]:
    of = await service(app)
    return [one async for page in app.drift.pages(of.id) for one in page]


async def revision(app: Installation) -> int:
    head = await app.configuration.head((await service(app)).id)
    assert head is not None
    return head.revision


async def test_a_changed_schema_costs_one_fetch_and_one_write(
    pulled: Installation, arm: Arm
) -> None:
    before = await revision(pulled)
    arm.load([schema("Order", "<order version='2'/>", LATER)])
    result = await pull_result(pulled)
    assert result["changed"] == {"schemas": 1}
    assert result["added"] == result["removed"] == {}
    assert result["contentFetched"] == 1
    assert len([one for one in arm.seen if one.is_content]) == 1
    assert await revision(pulled) == before + 1
    assert (await held(pulled))["schemas/Order"][1] == b"<order version='2'/>"


async def test_what_has_no_content_costs_no_fetch(pulled: Installation, arm: Arm) -> None:
    before = await revision(pulled)
    arm.load([partner("Northwind", LATER, metadata={"a": 1}), agreement(LATER, metadata={"b": 2})])
    result = await pull_result(pulled)
    assert result["changed"] == {"partners": 1, "agreements": 1}
    assert result["contentFetched"] == 0
    assert not any(one.is_content for one in arm.seen)
    assert await revision(pulled) == before + 1
    assert await held(pulled) == artifacts_of(arm, IA)


async def test_a_document_that_changed_beside_its_content_costs_no_fetch_where_the_hash_is_told(
    pulled: Installation, arm: Arm
) -> None:
    arm.switches.content_hash = "always"
    arm.load([schema("Order", "<order/>", LATER, metadata={"a": 1})])
    result = await pull_result(pulled)
    assert (result["changed"], result["contentFetched"]) == ({"schemas": 1}, 0)
    assert await held(pulled) == artifacts_of(arm, IA)


async def test_an_incremental_pull_asks_for_lists_and_changes_alone(
    pulled: Installation, arm: Arm
) -> None:
    change(arm)
    result = await pull_result(pulled)
    lists = LISTS * result["readings"] + 2  # sessions twice: one of them is gone
    assert result["readings"] == 2
    assert len(arm.seen) == result["requests"]
    assert result["requests"] <= 1 + lists + 1
    assert result["added"] == {"partners": 1}
    assert result["changed"] == {"agreements": 1, "schemas": 1}
    assert result["removed"] == {"partners": 1, "transforms": 1}
    assert result["sessions"] == {"seen": 3, "written": 3}
    assert result["consistent"] is True
    assert await held(pulled) == artifacts_of(arm, IA)
    assert set(await sessions_of(pulled)) == {
        item.name for item in arm.account(IA).items["sessions"].values()
    }
    again = await pull_result(pulled)
    assert again["added"] == again["changed"] == again["removed"] == {}
    assert again["sessions"]["written"] == 0


async def test_most_of_a_section_is_not_removed_unless_somebody_says_so(
    pulled: Installation, arm: Arm
) -> None:
    before = await held(pulled), await revision(pulled)
    arm.account(IA).items["partners"].clear()
    refused = await pull(pulled)
    assert refused.status is OperationStatus.FAILED
    assert refused.error is not None
    assert (refused.error.code, refused.error.target) == ("PullRemovesTooMuch", "partners")
    assert (await held(pulled), await revision(pulled)) == before
    result = await pull_result(pulled, accept=True)
    assert result["removed"] == {"partners": 3}
    assert await held(pulled) == artifacts_of(arm, IA)
    assert (await pull_result(pulled))["removed"] == {}


async def test_more_than_half_of_ten_is_too_much_and_half_is_not(
    pulled: Installation, arm: Arm
) -> None:
    arm.load([schema(f"s{number}", f"<s{number}/>") for number in range(8)])
    await pull_result(pulled)
    schemas = arm.account(IA).items["schemas"]
    gone = {name: schemas.pop(name) for name in [f"s{number}" for number in range(6)]}
    assert (await pull(pulled)).error.code == "PullRemovesTooMuch"  # type: ignore[union-attr]
    schemas["s0"] = gone["s0"]
    assert (await pull_result(pulled))["removed"] == {"schemas": 5}


async def test_a_list_that_is_empty_once_is_not_believed(pulled: Installation, arm: Arm) -> None:
    before = await held(pulled)
    for kind in ("maps", "agreements", "schemas"):
        arm.calm()
        arm.fault(part=f"/{kind}?", status=200, body={"value": []})
        result = await pull_result(pulled)
        assert result["removed"] == {}
        assert result["readings"] == 3
        assert result["consistent"] is True
        assert await held(pulled) == before
    arm.calm()
    sessions = await sessions_of(pulled)
    arm.fault(part="/sessions?", status=200, body={"value": []})
    await pull_result(pulled)
    assert await sessions_of(pulled) == sessions


async def test_a_kind_that_is_not_listed_stays_and_is_told(pulled: Installation, arm: Arm) -> None:
    process = resource("rosettanetprocessconfigurations", "PIP3A4", processCode="3A4")
    arm.load([process])
    assert (await pull_result(pulled))["added"] == {"rosettanet-processes": 1}
    del arm.account(IA).items["rosettanetprocessconfigurations"]["pip3a4"]
    body = {"error": {"code": "InvalidApiVersionParameter", "message": "It is not known."}}
    arm.fault(part="rosettanetprocessconfigurations", times=100, status=400, body=body)
    ended = await pull(pulled)
    assert succeeded(ended)["removed"] == {}
    assert [one.code for one in ended.warnings] == ["KindNotCovered"]
    assert "rosettanet" in ended.warnings[0].message
    assert "rosettanet-processes/PIP3A4" in await held(pulled)
    found = await pulled.links.get(ONE)
    assert found is not None
    assert "rosettanetProcessConfigurations" not in {str(one) for one in found.value.counts}
    arm.calm()
    assert (await pull_result(pulled))["removed"] == {"rosettanet-processes": 1}


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("schemas", 400, "InvalidApiVersionParameter"),
        ("rosettanetprocessconfigurations", 409, "Conflict"),
        ("rosettanetprocessconfigurations", 404, "NotFound"),
        ("rosettanetprocessconfigurations", 400, "BadRequest"),
    ],
)
async def test_any_other_refusal_of_a_list_fails_the_pull(
    pulled: Installation, arm: Arm, kind: str, status: int, code: str
) -> None:
    body = {"error": {"code": code, "message": "It is not known."}}
    arm.fault(part=f"/{kind}?", times=100, status=status, body=body)
    ended = await pull(pulled)
    assert ended.error is not None
    assert ended.error.code == "IntegrationAccountRefused"


async def test_what_validation_would_refuse_is_taken_and_told(
    pulled: Installation, arm: Arm
) -> None:
    document = x12_document(
        interchangeControlNumberLowerBound=900, interchangeControlNumberUpperBound=100
    )
    odd = resource("agreements", "Odd", **{**document, "guestPartner": "Nobody"})
    arm.load([odd, resource("certificates", "torn", publicCertificate="AAECAw==")])
    result = await pull_result(pulled)
    codes = {(one["code"], one["name"]) for one in result["findings"]}
    wanted = {("DanglingReference", "Odd"), ("BoundsWrong", "Odd")}
    assert wanted | {("CertificateUnreadable", "torn")} <= codes
    assert await held(pulled) == artifacts_of(arm, IA)


async def test_a_name_that_comes_back_in_another_case_is_the_same_artifact(
    pulled: Installation, arm: Arm
) -> None:
    del arm.account(IA).items["partners"]["northwind"]
    del arm.account(IA).items["schemas"]["order"]
    arm.load([partner("NORTHWIND"), schema("ORDER", "<order/>")])
    result = await pull_result(pulled)
    assert result["changed"] == {"partners": 1, "schemas": 1}
    assert result["removed"] == result["added"] == {}
    assert await held(pulled) == artifacts_of(arm, IA)
    head = await pulled.configuration.head((await service(pulled)).id)
    assert head is not None
    assert (head.counts[Section.PARTNERS], head.counts[Section.SCHEMAS]) == (3, 2)


async def test_what_is_gone_while_it_is_looked_at_does_not_make_a_pull_inconsistent(
    pulled: Installation, arm: Arm
) -> None:
    arm.load([schema("Brief", "<brief/>")])

    def remove() -> None:
        del arm.account(IA).items["schemas"]["brief"]

    arm.fault(part="/content/", meanwhile=remove)
    result = await pull_result(pulled)
    assert (result["consistent"], result["added"]) == (True, {})
    assert await held(pulled) == artifacts_of(arm, IA)


async def test_the_first_pull_of_a_link_does_not_go_by_times(
    pulled: Installation, arm: Arm
) -> None:
    """What was changed here while there was no link is not the account's, whatever its time."""
    await unlink(pulled)
    of = await service(pulled)
    document = {**x12_document(), "metadata": {"mine": True}}
    items = [
        ImportItem(section=Section.AGREEMENTS, name=AGREEMENT, document=document),
        ImportItem(section=Section.SCHEMAS, name="Mine", document={"schemaType": "Xml"}),
    ]
    await pulled.imports.write(of, items)
    # As after a restore that replaced a value: the time says nothing of it.
    arm.load([agreement(changed=(await _changed_at(pulled)))])
    await link(pulled)
    result = await pull_result(pulled)
    assert result["changed"] == {"agreements": 1}
    assert result["removed"] == {"schemas": 1}
    assert await held(pulled) == artifacts_of(arm, IA)
    assert await drift_of(pulled) == []


async def _changed_at(app: Installation) -> str:
    of = await service(app)
    found = await app.configuration.artifact(of.id, Section.AGREEMENTS, AGREEMENT)
    assert found is not None
    return found.value.changed_at.isoformat()


async def test_drift_is_logged_with_places_and_no_values(
    pulled: Installation, arm: Arm, caplog: pytest.LogCaptureFixture
) -> None:
    assert await drift_of(pulled) == []
    change(arm)
    changed = x12_document()
    changed["content"]["x12"]["sendAgreement"]["protocolSettings"]["securitySettings"][
        "passwordValue"
    ] = "another-secret"
    arm.load([agreement(LATER, **changed)])
    ended = await pull(pulled)
    found = {f"{one.section}/{one.name}": one for one in await drift_of(pulled)}
    assert {name: one.drift["change"] for name, one in found.items()} == {
        "partners/Tailwind": "added",
        "partners/Adatum": "removed",
        "transforms/ToInvoice": "removed",
        f"agreements/{AGREEMENT}": "changed",
        "schemas/Order": "changed",
    }
    assert found["schemas/Order"].drift["content"] is True
    assert found[f"agreements/{AGREEMENT}"].drift["pointers"] == [
        "/content/x12/sendAgreement/protocolSettings/securitySettings/passwordValue"
    ]
    assert {one.operation for one in found.values()} == {ended.id}
    alerts = [one.getMessage() for one in caplog.records if one.name == "interkeep.alerts"]
    assert len(alerts) == 1
    assert "was changed" in alerts[0]
    assert "5" in alerts[0]
    assert SECRET not in caplog.text
    assert "another-secret" not in caplog.text
    assert "another-secret" not in str(found)
    await pull(pulled)
    assert len(await drift_of(pulled)) == 5
    assert len([one for one in caplog.records if one.name == "interkeep.alerts"]) == 1


async def test_a_pull_that_fails_is_told(
    pulled: Installation, arm: Arm, caplog: pytest.LogCaptureFixture
) -> None:
    arm.lose(IA)
    ended = await pull(pulled)
    alerts = [one for one in caplog.records if one.name == "interkeep.alerts"]
    assert [ended.id in str(one.__dict__) for one in alerts] == [True]
    assert "could not be brought" in alerts[0].getMessage()
    found = await pulled.links.get(ONE)
    assert found is not None
    assert (found.value.last_pull_status, found.value.last_pull_operation) == ("Failed", ended.id)
    arm.load(small())
    await pull_result(pulled)
    found = await pulled.links.get(ONE)
    assert found is not None
    assert found.value.last_pull_status == "Succeeded"


async def test_the_tier_and_the_settings_follow_the_account(pulled: Installation, arm: Arm) -> None:
    arm.load([account(sku="Basic", tags={"team": "other"})])
    result = await pull_result(pulled)
    assert result["changed"] == {}
    facts = (await service(pulled)).integration_account
    assert facts is not None
    assert (facts.sku, facts.linked) == ("Basic", True)
    settings = await pulled.configuration.settings((await service(pulled)).id)
    assert settings is not None
    recorded = settings.document["integrationAccount"]
    assert isinstance(recorded, dict)
    assert (recorded["sku"], recorded["tags"]) == ("Basic", {"team": "other"})


async def test_a_service_that_is_not_linked_is_not_pulled(pulled: Installation) -> None:
    await create(pulled, "fabrikam-b2b")
    with pytest.raises(Exception, match="linked to no") as refused:
        await pull(pulled, "fabrikam-b2b")
    assert refused.value.code == "IntegrationAccountNotLinked"  # type: ignore[attr-defined]


async def test_a_time_that_cannot_be_read_makes_nothing_a_change(
    pulled: Installation, arm: Arm
) -> None:
    arm.load([partner("Adatum", "yesterday")])
    for _ in range(2):
        ended = await pull(pulled)
        assert ended.result is not None
        assert ended.result["changed"] == {}
    arm.load([partner("Adatum", "yesterday", metadata={"owner": "edi"})])
    for changed in ({"partners": 1}, {}):
        ended = await pull(pulled)
        assert ended.result is not None
        assert ended.result["changed"] == changed
    assert (await held(pulled))["partners/Adatum"][0]["metadata"] == {"owner": "edi"}


async def test_a_change_within_a_millisecond_is_seen(pulled: Installation, arm: Arm) -> None:
    for number, digits in enumerate(("1231000", "1239999", "1239998")):
        time = f"2026-03-04T05:06:07.{digits}Z"
        arm.load([partner("Adatum", time, metadata={"version": number})])
        ended = await pull(pulled)
        assert ended.result is not None
        assert ended.result["changed"] == {"partners": 1}
        document = (await held(pulled))["partners/Adatum"][0]
        assert document["metadata"] == {"version": number}
    ended = await pull(pulled)
    assert ended.result is not None
    assert ended.result["changed"] == {}
