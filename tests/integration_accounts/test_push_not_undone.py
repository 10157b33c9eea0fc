"""Pushes that touch what no push could bring back, this one or not: they are allowed and say so
beforehand, and their undo brings back all the rest."""

import copy
from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT
from shared.installation.installation import Installation
from shared.integration_accounts.pushing.writing import ArtifactWriter
from shared.model.operation import Operation
from shared.model.restore import RestoreBody
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
from tests.integration_accounts.test_push_back import require_back, rich, targets
from tests.support.arm import Arm
from tests.support.scenes import run

_ALL: dict[str, Any] = {**REPLACING, "link": False}
_CODE = "UndoIncomplete"
_UNDO = "contoso-undo"
_OLD, _NEW = "old-signing", "contoso-signing"


@pytest.fixture
def app(at_once: Installation) -> Installation:
    return at_once


async def restored(app: Installation, done: Operation) -> None:
    """The backup from before, as a service."""
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert done.result is not None
    where = {one: done.result["safetyBackup"][one] for one in ("storageAccount", "container")}
    body = RestoreBody.model_validate({"backup": where, "service": {"name": _UNDO}})
    await run(app, await app.restores.start(body, "somebody", None))


def rotated(arm: Arm, name: str, *, is_disabled: bool) -> None:
    """The account still has the certificate of before; its key is gone from the vault, or
    disabled there."""
    rich(arm)
    there = arm.account(OTHER).items["certificates"]
    vault = next(iter(arm.state.vaults))
    one = copy.deepcopy(arm.account(ACCOUNT).items["certificates"]["contoso-as2"])
    one.name = name
    one.properties["key"] = {"keyVault": {"id": vault}, "keyName": _OLD}
    there[name] = one
    if is_disabled:
        host = "https://contoso-keys.vault.azure.net/keys"
        keys = [
            {"kid": f"{host}/{key}/1", "attributes": {"enabled": key != _OLD}}
            for key in (_OLD, _NEW)
        ]
        arm.fault(method="POST", part="/listKeyVaultKeys", times=99, body={"value": keys})


@pytest.mark.parametrize("name", ["contoso-as2", "contoso-former"], ids=["replaced", "deleted"])
@pytest.mark.parametrize("is_disabled", [False, True])
async def test_a_certificate_whose_own_key_is_gone_may_be_replaced_and_deleted(
    app: Installation, arm: Arm, name: str, *, is_disabled: bool
) -> None:
    await pulled(app, arm)
    rotated(arm, name, is_disabled=is_disabled)
    before = copy.deepcopy(artifacts_of(arm, OTHER))
    planned = await plan(app, _ALL, ONE)
    assert planned.errors == []
    (told,) = [one for one in planned.warnings if one.code == _CODE]
    assert told.target == f"certificates/{name}"
    assert f"'{_OLD}'" in told.message
    done = await push(app, _ALL, ONE)
    assert targets(done, _CODE) == [f"certificates/{name}"]
    await restored(app, done)
    undo = await plan(app, _ALL, _UNDO)
    assert [one.code for one in undo.errors] == ["ArtifactNotFound"]
    assert "exclude the certificate" in undo.errors[0].message
    after = artifacts_of(arm, OTHER).get(f"certificates/{name}")
    back = await push(app, {**_ALL, "exclude": [{"section": "certificates", "name": name}]}, _UNDO)
    before.pop(f"certificates/{name}")
    if after is not None:
        before[f"certificates/{name}"] = after
    require_back(arm, before, back)


async def test_what_no_undo_brings_back_is_told_at_the_end_of_a_later_attempt(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pulled(app, arm)
    rotated(arm, "contoso-as2", is_disabled=False)
    record = await started(app, _ALL, ONE)
    broken_once(monkeypatch, ArtifactWriter, "write")
    await ended(app, record)
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert targets(done, _CODE) == ["certificates/contoso-as2"]


async def test_a_vault_that_lists_nothing_is_told_of_what_is_replaced_too(
    app: Installation, arm: Arm
) -> None:
    await pulled(app, arm)
    rotated(arm, "contoso-former", is_disabled=False)
    elsewhere = next(iter(arm.state.vaults)).replace("contoso-keys", "not-listed")
    key = arm.account(OTHER).items["certificates"]["contoso-former"].properties["key"]
    key["keyVault"] = {"id": elsewhere}
    planned = await plan(app, _ALL, ONE)
    assert planned.errors == []
    (told,) = [one.message for one in planned.warnings if one.code == "KeysNotChecked"]
    assert "'contoso-former'" in told


async def test_an_account_above_its_limit_may_be_emptied(app: Installation, arm: Arm) -> None:
    await pulled(app, arm)
    half_filled(arm)
    arm.load([{"id": OTHER, "location": "northeurope", "sku": {"name": "Free"}}])
    arm.load([partner(OTHER, f"P{number:02}", f"P{number:02}") for number in range(24)])
    before = copy.deepcopy(artifacts_of(arm, OTHER))
    assert len(before) == 27
    chosen = [{"section": "partners", "name": name} for name in ("Fabrikam", "P01", "P02", "P03")]
    body = {**_ALL, "include": chosen}
    planned = await plan(app, body, ONE)
    assert planned.errors == []
    (told,) = [one for one in planned.warnings if one.code == _CODE]
    assert told.target == "partners"
    assert "can bring back 1 of the 3" in told.message
    done = await push(app, body, ONE)
    assert done.result is not None
    assert done.result["deleted"] == {"partners": 3}
    await restored(app, done)
    undo = await plan(app, _ALL, _UNDO)
    assert [one.code for one in undo.errors] == ["QuotaExceeded"]
    excluded = [{"section": "partners", "name": name} for name in ("P01", "P02")]
    back = await push(app, {**_ALL, "exclude": excluded}, _UNDO)
    for name in ("P01", "P02"):
        del before[f"partners/{name}"]
    require_back(arm, before, back)
