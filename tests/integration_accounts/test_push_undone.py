"""No push without its undo: what is replaced or deleted is in the backup of before, with all that
brings it back."""

import copy
import hashlib
from itertools import count
from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT
from shared.installation.installation import Installation
from shared.integration_accounts.pulling.pull import Puller
from shared.integration_accounts.pushing.safety import Safety, container_of
from shared.integration_accounts.pushing.stores import PushStores
from shared.model.backup import Backup
from shared.model.problem import Problem
from tests.integration_accounts.linked import ONE, refused
from tests.integration_accounts.pulled import artifacts_of
from tests.integration_accounts.pushed import (
    OTHER,
    REPLACING,
    ended,
    half_filled,
    partner,
    plan,
    pulled,
    push,
    started,
)
from tests.support.arm import Arm

_MARK = b"\xef\xbb\xbf"


async def backup_of(app: Installation, operation_id: str) -> Backup:
    """The backup that a push made of the account."""
    entry = await app.history.get(ONE, container_of(ONE, operation_id))
    assert entry is not None
    return entry.value


def schemas(arm: Arm, content: bytes | None) -> None:
    """A schema as the sample has it, and one that it has not, with other content or with none."""
    of = arm.account(OTHER).items.setdefault("schemas", {})
    for name in ("Order", "OnlyThere"):
        one = copy.deepcopy(arm.account(ACCOUNT).items["schemas"]["order"])
        one.name, one.content = name, content
        of[name.lower()] = one


async def test_what_has_no_content_forbids_the_plan(app: Installation, arm: Arm) -> None:
    await pulled(app, arm)
    half_filled(arm)
    schemas(arm, None)
    planned = await plan(app, REPLACING, ONE)
    assert [(one.code, one.target) for one in planned.errors] == [("BackupIncomplete", "/existing")]
    assert "schemas/OnlyThere, schemas/Order would be" in planned.errors[0].message
    assert "gives no content" in planned.errors[0].message
    problem = await refused(started(app, REPLACING, ONE))
    assert isinstance(problem, Problem)
    assert problem.code == "BackupIncomplete"


@pytest.mark.parametrize(
    "chosen",
    [
        {"exclude": [{"section": "schemas", "name": one} for one in ("Order", "OnlyThere")]},
        {"existing": "keep", "extra": "keep"},
    ],
    ids=["excluded", "kept"],
)
async def test_what_is_not_touched_forbids_nothing(
    app: Installation, arm: Arm, chosen: dict[str, Any]
) -> None:
    """The backup of before lacks their content, which the result tells."""
    await pulled(app, arm)
    half_filled(arm)
    schemas(arm, None)
    before = artifacts_of(arm, OTHER)
    arm.switches.references = False
    done = await push(app, {**REPLACING, **chosen}, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    after = artifacts_of(arm, OTHER)
    for path in ("schemas/OnlyThere", "schemas/Order"):
        assert after[path] == before[path]
    told = {one.target: one.message for one in done.warnings if one.code == "ContentMissing"}
    assert {"schemas/OnlyThere", "schemas/Order"} <= set(told)
    assert told["schemas/Order"].startswith("Of the backup that the account has from before")


@pytest.mark.parametrize("hashes", ["always", "never"])
async def test_content_that_could_not_be_put_back_is_not_written_over(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch, hashes: Any
) -> None:
    async def unreadable(_: PushStores) -> str:
        return "the app's storage answers its own network alone"

    arm.switches.content_hash = hashes
    await pulled(app, arm)
    half_filled(arm)
    schemas(arm, _MARK + b"<schema/>")
    before = artifacts_of(arm, OTHER)
    record = await started(app, REPLACING, ONE)
    monkeypatch.setattr(PushStores, "unreadable_now", unreadable)
    done = await ended(app, record)
    assert done.status == "Failed"
    assert done.error is not None
    assert done.error.code == "BackupIncomplete"
    assert "schemas/OnlyThere, schemas/Order would be" in done.error.message
    assert "its own network alone" in done.error.message
    assert artifacts_of(arm, OTHER) == before
    made = await backup_of(app, done.id)
    assert (made.status, made.pinned) == ("Succeeded", False)


async def test_content_that_is_too_large_to_be_put_back_forbids_the_plan(
    app: Installation, arm: Arm
) -> None:
    await pulled(app, arm)
    half_filled(arm)
    schemas(arm, b"<a/>" * (9 * 256 * 1024))
    planned = await plan(app, REPLACING, ONE)
    assert [one.code for one in planned.errors] == ["BackupIncomplete"]
    assert "larger than Azure documents" in planned.errors[0].message


async def test_content_that_azure_can_read_is_written_over(app: Installation, arm: Arm) -> None:
    await pulled(app, arm)
    half_filled(arm)
    schemas(arm, _MARK + b"<schema/>")
    done = await push(app, REPLACING, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert artifacts_of(arm, OTHER) == artifacts_of(arm, ACCOUNT)


@pytest.mark.parametrize("touched", [True, False])
async def test_what_is_not_whole_in_the_backup_is_not_written_over(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch, *, touched: bool
) -> None:
    await pulled(app, arm)
    half_filled(arm)
    content = b"<schema/>"
    schemas(arm, content)
    before = artifacts_of(arm, OTHER)
    former = Puller.pull

    async def pull(self: Puller, task: Any, of: Any, **how: Any) -> Any:
        found = await former(self, task, of, **how)
        await app.content.blob(of.id, hashlib.sha256(content).hexdigest()).delete_blob()
        return found

    monkeypatch.setattr(Puller, "pull", pull)
    exclude = [] if touched else [{"section": "schemas", "name": n} for n in ("Order", "OnlyThere")]
    done = await push(app, {**REPLACING, "exclude": exclude}, ONE)
    told = {one.code: one.message for one in done.warnings}
    if touched:
        assert done.status == "Failed"
        assert done.error is not None
        assert done.error.code == "BackupIncomplete"
        assert "schemas/OnlyThere, schemas/Order would be" in done.error.message
        assert artifacts_of(arm, OTHER) == before
    else:
        assert done.status == "Succeeded", (done.error, done.warnings)
        assert "schemas/Order" in told["SafetyBackupPartial"]
    made = await backup_of(app, done.id)
    assert (made.status, made.pinned) == ("PartiallySucceeded", not touched)


async def test_what_was_otherwise_while_it_was_backed_up_is_not_touched(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The backup has what was there in between, and the account has again what it had."""
    await pulled(app, arm)
    half_filled(arm)
    former = Safety.made

    async def made(self: Safety, *args: Any) -> Any:
        arm.load([partner(OTHER, "Fabrikam", "BETWEEN"), partner(OTHER, "Tailspin", "BETWEEN")])
        found = await former(self, *args)
        half_filled(arm)
        return found

    monkeypatch.setattr(Safety, "made", made)
    done = await push(app, REPLACING, ONE)
    assert done.status == "PartiallySucceeded", (done.error, done.warnings)
    assert done.result is not None
    assert done.result["differs"] == ["partners/Fabrikam", "partners/Tailspin"]
    left = sorted(str(one.target) for one in done.warnings if one.code == "ChangedMeanwhile")
    assert left == ["partners/Fabrikam", "partners/Tailspin"]


async def test_an_account_that_changes_while_it_is_backed_up_is_told(
    app: Installation, arm: Arm
) -> None:
    await pulled(app, arm)
    half_filled(arm)
    record = await started(app, {**REPLACING, "extra": "keep"}, ONE)
    number = count()
    arm.fault(
        method="GET",
        part=f"{OTHER}/maps?",
        times=99,
        meanwhile=lambda: arm.load([partner(OTHER, "Moving", f"MOVING{next(number)}")]),
    )
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    told = {one.code: one.message for one in done.warnings}
    assert "partners/Moving" in told["AccountChanging"]


async def test_a_backup_of_a_push_that_wrote_nothing_is_not_pinned(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pulled(app, arm)
    half_filled(arm)
    before = artifacts_of(arm, OTHER)
    record = await started(app, REPLACING, ONE)
    former = Safety.made

    async def made(self: Safety, task: Any, *args: Any) -> Any:
        found = await former(self, task, *args)
        assert (await backup_of(app, task.operation.id)).pinned
        task.is_cancel_requested = lambda: True
        return found

    monkeypatch.setattr(Safety, "made", made)
    done = await ended(app, record)
    assert done.status == "Canceled"
    assert artifacts_of(arm, OTHER) == before
    backup = await backup_of(app, done.id)
    assert (backup.status, backup.pinned) == ("Succeeded", False)
