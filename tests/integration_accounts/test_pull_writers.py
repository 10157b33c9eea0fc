"""Somebody changes an account while it is pulled: what the service has is what the account had at
one time, or it is said that it may not be."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.blobs.backup_container import BackupContainer
from shared.installation.installation import Installation
from shared.model.backup import BackupBody
from shared.model.numbers import Kind
from shared.model.operation import OperationStatus
from tests.integration_accounts.linked import IA, service, unlink
from tests.integration_accounts.pulled import artifacts_of, held, pull
from tests.integration_accounts.small import (
    AGREEMENT,
    agreement,
    partner,
    resource,
    schema,
    session,
)
from tests.support.arm import Arm
from tests.support.scenes import read_whole, run

PULLS = 20

_BEGAN = datetime(2026, 5, 1, tzinfo=UTC)


class Writer:
    """Changes the account at some of the requests of a pull, and remembers each state of it."""

    def __init__(self, arm: Arm, seed: int) -> None:
        self._arm = arm
        self._random = random.Random(seed)
        self._number = seed * 1_000
        self.states: list[dict[str, Any]] = [artifacts_of(arm, IA)]

    def write(self) -> None:
        """One change: an artifact made or changed, or one removed. With it a number is issued, as
        the account issues them all the time."""
        self._number += 1
        self._arm.load([session(f"{AGREEMENT}-ICN", self._number, _at(self._number))])
        number = self._number
        changed = _at(number)
        items = self._arm.account(IA).items
        draw = self._random.random()
        removable = [name for name in items["schemas"] if name.startswith("extra")]
        if draw < 0.25 and removable:
            del items["schemas"][self._random.choice(removable)]
        elif draw < 0.6:
            text = f"<order version='{number}'/>"
            name = self._random.choice(["Order", f"extra{number % 5}"])
            self._arm.load([schema(name, text, changed)])
        elif draw < 0.7:
            self._arm.load([partner("Northwind", changed, metadata={"number": number})])
        elif draw < 0.8:
            self._arm.load([agreement(changed, metadata={"number": number})])
        else:
            batch = resource(
                "batchConfigurations", "Daily", changed, batchGroupName=f"group{number}"
            )
            self._arm.load([batch])
        self.states.append(artifacts_of(self._arm, IA))


def _at(number: int) -> str:
    return (_BEGAN + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%S.1234567Z")


def issued(arm: Arm) -> int:
    """The last number that the account issued."""
    content = arm.account(IA).items["sessions"][f"{AGREEMENT}-ICN".lower()].properties["content"]
    return int(content["ControlNumber"])


async def counted(app: Installation) -> int:
    """The same as the service knows it."""
    found = await app.counters.get(await service(app), AGREEMENT)
    return found.counters[Kind.INTERCHANGE].last


@pytest.mark.timeout(600)
async def test_a_pull_under_writers_is_consistent_or_says_that_it_is_not(
    pulled: Installation, arm: Arm
) -> None:
    consistent = 0
    for seed in range(1, PULLS + 1):
        writer, before = Writer(arm, seed), issued(arm)
        chance = random.Random(seed)
        often = chance.choice([1, 2, 6, 30])
        for number in range(1, 90):
            # No more than one fault happens to a request: of those that are set, the first.
            if chance.random() < 1 / often:
                arm.fault(nth=number, meanwhile=writer.write)
        ended = await pull(pulled)
        arm.calm()
        assert ended.result is not None, ended.error
        assert ended.status is OperationStatus.SUCCEEDED
        assert before <= await counted(pulled) <= issued(arm), seed
        told = [one.code for one in ended.warnings]
        if ended.result["consistent"]:
            consistent += 1
            assert "AccountChanging" not in told
            assert await held(pulled) in writer.states, seed
        else:
            assert "AccountChanging" in told
            assert ended.result["readings"] == 6
    assert 0 < consistent < PULLS
    assert (await pull(pulled)).status is OperationStatus.SUCCEEDED
    assert await held(pulled) == artifacts_of(arm, IA)
    assert await counted(pulled) == issued(arm)


async def test_a_backup_of_an_account_that_moves_says_so(pulled: Installation, arm: Arm) -> None:
    writer = Writer(arm, 7)
    arm.fault(times=10_000, part="/schemas?", meanwhile=writer.write)
    body = BackupBody(name="moving", storage_account="offsite")
    record = await pulled.backups.start(await service(pulled), body, "somebody", None)
    await run(pulled, record)
    found = await pulled.records.find(record.operation.service, record.operation.id)
    assert found is not None
    ended = found[0].operation
    assert ended.status is OperationStatus.SUCCEEDED, ended.error
    assert "AccountChanging" in [one.code for one in ended.warnings]
    container = BackupContainer(pulled.accounts.require("offsite", ""), "moving")
    descriptor = await read_whole(pulled, container)
    warning = next(one for one in descriptor.warnings if one.code == "AccountChanging")
    assert warning.target == IA
    assert ended.result is not None
    assert ended.result["pull"]["consistent"] is False


async def test_a_backup_of_what_an_unsteady_pull_brought_says_so_too(
    pulled: Installation, arm: Arm
) -> None:
    async def warned(name: str) -> list[str]:
        body = BackupBody(name=name, storage_account="offsite", pull=False)
        record = await pulled.backups.start(await service(pulled), body, "somebody", None)
        await run(pulled, record)
        container = BackupContainer(pulled.accounts.require("offsite", ""), name)
        return [one.code for one in (await read_whole(pulled, container)).warnings]

    async def restless(seed: int) -> None:
        writer = Writer(arm, seed)
        arm.fault(times=10_000, part="/schemas?", meanwhile=writer.write)
        ended = await pull(pulled)
        arm.calm()
        assert ended.result is not None
        assert ended.result["consistent"] is False

    assert await warned("steady-before") == []
    await restless(7)
    assert await warned("unsteady-then") == ["AccountChanging"]
    assert await warned("unsteady-still") == ["AccountChanging"]
    assert (await pull(pulled)).warnings == []
    assert await warned("steady-again") == []
    # One that finds nothing that the service has not, but no rest either.
    moved = dict(arm.account(IA).items["schemas"])
    both = iter([{}, moved] * 100)

    def back_and_forth() -> None:
        arm.account(IA).items["schemas"] = dict(next(both))

    arm.fault(times=10_000, part="/schemas?", meanwhile=back_and_forth)
    ended = await pull(pulled)
    arm.calm()
    assert ended.result is not None
    assert ended.result["consistent"] is False
    assert await warned("nothing-new") == ["AccountChanging"]
    await unlink(pulled)
    assert await warned("of-its-own") == ["AccountChanging"]
