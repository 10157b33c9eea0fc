"""Warnings of a push where there are more than its record holds: what tells of danger is told."""

from collections import Counter
from typing import Any

from localhost.arm.sample import ACCOUNT, X12, fill
from shared.installation.installation import Installation
from shared.integration_accounts.pushing.written import Written
from shared.model.operation import Warning
from shared.rules.integration_accounts.push_warnings import MOST, MOST_OF_A_CODE
from tests.integration_accounts.linked import ONE, create, link
from tests.integration_accounts.pulled import pull
from tests.integration_accounts.pushed import NEW, OTHER, ended, issue, partner, plan, started
from tests.support.arm import Arm

_ODD = 130
"""More partners than warnings are told, each of a name that Azure may refuse."""


async def test_what_tells_of_danger_is_told_whatever_else_there_is(
    app: Installation, arm: Arm
) -> None:
    fill(arm.state)
    arm.load([partner(ACCOUNT, f"Odd & {n}", f"ODD{n}") for n in range(_ODD)])
    await create(app, ONE)
    await link(app, ONE, ACCOUNT)
    assert (await pull(app, ONE)).status == "Succeeded"
    planned = await plan(app, NEW, ONE)
    codes = Counter(one.code for one in planned.warnings)
    assert codes["NameUnfit"] == 101  # of 100 each, and how many more there are
    record = await started(app, NEW, ONE)
    recorded: Any = record.operation.parameters["plan"]
    assert len(recorded["warnings"]) == MOST
    assert recorded["moreWarnings"] == len(planned.warnings) - MOST
    first = [one["code"] for one in recorded["warnings"]]
    assert "NameUnfit" in first
    assert set(first[: first.index("NameUnfit")]) == set(codes) - _harmless(codes)
    sessions = f"{OTHER}/sessions/{X12}"
    arm.fault(
        method="PUT",
        part=f"{sessions}-ICN",
        meanwhile=lambda: issue(arm, ACCOUNT, f"{X12}-ICN", 40_999),
    )
    arm.fault(
        method="PUT",
        part=f"{sessions}-TSCN",
        meanwhile=lambda: arm.load([partner(OTHER, "Fabrikam", "CHANGED")]),
    )
    done = await ended(app, record)
    assert done.status == "PartiallySucceeded", (done.error, done.result)
    assert done.result is not None
    assert done.result["differs"] == ["partners/Fabrikam"]
    ends = [one.code for one in done.warnings]
    assert len(ends) == MOST
    dangers = {"NotAsWritten", "SourceWentOn", *(set(codes) - _harmless(codes))}
    assert dangers <= set(ends[: len(dangers) + 1])
    last = done.warnings[-1]
    assert last.code == "WarningsLeftOut"
    told = Counter(ends)["NameUnfit"]
    assert f"{codes['NameUnfit'] - told} NameUnfit" in last.message


def _harmless(codes: Counter[str]) -> set[str]:
    return {"NameUnfit", "KeysNotChecked"} & set(codes)


def test_no_code_takes_the_room_of_another() -> None:
    written = Written()
    for number in range(MOST):
        written.warn(_warning("AnsweredOtherwise", f"partners/{number}"))
        written.warn(_warning("AnsweredOtherwise", f"partners/{number}"))
    written.warn(_warning("SourceWentOn", "numbers"))
    assert Counter(one.code for one in written.warnings) == {
        "AnsweredOtherwise": MOST_OF_A_CODE,
        "SourceWentOn": 1,
    }
    assert written.untold == {"AnsweredOtherwise": MOST - MOST_OF_A_CODE}


def _warning(code: str, target: str) -> Warning:
    return Warning(code=code, message="It is so.", target=target)
