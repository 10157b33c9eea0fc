"""Pushes into an account that has artifacts that no service can hold: they stay as they are, and
forbid nothing else."""

import copy
from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT, X12
from shared.installation.installation import Installation
from shared.integration_accounts.pushing.writing import ArtifactWriter
from shared.model.operation import Warning
from tests.integration_accounts.linked import ONE
from tests.integration_accounts.pulled import artifacts_of
from tests.integration_accounts.pushed import (
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

_ODD = {"section": "partners", "name": "Odd"}


@pytest.fixture
def app(at_once: Installation) -> Installation:
    return at_once


def spoil(arm: Arm, name: str) -> None:
    """Give a partner of the account a member that no service can hold."""
    one = arm.account(OTHER).items["partners"][name.lower()]
    one.properties["$resource"] = {"x": 1}
    one.changed = "2030-01-01T00:00:00.0000000Z"


def odd(arm: Arm) -> None:
    """A partner that the service has not, and that no service can hold."""
    arm.load([partner(OTHER, "Odd", "ODD")])
    spoil(arm, "Odd")


def named(warnings: list[Warning]) -> list[str]:
    """What the push says itself that no service can hold."""
    found = (one for one in warnings if one.code == "ArtifactNotHeld")
    return [str(one.target) for one in found if not one.message.startswith("Of the backup")]


@pytest.mark.parametrize(
    "chosen",
    [
        {"extra": "keep"},
        {"exclude": [_ODD]},
        {"include": [{"section": "agreements", "name": X12}]},
    ],
    ids=["kept", "excluded", "not included"],
)
async def test_what_is_not_touched_is_named_and_stays(
    app: Installation, arm: Arm, chosen: dict[str, Any]
) -> None:
    await pulled(app, arm)
    half_filled(arm)
    odd(arm)
    before = copy.deepcopy(arm.account(OTHER).items["partners"]["odd"].properties)
    body = {**REPLACING, **chosen}
    planned = await plan(app, body, ONE)
    assert planned.errors == []
    assert named(planned.warnings) == ["partners/Odd"]
    done = await push(app, body, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert named(done.warnings) == ["partners/Odd"]
    assert arm.account(OTHER).items["partners"]["odd"].properties == before
    there = artifacts_of(arm, OTHER)
    assert there[f"agreements/{X12}"] == artifacts_of(arm, ACCOUNT)[f"agreements/{X12}"]


@pytest.mark.parametrize("name", ["Odd", "Fabrikam"])
async def test_what_would_be_deleted_or_replaced_forbids_the_plan(
    app: Installation, arm: Arm, name: str
) -> None:
    await pulled(app, arm)
    half_filled(arm)
    arm.load([partner(OTHER, name, "ODD")])
    spoil(arm, name)
    before = copy.deepcopy(artifacts_of(arm, OTHER))
    planned = await plan(app, REPLACING, ONE)
    assert [(one.code, one.target) for one in planned.errors] == [("BackupIncomplete", "/existing")]
    assert f"partners/{name} would be replaced or deleted" in planned.errors[0].message
    assert "no service can hold it" in planned.errors[0].message
    choice = {"exclude": [{"section": "partners", "name": name}]}
    assert (await plan(app, {**REPLACING, **choice}, ONE)).errors == []
    assert artifacts_of(arm, OTHER) == before


@pytest.mark.parametrize("when", ["between plan and work", "while it writes", "at its end"])
async def test_one_that_becomes_so_meanwhile_ends_no_push(
    app: Installation, arm: Arm, when: str
) -> None:
    """What was to be replaced and is not as it was stays; what somebody made besides stays too."""
    await pulled(app, arm)
    half_filled(arm)
    body = {**REPLACING, "extra": "keep", "link": False}
    record = await started(app, body, ONE)
    if when == "between plan and work":
        odd(arm)
    elif when == "while it writes":

        def both() -> None:
            odd(arm)
            spoil(arm, "Fabrikam")

        arm.fault(method="PUT", part="/partners/", meanwhile=both)
    else:
        arm.fault(method="PUT", part="/agreements/", nth=2, meanwhile=lambda: odd(arm))
    done = await ended(app, record)
    assert done.result is not None, done.error
    if when == "while it writes":
        assert done.status == "PartiallySucceeded", (done.error, done.warnings, done.result)
        assert done.result["differs"] == ["partners/Fabrikam"]
        changed = [one.target for one in done.warnings if one.code == "ChangedMeanwhile"]
        assert changed == ["partners/Fabrikam"]
    else:
        assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert arm.account(OTHER).items["partners"]["odd"].properties["$resource"] == {"x": 1}


async def test_what_the_push_wrote_and_somebody_spoilt_ends_no_later_attempt(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pulled(app, arm)
    half_filled(arm)
    record = await started(app, REPLACING, ONE)
    broken_once(monkeypatch, ArtifactWriter, "write", lambda: spoil(arm, "Contoso"))
    await ended(app, record)
    done = await ended(app, record)
    assert done.status == "PartiallySucceeded", (done.error, done.warnings, done.result)
    assert done.result is not None
    assert done.result["differs"] == ["partners/Contoso"]
    assert arm.account(OTHER).items["partners"]["contoso"].properties["$resource"] == {"x": 1}
