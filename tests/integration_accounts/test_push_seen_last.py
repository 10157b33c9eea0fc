"""When numbers of a lost account were seen last, by the backup that a service was restored from."""

from localhost.arm.sample import ACCOUNT, X12
from shared.installation.installation import Installation
from shared.model.numbers import Kind
from shared.model.restore import RestoreBody
from tests.integration_accounts.linked import ONE, service
from tests.integration_accounts.pushed import NEW, issue, lose, plan, pulled, push
from tests.support.arm import Arm
from tests.support.scenes import run

UNDO = "contoso-undo"


async def test_a_backup_of_before_a_push_is_when_the_account_was_seen_last(
    app: Installation, arm: Arm
) -> None:
    """It was made of a hidden service, and is in the history of the one that was pushed."""
    await pulled(app, arm)
    issue(arm, ACCOUNT, f"{X12}-ICN", 40_627)
    done = await push(app, {"controlNumbers": {"policy": "asKnown"}}, ONE)
    assert done.result is not None
    safety = done.result["safetyBackup"]
    place = {name: safety[name] for name in ("storageAccount", "container")}
    body = RestoreBody.model_validate({"backup": place, "service": {"name": UNDO}})
    await run(app, await app.restores.start(body, "somebody", None))
    origin = (await service(app, UNDO)).restored_from
    assert origin is not None
    assert origin.service != ONE
    entry = await app.history.get(ONE, safety["backup"])
    assert entry is not None
    lose(arm)
    planned = await plan(app, NEW, UNDO)
    unsure = planned.control_numbers.uncertain
    (icn,) = [one for one in unsure if (one.agreement, one.kind) == (X12, Kind.INTERCHANGE)]
    assert icn.last_known == 40_627
    assert icn.seen_at == entry.value.started_at
