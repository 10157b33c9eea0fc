"""A stream of numbers under several names: no number of it comes twice, whoever lives."""

from typing import Any
from unittest.mock import AsyncMock

import pytest

from shared.installation.installation import Installation
from shared.model.artifact import ImportItem
from shared.model.condition import unconditional
from shared.model.numbers import Kind, SetNextBody
from shared.model.problem import Code, Problem
from shared.model.sections import Section
from shared.model.service import ServiceSettings
from shared.rules.states import ServiceOperation
from shared.services.checks import Checks
from tests.restores.numbering import (
    DR,
    back_up,
    delete,
    issue,
    move,
    plan,
    restore,
    resume,
    service_of,
    set_next,
)
from tests.support.api import partner_document, x12_document
from tests.support.scenes import ASKED, SECOND, SERVICE

PARTNERS = [
    ImportItem(section=Section.PARTNERS, name=name, document=partner_document(name))
    for name in ("Northwind", "Fabrikam")
]


def between(**changes: Any) -> dict[str, Any]:
    return {**x12_document(), **changes}


def agreement(name: str = "A", **changes: Any) -> ImportItem:
    return ImportItem(section=Section.AGREEMENTS, name=name, document=between(**changes))


async def created(app: Installation, name: str, agreements: list[ImportItem]) -> None:
    """A service that is made anew, with the partners of the small one."""
    wanted = ServiceSettings.model_validate({"edition": "Basic"})
    listed = await app.services.create(name, wanted, ASKED)
    await app.imports.write(listed.service, [*PARTNERS, *agreements])


@pytest.mark.parametrize("copy", ["deleted", "suspended", "active"])
async def test_numbers_of_a_copy_are_not_issued_by_the_service_that_comes_back(
    app: Installation, copy: str
) -> None:
    """The ordinary way of a short disaster: out under another name, and back."""
    await delete(app)
    await restore(app, DR)
    await resume(app, DR)
    assert await issue(app, 5, DR) == [3, 4, 5, 6, 7]
    if copy == "deleted":
        await delete(app, DR)
    elif copy == "suspended":
        await move(app, ServiceOperation.SUSPEND, DR)
    planned = (await restore(app)).control_numbers
    [exposure] = planned.exposures
    assert (planned.ahead, planned.unknown, planned.issued_again) == (1, 0, 0)
    assert (exposure.known, exposure.known_by, exposure.next) == (8, DR, 8)
    await resume(app)
    assert await issue(app, 5) == [8, 9, 10, 11, 12]


async def test_two_living_copies_draw_from_one_stream(app: Installation) -> None:
    """Each goes on behind what the other issued: gaps in both, repeats in none."""
    await restore(app, DR)
    await resume(app, DR)
    found = []
    for _ in range(3):
        found += await issue(app, 2, DR)
        found += await issue(app, 1)
    assert found == list(range(3, 12))


async def test_a_copy_that_was_made_before_goes_on_behind_what_was_issued_since(
    app: Installation,
) -> None:
    """Restored for the day when it is needed; that day, the other one had gone on."""
    await restore(app, DR)
    assert await issue(app, 4) == [3, 4, 5, 6]
    await delete(app)
    await resume(app, DR)
    assert await issue(app, 2, DR) == [7, 8]


async def test_numbers_of_a_copy_of_a_copy_are_known(app: Installation) -> None:
    await restore(app, DR)
    await resume(app, DR)
    await issue(app, 1, DR)
    await back_up(app, "of-dr", DR)
    await delete(app, DR)
    await restore(app, "Contoso-Third", "of-dr")
    await resume(app, "Contoso-Third")
    assert await issue(app, 3, "Contoso-Third") == [4, 5, 6]
    await delete(app, "Contoso-Third")
    assert await issue(app, 1) == [7]
    await delete(app)
    planned = (await restore(app)).control_numbers
    assert (planned.exposures[0].next, planned.issued_again) == (8, 0)


async def test_a_service_made_anew_goes_on_behind_its_copy(app: Installation) -> None:
    """Without any restore: its name is known to share its numbers."""
    await restore(app, DR)
    await resume(app, DR)
    await issue(app, 5, DR)
    await delete(app, DR)
    await delete(app)
    await created(app, SERVICE, [agreement("Renamed")])
    assert await issue(app, 1, agreement="Renamed") == [8]


async def test_a_number_that_was_set_ahead_is_not_forgotten_by_a_rehearsal(
    app: Installation,
) -> None:
    """A former system issued up to 4999; a rehearsal of the restore had issued five."""
    await restore(app, DR)
    await resume(app, DR)
    await issue(app, 5, DR)
    await delete(app, DR)
    await set_next(app, 5000)
    await back_up(app, "after-cut-over")
    await delete(app)
    planned = (await restore(app, DR, "after-cut-over")).control_numbers
    assert [one.next for one in planned.exposures] in ([], [5000])
    await resume(app, DR)
    assert await issue(app, 3, DR) == [5000, 5001, 5002]


async def test_what_was_moved_on_may_have_been_issued(app: Installation) -> None:
    """After the loss of the ledger nobody knows; only a caller may ask for those numbers again."""
    await delete(app)
    await app.ledger.drop_all(SERVICE)
    await restore(app, policy="advance", by=1000)
    await resume(app)
    with pytest.raises(Problem) as refused:
        await set_next(app, 50)
    assert refused.value.code is Code.CONTROL_NUMBER_ISSUED
    assert await issue(app, 2) == [1003, 1004]


async def test_an_agreement_without_counters_in_the_backup_goes_on_all_the_same(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its creation stopped before its row; what it issued behind the backup is in the ledger."""
    settle = Checks.settle_counters
    monkeypatch.setattr(Checks, "settle_counters", AsyncMock())
    nameless = {"agreementType": "X12", "hostPartner": "Fabrikam", "content": {"x12": {}}}
    item = ImportItem(section=Section.AGREEMENTS, name="C", document=nameless)
    await app.imports.write(await service_of(app, SERVICE), [item])
    monkeypatch.setattr(Checks, "settle_counters", settle)
    await back_up(app, SECOND)
    assert await issue(app, 5, agreement="C") == [1, 2, 3, 4, 5]
    planned = (await restore(app, DR, SECOND)).control_numbers
    told = {one.agreement: (one.known, one.next, one.known_by) for one in planned.exposures}
    assert told["C"] == (6, 6, SERVICE)
    row = await app.ledger.get(DR, "C")
    assert row is not None
    assert row.counters[Kind.INTERCHANGE].next == 6, "before the service shows"
    await resume(app, DR)
    assert await issue(app, 2, DR, "C") == [6, 7]


async def test_an_agreement_that_nobody_knows_is_told_of(app: Installation) -> None:
    """In another installation: what it issued since the backup, nobody can say."""
    wanted = await service_of(app, SERVICE)
    nameless = {"agreementType": "X12", "hostPartner": "Fabrikam", "content": {"x12": {}}}
    item = ImportItem(section=Section.AGREEMENTS, name="C", document=nameless)
    await app.imports.write(wanted, [item])
    await back_up(app, SECOND)
    await delete(app)
    await app.ledger.drop_all(SERVICE)
    planned = (await plan(app, container=SECOND, policy="continue")).control_numbers
    assert (planned.unknown, planned.unissued) == (1, 7), "A's other three, and C's four"
    moved = (await plan(app, container=SECOND, policy="advance", by=10)).control_numbers
    assert {(one.agreement, one.next) for one in moved.exposures} >= {("C", 11)}


async def test_agreements_between_the_same_two_are_one_stream(app: Installation) -> None:
    """Deleting and creating is how people rename an agreement."""
    service = await service_of(app, SERVICE)
    assert await issue(app, 3) == [3, 4, 5]
    await app.artifacts.delete(service, Section.AGREEMENTS, "A", unconditional)
    padded = {"qualifier": "ZZ", "value": "FABRIKAM  "}
    partners = partner_document("Fabrikam")
    partners["content"]["b2b"]["businessIdentities"].append(padded)  # type: ignore[index, call-overload, union-attr]
    await app.imports.write(
        service,
        [
            ImportItem(section=Section.PARTNERS, name="Fabrikam", document=partners),
            agreement("B"),
        ],
    )
    assert await issue(app, 1, agreement="B") == [6]
    await app.artifacts.delete(service, Section.AGREEMENTS, "B", unconditional)
    await app.imports.write(service, [agreement()])
    assert await issue(app, 1) == [7], "and back"


async def test_a_renamed_agreement_is_found_by_a_restore(app: Installation) -> None:
    """The backup has the old name; what was issued under the new one is of the same stream."""
    service = await service_of(app, SERVICE)
    await app.artifacts.delete(service, Section.AGREEMENTS, "A", unconditional)
    await app.imports.write(service, [agreement("B")])
    assert await issue(app, 4, agreement="B") == [3, 4, 5, 6]
    await delete(app)
    planned = (await restore(app, DR)).control_numbers
    [exposure] = planned.exposures
    assert (exposure.agreement, exposure.next) == ("A", 7)
    assert (exposure.known_by, exposure.known_as) == (SERVICE, "B")
    await resume(app, DR)
    assert await issue(app, 1, DR) == [7]


async def test_an_agreement_that_trades_with_somebody_else_leaves_its_stream_behind(
    app: Installation,
) -> None:
    """It goes on with its numbers; whoever trades with the former partner does so, too."""
    service = await service_of(app, SERVICE)
    other = partner_document("Tailspin")
    await app.imports.write(
        service, [ImportItem(section=Section.PARTNERS, name="Tailspin", document=other)]
    )
    identity = other["content"]["b2b"]["businessIdentities"][0]  # type: ignore[index, call-overload]
    await app.imports.write(service, [agreement(guestPartner="Tailspin", guestIdentity=identity)])
    assert await issue(app, 2) == [3, 4]
    await app.imports.write(service, [agreement("B")])
    assert await issue(app, 1, agreement="B") == [3], "the first two went to that partner"
    await back_up(app, SECOND)
    await delete(app)
    await restore(app, container=SECOND)
    await resume(app)
    assert (await issue(app, 1), await issue(app, 1, agreement="B")) == ([5], [4])


async def test_what_a_restore_set_back_comes_again_with_the_same_partner_alone(
    app: Installation,
) -> None:
    """Who trades with somebody else from now on was not asked about by the restore."""
    other = partner_document("Tailspin")
    identity = other["content"]["b2b"]["businessIdentities"][0]  # type: ignore[index, call-overload]
    with_other = {"guestPartner": "Tailspin", "guestIdentity": identity}
    partner = ImportItem(section=Section.PARTNERS, name="Tailspin", document=other)
    await app.imports.write(await service_of(app, SERVICE), [partner, agreement("B", **with_other)])
    await back_up(app, SECOND)
    assert await issue(app, 6) == [3, 4, 5, 6, 7, 8]
    assert await issue(app, 5, agreement="B") == [1, 2, 3, 4, 5]
    await delete(app)
    await restore(app, container=SECOND, policy="asBackedUp")
    await resume(app)
    service = await service_of(app, SERVICE)
    await app.artifacts.delete(service, Section.AGREEMENTS, "B", unconditional)
    await app.imports.write(service, [agreement("A", **with_other)])
    assert (await issue(app, 1))[0] > 5, "nobody asked for 3 to 5 of this partner again"


async def test_a_cycle_that_began_with_one_partner_is_not_that_of_another(
    app: Installation,
) -> None:
    """Cycles of two streams do not compare: one that is further on knows less of the other."""
    other = partner_document("Tailspin")
    identity = other["content"]["b2b"]["businessIdentities"][0]  # type: ignore[index, call-overload]
    with_other = {"guestPartner": "Tailspin", "guestIdentity": identity}
    partner = ImportItem(section=Section.PARTNERS, name="Tailspin", document=other)
    service = await service_of(app, SERVICE)
    await app.imports.write(service, [partner, agreement("B", **with_other)])
    assert (await issue(app, 9, agreement="B"))[-1] == 9
    body = SetNextBody.model_validate({"kind": "interchange", "next": 1, "allowReuse": True})
    await app.counters.set_next(service, "A", body)
    assert await issue(app, 2) == [1, 2]
    await back_up(app, SECOND)
    await app.artifacts.delete(service, Section.AGREEMENTS, "B", unconditional)
    await app.imports.write(service, [agreement("A", **with_other)])
    assert await issue(app, 2) == [10, 11], "Tailspin has had those up to 9"
    await delete(app)
    planned = (await restore(app, DR, SECOND)).control_numbers
    told = {one.agreement: one.next for one in planned.exposures}
    assert told == {"B": 12}
    await resume(app, DR)
    assert (await issue(app, 1, DR), await issue(app, 1, DR, "B")) == ([3], [12])


async def test_a_backup_has_what_a_copy_issued_of_an_agreement_that_issued_nothing(
    app: Installation,
) -> None:
    """It has no row under its own name, and the ledger may be lost when the backup is needed."""
    other = partner_document("Tailspin")
    identity = other["content"]["b2b"]["businessIdentities"][0]  # type: ignore[index, call-overload]
    partner = ImportItem(section=Section.PARTNERS, name="Tailspin", document=other)
    item = agreement("B", guestPartner="Tailspin", guestIdentity=identity)
    await app.imports.write(await service_of(app, SERVICE), [partner, item])
    await back_up(app, SECOND)
    await restore(app, DR, SECOND)
    assert await issue(app, 5, agreement="B") == [1, 2, 3, 4, 5]
    row = await app.ledger.get(DR, "B")
    assert row is None or not row.counters
    await back_up(app, "of-dr", DR)
    for name in (SERVICE, DR):
        await delete(app, name)
        await app.ledger.drop_all(name)
    await restore(app, "Contoso-Third", "of-dr")
    await resume(app, "Contoso-Third")
    assert await issue(app, 1, "Contoso-Third", "B") == [6]


async def test_two_agreements_may_exchange_whom_they_trade_with(app: Installation) -> None:
    service = await service_of(app, SERVICE)
    other = partner_document("Tailspin")
    identity = other["content"]["b2b"]["businessIdentities"][0]  # type: ignore[index, call-overload]
    with_other = {"guestPartner": "Tailspin", "guestIdentity": identity}
    await app.imports.write(
        service,
        [
            ImportItem(section=Section.PARTNERS, name="Tailspin", document=other),
            agreement("B", **with_other),
        ],
    )
    issued = {
        "fabrikam": [1, 2, *await issue(app, 3)],
        "tailspin": await issue(app, 9, agreement="B"),
    }
    await app.imports.write(service, [agreement("A", **with_other), agreement("B")])
    issued["tailspin"] += await issue(app, 2)
    issued["fabrikam"] += await issue(app, 2, agreement="B")
    await app.imports.write(service, [agreement("A"), agreement("B", **with_other)])
    issued["fabrikam"] += await issue(app, 2)
    issued["tailspin"] += await issue(app, 2, agreement="B")
    for found in issued.values():
        assert len(found) == len(set(found)), issued


async def test_what_a_restore_set_back_is_in_the_next_backup(app: Installation) -> None:
    """The ledger may be lost then: whoever continues goes on behind what was passed over."""
    assert await issue(app, 6) == [3, 4, 5, 6, 7, 8]
    await delete(app)
    planned = await restore(app, policy="asBackedUp")
    assert planned.control_numbers.issued_again == 6
    await resume(app)
    assert await issue(app, 1) == [3], "as was asked for"
    await back_up(app, SECOND)
    await delete(app)
    await app.ledger.drop_all(SERVICE)
    again = (await plan(app, container=SECOND, policy="asBackedUp")).control_numbers
    assert (again.unknown, again.issued_again) == (1, 5)
    await restore(app, container=SECOND)
    await resume(app)
    assert await issue(app, 1) == [9]


async def test_what_was_set_back_comes_again_once_and_no_further(app: Installation) -> None:
    """Behind that, the copy that lives has gone on."""
    await issue(app, 3)
    await restore(app, DR, policy="asBackedUp")
    await resume(app, DR)
    assert await issue(app, 2) == [6, 7], "behind the restore"
    assert await issue(app, 2, DR) == [3, 4]
    assert await issue(app, 1, DR) == [5]
    assert await issue(app, 2, DR) == [8, 9], "what was issued since, nobody asked for"
    assert await issue(app, 1) == [10]


async def test_a_cycle_that_a_caller_began_is_that_of_the_stream(app: Installation) -> None:
    await restore(app, DR)
    await resume(app, DR)
    body = SetNextBody.model_validate({"kind": "interchange", "next": 1, "allowReuse": True})
    await app.counters.set_next(await service_of(app, DR), "A", body)
    assert await issue(app, 2, DR) == [1, 2]
    assert await issue(app, 1) == [3]


async def test_a_restore_that_another_name_claims_from_meanwhile_is_finished(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows that a restore writes are written by whoever claims their stream."""
    await restore(app, DR)
    await resume(app, DR)
    await delete(app)
    write_all = app.ledger.write_all

    async def claimed(service: str, rows: Any) -> list[str]:
        monkeypatch.setattr(app.ledger, "write_all", write_all)
        assert await issue(app, 1, DR) == [3]
        return await write_all(service, rows)

    monkeypatch.setattr(app.ledger, "write_all", claimed)
    await restore(app)
    await resume(app)
    assert await issue(app, 1) == [4]
