"""Random actions on two hosts that are killed at random, against a model, watched all the time.

Some of them are on the storage, past the app: it throttles, refuses to delete, archives; containers
are removed by hand, and put back.

`make test` runs six seconds of it; `make soak MINUTES=10 SEED=7` as long as one likes. The seed
draws actions, kills and days; what they meet is up to the machine.
"""

import asyncio
import itertools
import os
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.installation.installation import Installation
from tests.soak.client import Client
from tests.soak.disturbances import Disturbances
from tests.soak.hosts import Hosts
from tests.soak.model import Known, Model, Violated
from tests.soak.portal import STRANGERS, Portal
from tests.soak.storage import Storage
from tests.soak.watch import Watch
from tests.support.deployed import Deployed, Emulator

SECONDS = 60 * float(os.environ.get("SOAK_MINUTES") or 1 / 10)
SEED = os.environ.get("SOAK_SEED") or datetime.now(UTC).strftime("%Y%m%d")
SERVICES = ("soak-one", "soak-two", "soak-three")
CLIENTS = 6
_KILL_EVERY = (2.5, 8.0)
_DAY_EVERY = 10.0
_DISTURBS_EVERY = 5
_QUIET_SECONDS = 120
_DAYS_OF_THE_INVENTORY = 2

Action = Callable[[Known], Awaitable[None]]


def weighted(actions: Disturbances) -> list[Action]:
    """Each action as often as its weight says."""
    weights: list[tuple[int, Action]] = [
        (3, actions.create),
        (6, actions.put_artifact),
        (3, actions.put_agreement),
        (6, actions.put_pair),
        (2, actions.delete_artifact),
        (2, actions.put_content),
        (6, actions.read),
        (12, actions.allocate),
        (4, actions.allocate_alone),
        (4, actions.move),
        (1, actions.scale),
        (5, actions.back_up),
        (2, actions.verify),
        (1, actions.cancel),
        (2, actions.delete_backup),
        (1, actions.pin),
        (2, actions.schedule),
        (1, actions.delete),
        (3, actions.restore),
    ]
    return [action for weight, action in weights for _ in range(weight)]


def disturbing(actions: Disturbances) -> list[Action]:
    """Those on the storage, past the app."""
    weights: list[tuple[int, Action]] = [
        (3, actions.keep),
        (3, actions.undelete),
        (2, actions.remove_container),
        (2, actions.refuse_deletion),
        (2, actions.archive),
        (2, actions.throttle),
        (1, actions.say_something_new),
    ]
    return [action for weight, action in weights for _ in range(weight)]


class Soak:
    """One run."""

    def __init__(self, deployed: Deployed, relayed: Deployed, storage: Storage) -> None:
        self._chance = random.Random(SEED)
        self.storage = storage
        self.hosts = Hosts(relayed, random.Random(f"{SEED} hosts"))
        self.model = Model({name: Known(name) for name in SERVICES})
        self._client = Client(self.hosts, self.model, random.Random(f"{SEED} client"))
        self._app = Installation(deployed.read())
        at_the_portal = random.Random(f"{SEED} portal")
        self._portal = Portal(self._app, storage, self.model.hands, at_the_portal)
        self._actions = Disturbances(self._client, storage=storage, portal=self._portal)
        self.watch = Watch(self._app, deployed, self.model)
        self._until = 0.0
        self.done = 0

    async def run(self) -> None:
        """Run it.

        :raises Violated: with what was asked and answered last.
        """
        try:
            await self.hosts.start()
            for name in STRANGERS:
                await self._portal.stranger(name)
            for known in self.model.services.values():
                await self._begin(known)
            self._until = time.monotonic() + SECONDS
            async with asyncio.TaskGroup() as group:
                for number in range(CLIENTS):
                    group.create_task(self._act(random.Random(f"{SEED} {number}")))
                group.create_task(self._break())
                group.create_task(self._pass_days())
                group.create_task(self._tick())
                group.create_task(self._look())
            await self._end()
        except* Violated as violated:
            trail = "\n".join(self._client.trail)
            said = "\n".join(str(error) for error in violated.exceptions)
            raise Violated(f"SOAK_SEED={SEED}\n{trail}\n\n{said}") from violated
        finally:
            await self.hosts.stop()
            await self._app.close()

    async def _begin(self, known: Known) -> None:
        """A service that has what most actions need."""
        await self._actions.create(known)
        for action in (self._actions.put_agreement, self._actions.put_pair):
            await action(known)
        await self._actions.schedule(known)
        await self._actions.back_up(known)

    def _runs(self) -> bool:
        return time.monotonic() < self._until

    async def _act(self, chance: random.Random) -> None:
        choices = weighted(self._actions)
        disturbances = disturbing(self._actions)
        for number in itertools.count(1):
            if not self._runs():
                return
            # A turn of their own: a run of seconds has its share of them.
            drawn = choices if number % _DISTURBS_EVERY else disturbances
            await chance.choice(drawn)(chance.choice(list(self.model.services.values())))
            self.done += 1
            self._raise_what_followers_found()

    def _raise_what_followers_found(self) -> None:
        for task in [task for task in self._actions.following if task.done()]:
            self._actions.following.discard(task)
            task.result()

    async def _break(self) -> None:
        while self._runs():
            await asyncio.sleep(self._chance.uniform(*_KILL_EVERY))
            await self.hosts.kill_one()

    async def _pass_days(self) -> None:
        while self._runs():
            await asyncio.sleep(_DAY_EVERY)
            await self.hosts.next_day()

    async def _tick(self) -> None:
        """A killed host keeps the timers' lease for a minute: by hand, on either, side by side."""
        while self._runs():
            timers = ("recover_operations", "run_schedules", "run_schedules", "sweep")
            await asyncio.gather(*(self.hosts.tick(timer) for timer in timers))
            await asyncio.sleep(0.5)

    async def _look(self) -> None:
        while self._runs():
            await self.watch.look()
            await asyncio.sleep(0.5)

    async def _end(self) -> None:
        """Nobody asks or breaks any more: everything ends, and is as the model says."""
        self._actions.calm.set()
        for known in self.model.services.values():
            await self._actions.end_schedule(known)
        await asyncio.gather(*self._actions.following)
        await self._idle()
        await self._bring_back()
        for known in self.model.services.values():
            await self._actions.read(known)
        self.hosts.kill()  # no timer begins anything any more
        while not await self.watch.idle():  # one just had
            await self.hosts.start()
            await self._idle()
            self.hosts.kill()
        await self.watch.at_the_end()

    async def _bring_back(self) -> None:
        """The inventory says what is gone or back, a verify what is back and was deleted."""
        if self.model.hands.removed or self.model.hands.undeleted:
            for _ in range(_DAYS_OF_THE_INVENTORY):
                await self.hosts.next_day()
            await self.hosts.tick("sweep")
        for backup in await self.watch.to_bring_back():
            why = await self._actions.verified(backup.service, backup.name, "restore")
            if why:
                raise Violated(f"{backup.name} is there ({backup.status}), and a verify says {why}")
            self.model.hands.done["back at the end"] += 1
        await self._idle()

    async def _idle(self) -> None:
        async with asyncio.timeout(_QUIET_SECONDS):
            while not await self.watch.idle():
                await self.hosts.tick("recover_operations")
                await asyncio.sleep(0.5)

    def report(self) -> str:
        """What was done, in figures."""
        took = time.monotonic() - self._until + SECONDS
        lines = [
            f"soak of {SECONDS:.0f} s ({took:.0f} s until all had ended), SOAK_SEED={SEED}: no "
            "invariant broken",
            f"  {self.done} actions by {CLIENTS} clients on {len(SERVICES)} services, "
            f"{self.hosts.kills} hosts killed, {self.hosts.offset / 86_400:.0f} days passed",
            f"  {self.model.numbers} control numbers issued, none twice",
            "  answers: " + _counted(self.model.outcomes),
            "  operations: " + _counted(self.watch.ended),
            "  past the app: " + _counted(self.model.hands.done),
            "  storage refused: " + _counted(self.storage.refused),
            "  timers by hand: " + _counted(self.hosts.asked),
            "  looked at: " + _counted(self.watch.looks),
        ]
        return "\n".join(lines)


def _counted(counter: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counter.items()))


@pytest.mark.timeout(SECONDS + 600)
async def test_nothing_breaks_that_must_not(
    emulator: Emulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed = Deployed.new(emulator, tmp_path, LEASE_SECONDS="3", RECOVERY_NUDGE_SECONDS="1")
    async with Storage.opened(deployed) as (storage, relayed):
        soak = Soak(deployed, relayed, storage)
        await soak.run()
    with capsys.disabled():
        print(f"\n{soak.report()}")
