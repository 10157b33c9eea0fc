"""What somebody does to an account while a push is under way: what no backup has is not touched."""

from collections.abc import Callable
from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT
from shared.installation.installation import Installation
from shared.integration_accounts.pushing.deciding import Deciding
from shared.integration_accounts.pushing.safety import Safety
from shared.model.operation import Operation
from tests.integration_accounts.linked import ONE, refused, service, unlink
from tests.integration_accounts.pulled import artifacts_of, pull
from tests.integration_accounts.pushed import (
    NEW,
    OTHER,
    REPLACING,
    broken_once,
    ended,
    half_filled,
    partner,
    plan,
    pulled,
    push,
    started,
)
from tests.support.arm import Arm


@pytest.fixture
def app(at_once: Installation) -> Installation:
    return at_once


BROKEN: dict[str, tuple[type, str]] = {"safety": (Safety, "made"), "numbers": (Deciding, "write")}


def identity(arm: Arm, name: str) -> str | None:
    """Whom a partner is known as; None where there is none."""
    found = arm.account(OTHER).items["partners"].get(name.lower())
    if found is None:
        return None
    value: str = found.properties["content"]["b2b"]["businessIdentities"][0]["value"]
    return value


def require_left(done: Operation, *names: str) -> None:
    """The push says which partners it left as somebody made them."""
    assert done.status == "PartiallySucceeded", (done.error, done.warnings)
    assert done.result is not None
    assert done.result["differs"] == [f"partners/{name}" for name in names]
    left = [one.target for one in done.warnings if one.code == "ChangedMeanwhile"]
    assert sorted(str(one) for one in left) == [f"partners/{name}" for name in names]


@pytest.mark.parametrize("where", ["safety", "numbers"])
async def test_what_is_made_between_attempts_stays(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Also where the backup is there, and the first attempt broke before it was noted."""
    await pulled(app, arm)
    half_filled(arm)
    broken_once(monkeypatch, *BROKEN[where])
    record = await started(app, REPLACING, ONE)
    first = await ended(app, record)
    assert first.completed_at is None
    arm.load([partner(OTHER, "Wingtip", "SOMEBODYS"), partner(OTHER, "Tailspin", "SOMEBODYS")])
    arm.load([partner(OTHER, "Contoso", "SOMEBODYS"), partner(OTHER, "Fabrikam", "SOMEBODYS")])
    done = await ended(app, record)
    require_left(done, "Contoso", "Fabrikam", "Tailspin", "Wingtip")
    names = ("Contoso", "Fabrikam", "Tailspin", "Wingtip")
    assert [identity(arm, name) for name in names] == ["SOMEBODYS"] * 4


@pytest.mark.parametrize("name", ["Fabrikam", "Tailspin"])
async def test_what_is_edited_between_survey_and_write_stays(
    app: Installation, arm: Arm, name: str
) -> None:
    await pulled(app, arm)
    half_filled(arm)
    record = await started(app, REPLACING, ONE)
    _before(arm, f"{OTHER}/partners/{name}", lambda: arm.load([partner(OTHER, name, "EDITED")]))
    done = await ended(app, record)
    require_left(done, name)
    assert identity(arm, name) == "EDITED"
    assert identity(arm, "Tailspin" if name == "Fabrikam" else "Fabrikam") != "EDITED"


async def test_what_somebody_deleted_meanwhile_is_gone(app: Installation, arm: Arm) -> None:
    await pulled(app, arm)
    half_filled(arm)
    record = await started(app, REPLACING, ONE)
    partners = arm.account(OTHER).items["partners"]
    _before(arm, f"{OTHER}/partners/Tailspin", lambda: partners.pop("tailspin", None))
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert done.result is not None
    assert not done.result["deleted"]


@pytest.mark.parametrize("hashes", ["always", "never"])
async def test_content_tells_what_was_edited_with_a_hash_and_without(
    app: Installation, arm: Arm, hashes: str
) -> None:
    """A schema that the account alone has goes; another one that was edited stays."""
    arm.switches.content_hash = hashes  # type: ignore[assignment]
    await pulled(app, arm)
    half_filled(arm)
    arm.load([_schema("Gone", "<a/>"), _schema("Edited", "<a/>")])
    schemas = arm.account(OTHER).items["schemas"]
    record = await started(app, REPLACING, ONE)

    def edit() -> None:
        arm.load([_schema("Edited", "<b/>")])

    arm.fault(method="PUT", part=f"{OTHER}/partners/Contoso", meanwhile=edit)
    done = await ended(app, record)
    assert done.status == "PartiallySucceeded", (done.error, done.warnings)
    assert "gone" not in schemas
    assert schemas["edited"].content == b"<b/>"


def _schema(name: str, text: str) -> dict[str, Any]:
    return {
        "id": f"{OTHER}/schemas/{name}",
        "properties": {"schemaType": "Xml"},
        "content": text,
        "contentType": "application/xml",
    }


def _before(arm: Arm, part: str, do: Callable[[], Any], nth: int = 1) -> None:
    """Do something right before the artifact itself is read."""
    arm.fault(method="GET", part=part, meanwhile=do, nth=nth)


async def test_an_account_that_somebody_else_made_meanwhile_is_not_written_to(
    app: Installation, arm: Arm
) -> None:
    await pulled(app, arm)
    record = await started(app, NEW, ONE)
    half_filled(arm)
    before = artifacts_of(arm, OTHER)
    done = await ended(app, record)
    assert done.status == "Failed"
    assert done.error is not None
    assert done.error.target == "/create"
    assert artifacts_of(arm, OTHER) == before


async def test_a_push_of_a_part_links_nothing(app: Installation, arm: Arm) -> None:
    """The next pull would remove from the service what the part left out."""
    await pulled(app, arm)
    await unlink(app)
    held = await service(app, ONE)
    body = {**NEW, "include": [{"section": "partners"}]}
    planned = await plan(app, body, ONE)
    assert planned.errors == []
    assert not planned.links
    done = await push(app, body, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert done.result is not None
    assert done.result["linked"] is False
    told = {one.code: one.message for one in done.warnings}
    assert "a part" in told["NotLinked"]
    assert (await service(app, ONE)).integration_account == held.integration_account


async def test_a_kind_that_the_account_does_not_take_is_told_before(
    app: Installation, arm: Arm
) -> None:
    await pulled(app, arm)
    process = f"{ACCOUNT}/rosettanetprocessconfigurations/PIP3A4"
    arm.load([{"id": process, "properties": {"processCode": "3A4"}}])
    assert (await pull(app, ONE)).status == "Succeeded"
    half_filled(arm)
    body = {"error": {"code": "InvalidResourceType", "message": "It is not known here."}}
    part = f"{OTHER}/rosettanetprocessconfigurations"
    arm.fault(method="GET", part=part, status=400, body=body, times=99)
    planned = await plan(app, REPLACING, ONE)
    assert [(one.code, one.target) for one in planned.errors] == [
        ("IntegrationAccountRefused", "/exclude")
    ]
    exclude = [{"section": "rosettanet-processes"}]
    planned = await plan(app, {**REPLACING, "exclude": exclude}, ONE)
    assert planned.errors == []
    assert "KindNotCovered" in [one.code for one in planned.warnings]


async def test_workflows_that_may_not_be_read_forbid_no_push_that_leaves_them(
    app: Installation, arm: Arm
) -> None:
    await pulled(app, arm)
    half_filled(arm)
    body = {"error": {"code": "AuthorizationFailed", "message": "It may not."}}
    arm.fault(part="Microsoft.Logic/workflows", status=403, body=body, times=99)
    planned = await plan(app, {**REPLACING, "workflows": "leave"}, ONE)
    assert planned.errors == []
    assert "WorkflowsNotAllSeen" in [one.code for one in planned.warnings]
    problem = await refused(plan(app, REPLACING, ONE))
    assert problem is not None
    assert problem.code == "IntegrationAccountForbidden"
