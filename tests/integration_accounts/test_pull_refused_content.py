"""Content that an account has and does not give: tried again, then left out, and never hidden."""

import asyncio
from typing import Any

import pytest

from shared.arm.refusals import ArmRefused, Asked, Meaning, Where
from shared.blobs.backup_container import BackupContainer
from shared.installation.installation import Installation
from shared.integration_accounts.pulling.refused import Refusals
from shared.model.backup import BackupBody
from shared.model.condition import unconditional
from shared.model.operation import Operation, OperationStatus
from shared.model.problem import Code
from shared.model.restore import RestoreBody
from shared.model.sections import Section
from shared.state.operations import OperationRow
from tests.integration_accounts.linked import IA, ONE, service, unlink
from tests.integration_accounts.pulled import held, pull
from tests.integration_accounts.pushed import ended, started
from tests.integration_accounts.small import LATER, schema
from tests.support.arm import Arm
from tests.support.scenes import read_whole

ORDER = "schemas/Order"
PARTLY = OperationStatus.PARTIALLY_SUCCEEDED


def content_of(arm: Arm, name: str) -> str:
    """The path to which the links of a schema lead."""
    return f"/content/{arm.account(IA).key}/schemas/{name}"


def refuse(arm: Arm, *names: str, status: int = 404) -> None:
    """Schemas that were changed, and whose content no link gives."""
    arm.load([schema(name, f"<{name}-2/>", LATER) for name in names])
    for name in names:
        body = f"<Error>?sig=secret-{name}</Error>"
        arm.fault(part=content_of(arm, name), times=1000, status=status, body=body)


async def attempted(app: Installation, record: OperationRow) -> list[Operation]:
    """An operation after each of its attempts."""
    attempts: list[Operation] = []
    for _ in range(30):
        found = await ended(app, record)
        if [one.attempt for one in attempts[-1:]] != [found.attempt]:
            attempts.append(found)
        if found.status in (OperationStatus.FAILED, OperationStatus.SUCCEEDED, PARTLY):
            return attempts
        await asyncio.sleep(0.3)
    raise AssertionError(attempts)


async def pulls(app: Installation) -> list[Operation]:
    """A pull after each of its attempts."""
    first = await pull(app)
    found = await app.records.find(first.service, first.id)
    assert found is not None
    if first.status in (OperationStatus.SUCCEEDED, PARTLY):
        return [first]
    return [first, *await attempted(app, found[0])]


async def backed_up(app: Installation, name: str, **body: Any) -> tuple[Operation, Any]:
    """A backup, and its descriptor, read whole."""
    wanted = BackupBody(name=name, storage_account="offsite", **body)
    record = await app.backups.start(await service(app), wanted, "somebody", None)
    done = (await attempted(app, record))[-1]
    container = BackupContainer(app.accounts.require("offsite", ""), name)
    return done, await read_whole(app, container)


def lacks(descriptor: Any) -> list[tuple[str, str, str]]:
    return [(one.code, one.section, one.name) for one in descriptor.failures]


@pytest.mark.parametrize("status", [403, 404, 409])
async def test_content_that_is_refused_for_good_leaves_the_rest_of_the_account(
    pulled: Installation, arm: Arm, status: int
) -> None:
    refuse(arm, "Order", "Fresh", status=status)
    arm.load([schema("Invoice", "<invoice-2/>", LATER)])
    *tried, done = await pulls(pulled)
    assert [one.attempt for one in (*tried, done)] == [1, 2, 3]
    for one in tried:
        assert one.error is not None
        assert one.error.code == Code.INTEGRATION_ACCOUNT_UNAVAILABLE
        assert "2 of its artifacts" in one.error.message
        assert f"schemas/Fresh: Azure does not give its content: {said(status)}" in str(one.error)
        assert "schemas/Order: Azure" in one.error.message
        assert "secret-" not in one.error.message
    assert done.status is PARTLY
    told = [(one.code, one.target) for one in done.warnings]
    assert told == [("ContentRefused", "schemas/Fresh"), ("ContentRefused", ORDER)]
    assert done.result is not None
    assert (done.result["consistent"], done.result["readings"]) == (True, 2)
    assert done.result["contentFetched"] == 1
    artifacts = await held(pulled)
    assert artifacts[ORDER] == ({"schemaType": "Xml"}, None)
    assert artifacts["schemas/Fresh"][1] is None
    assert artifacts["schemas/Invoice"][1] == b"<invoice-2/>"
    link = await pulled.linking.get(await service(pulled))
    assert (link.value.last_pull_status, link.value.last_pull_operation) == (PARTLY, done.id)
    assert link.value.last_pull_at is not None


def said(status: int) -> str:
    known = {409: "nothing that ARM answers"}
    return f"{known.get(status, 'the content cannot be read as the account describes it')} ("


async def test_backups_without_it_are_partial_until_it_is_there(
    pulled: Installation, arm: Arm
) -> None:
    refuse(arm, "Order")
    assert (await pulls(pulled))[-1].status is PARTLY
    done, descriptor = await backed_up(pulled, "with-a-pull")
    assert (done.status, done.attempt) == (PARTLY, 1), "the pull before met it too"
    assert lacks(descriptor) == [("ContentMissing", "schemas", "Order")]
    assert [one.code for one in descriptor.warnings] == ["ContentRefused"]
    done, descriptor = await backed_up(pulled, "as-pulled", pull=False)
    assert (done.status, lacks(descriptor)) == (PARTLY, [("ContentMissing", "schemas", "Order")])
    arm.calm()
    done, descriptor = await backed_up(pulled, "whole")
    assert (done.status, lacks(descriptor)) == (OperationStatus.SUCCEEDED, [])
    assert descriptor.warnings == []
    assert (await held(pulled))[ORDER][1] == b"<Order-2/>"


async def test_a_restore_of_such_a_backup_says_what_it_lacks(
    pulled: Installation, arm: Arm
) -> None:
    refuse(arm, "Order")
    await backed_up(pulled, "partial")
    chosen: dict[str, Any] = {
        "backup": {"storageAccount": "offsite", "container": "partial"},
        "service": {"name": "contoso-again"},
    }
    body = RestoreBody.model_validate(chosen)
    plan = await pulled.restores.plan(body)
    assert [one.code for one in plan.errors] == ["BackupIncomplete"]
    plan = await pulled.restores.plan(RestoreBody.model_validate({**chosen, "acceptPartial": True}))
    assert plan.errors == []
    assert ("ContentNotBackedUp", ORDER) in [(one.code, one.target) for one in plan.warnings]


async def test_content_that_another_attempt_gets_is_whole(pulled: Installation, arm: Arm) -> None:
    arm.load([schema("Order", "<order-2/>", LATER)])
    # Two links in each of the two readings of an attempt.
    arm.fault(part=content_of(arm, "Order"), times=5, status=404)
    first, done = await pulls(pulled)
    assert first.error is not None
    assert (done.status, done.warnings) == (OperationStatus.SUCCEEDED, [])
    assert (await held(pulled))[ORDER][1] == b"<order-2/>"


async def test_what_another_one_lacks_is_tried_again_first(pulled: Installation, arm: Arm) -> None:
    refuse(arm, "Order")
    assert (await pulls(pulled))[-1].attempt == 3
    assert [one.attempt for one in await pulls(pulled)] == [1]
    refuse(arm, "Invoice")
    assert [one.attempt for one in await pulls(pulled)] == [1, 2, 3]


async def test_content_that_is_put_after_the_link_ended_is_not_lacking(
    pulled: Installation, arm: Arm
) -> None:
    refuse(arm, "Order", "Invoice")
    await pulls(pulled)
    await unlink(pulled)
    done, descriptor = await backed_up(pulled, "own")
    assert done.status is PARTLY
    assert len(descriptor.failures) == 2
    of = await service(pulled)
    content = await pulled.content.put(of.id, b"<mine/>", "text/xml", None)
    await pulled.artifacts.put_content(of, Section.SCHEMAS, "Order", content)
    await pulled.artifacts.delete(of, Section.SCHEMAS, "Invoice", unconditional)
    done, descriptor = await backed_up(pulled, "mended")
    assert (done.status, lacks(descriptor)) == (OperationStatus.SUCCEEDED, [])


async def test_so_much_that_no_backup_would_name_it_fails_the_pull(
    pulled: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.integration_accounts.pulling.refused._MOST", 1)
    refuse(arm, "Order", "Invoice")
    before = await held(pulled)
    *_, done = await pulls(pulled)
    assert (done.status, done.attempt) == (OperationStatus.FAILED, 5)
    assert await held(pulled) == before


@pytest.mark.parametrize(
    ("hashes", "code", "attempts"),
    [
        # Its plan cannot compare it.
        ("never", Code.INTEGRATION_ACCOUNT_UNAVAILABLE, 5),
        # Its plan goes by the hash; its safety backup would lack it.
        ("always", Code.BACKUP_INCOMPLETE, 3),
    ],
)
async def test_no_push_writes_to_an_account_whose_content_is_not_given(
    pulled: Installation, arm: Arm, hashes: str, code: Code, attempts: int
) -> None:
    refuse(arm, "Order")
    arm.switches.content_hash = hashes  # type: ignore[assignment]
    body = {"resourceId": IA, "existing": "replace", "extra": "delete"}
    done = (await attempted(pulled, await started(pulled, body, ONE)))[-1]
    assert (done.status, done.attempt) == (OperationStatus.FAILED, attempts)
    assert done.error is not None
    assert done.error.code == code
    assert "schemas/Order" in done.error.message
    assert arm.account(IA).items["schemas"]["order"].content == b"<Order-2/>"


@pytest.mark.parametrize("meaning", Meaning)
def test_what_is_of_more_than_one_artifact_ends_the_pull(meaning: Meaning) -> None:
    refusals, at = Refusals(), (Section.SCHEMAS, "order")
    asked = Asked("GET", Where.CHILD, "Microsoft.Logic/integrationAccounts/schemas/read", IA)
    of_one = {
        Meaning.CHILD_GONE,
        Meaning.CONTENT_UNREADABLE,
        Meaning.ELSEWHERE,
        Meaning.UNCLEAR,
    }
    if meaning not in of_one:
        with pytest.raises(ArmRefused):
            refusals.note(at, ArmRefused(meaning, asked))
        return
    refusals.note(at, ArmRefused(meaning, asked))
    lacks = [one.name for one in refusals.of_content({at: "Order"})]
    assert lacks == ([] if meaning is Meaning.CHILD_GONE else ["Order"])


def test_what_is_refused_moves_until_it_is_refused_again_as_it_is_listed() -> None:
    refusals, at = Refusals(), (Section.SCHEMAS, "order")
    asked = Asked("GET", Where.CHILD, "Microsoft.Logic/integrationAccounts/schemas/read", IA)
    refused = ArmRefused(Meaning.CONTENT_UNREADABLE, asked)
    assert refusals.begin(at, changed=True)
    refusals.note(at, refused)
    assert refusals.moving() == {at}
    assert refusals.begin(at, changed=True), "somebody wrote it meanwhile"
    refusals.note(at, refused)
    assert refusals.moving() == {at}
    assert refusals.begin(at, changed=False)
    refusals.note(at, refused)
    assert refusals.moving() == set()
    assert refusals.begin(at, changed=False)
    assert refusals.moving() == {at}, "it was given: another reading sees whether it stays"
    assert not refusals.begin(at, changed=False)
    assert refusals.moving() == set()
