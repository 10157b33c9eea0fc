"""Retention against a little model of it: random schedules, pins, deletions, and storage that is
not as the history says. RETENTION_RUNS and RETENTION_STEPS ask for more than a sample; a run that
fails prints its seed, which RETENTION_SEED repeats.
"""

import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob.aio import BlobServiceClient, ContainerClient

from shared.backups.catalog.removal import Removal
from shared.installation.installation import Installation
from shared.model.backup import Backup, VerifyLevel
from shared.model.problem import Code, Problem
from shared.model.schedule import ScheduleBody
from tests.backups.kept import DAY, Kept, Later, Storage
from tests.support.deployed import Deployed, Emulator
from tests.support.proxy import Scripted, StorageProxy, proxied
from tests.support.scenes import SERVICE, start_backup
from tests.support.stored import Undeleted
from tests.support.transport import ProcessStopped

RUNS = int(os.environ.get("RETENTION_RUNS", "2"))
STEPS = int(os.environ.get("RETENTION_STEPS", "12"))
SEED = os.environ.get("RETENTION_SEED") or datetime.now(UTC).strftime("%Y%m%d")

_FIRST = 2
"""Backups that a run begins with."""


@dataclass(frozen=True)
class Seen:
    """What there really is of a backup, and what the history says of it."""

    entry: Backup
    own: bool
    """A container that this backup was written to, and nobody else made."""
    whole: bool
    """Every blob that it was written with is there as it was."""
    archived: bool

    @property
    def counts(self) -> bool:
        """Whether it may take a place of ``keep``."""
        return self.entry.is_good() and self.own and self.whole

    @property
    def good(self) -> bool:
        """Whether somebody can restore it now."""
        return self.counts and not self.archived


World = dict[str, Seen]


@dataclass
class Asked:
    """What a step asked for by name."""

    by_hand: str = ""
    deleted: str = ""
    forced: bool = False


class Run:
    """One service, its storage behind a proxy, and what was done to its containers."""

    def __init__(
        self, kept: Kept, proxy: StorageProxy, offsite: BlobServiceClient, draw: random.Random
    ) -> None:
        self.kept, self.app, self.proxy, self.draw = kept, kept.app, proxy, draw
        self.offsite = offsite
        self.before: World = {}
        self.written: dict[str, Undeleted] = {}
        """Name → its container as it was when it was whole."""
        self.strangers: set[str] = set()
        self.archived: set[str] = set()
        self.refusing: set[str] = set()
        self.done: list[str] = []
        self.body: dict[str, Any] = {}

    def client(self, name: str) -> ContainerClient:
        """A container as somebody at the portal reaches it, past the script."""
        return self.offsite.get_container_client(name)

    def script(self) -> None:
        self.proxy.script = [
            *(
                Scripted("DELETE", rf"/{n}\?restype=container", 409, "ContainerImmutabilityPolicy")
                for n in sorted(self.refusing)
            ),
            *(
                Scripted("GET", rf"/{n}/{n}\.txt", 409, "BlobArchived")
                for n in sorted(self.archived)
            ),
        ]

    async def entries(self) -> dict[str, Backup]:
        return {b.name: b async for page in self.app.history.pages(SERVICE) for b in page}

    async def world(self) -> World:
        found: World = {}
        for name, entry in (await self.entries()).items():
            there = await self.there(name)
            if there is None:
                found[name] = Seen(entry, False, False, False)
                continue
            metadata, blobs = there
            if name not in self.written and name not in self.strangers:
                self.written[name] = await Undeleted.of(self.client(name))
            written = self.written.get(name)
            own = written is not None and metadata == written.metadata
            sizes = {n: len(data) for n, data in written.blobs.items()} if written else {}
            found[name] = Seen(entry, own, own and sizes == blobs, name in self.archived)
        return found

    async def there(self, name: str) -> tuple[dict[str, str], dict[str, int]] | None:
        try:
            properties = await self.client(name).get_container_properties()
            blobs = {b.name: b.size async for b in self.client(name).list_blobs()}
        except ResourceNotFoundError:
            return None
        return dict(properties.metadata), blobs

    # What may happen.

    async def a_day(self, _: Asked) -> None:
        self.kept.clock.offset += DAY
        await self.app.tick.run()
        await self.kept.all_run()

    async def days(self, _: Asked) -> None:
        self.kept.clock.offset += self.draw.randint(1, 5) * DAY
        await self.kept.retain()

    async def on_demand(self, _: Asked) -> None:
        self.kept.clock.offset += timedelta(hours=1)
        await start_backup(self.app, f"on-demand-{len(self.done)}")
        await self.kept.all_run()

    async def another_schedule(self, _: Asked) -> None:
        service = (await self.app.services.require(SERVICE)).service
        before = await self.app.schedules.get(SERVICE)
        some = self.draw.randint
        keep = {"daily": some(0, 3), "weekly": some(0, 2), "monthly": some(0, 2)}
        at_least_one = self.draw.random() < 0.8
        self.body |= {"retentionDays": some(2, 5), "keep": keep, "keepAtLeastOne": at_least_one}
        body = ScheduleBody.model_validate(self.body)
        await self.app.schedule_settings.put(service, body, "test", before)

    async def pin(self, _: Asked) -> None:
        await self.app.backups.pin(SERVICE, await self.one(), self.draw.random() < 0.4)

    async def verify(self, _: Asked) -> None:
        entry = (await self.entries())[await self.one()]
        await self.app.verifications.start(entry, VerifyLevel.DESCRIPTOR, "x", None)
        await self.kept.all_run()

    async def delete(self, asked: Asked) -> None:
        asked.deleted, asked.forced = await self.one(), self.draw.random() < 0.3
        found = await self.app.backups.get(SERVICE, asked.deleted)
        await self.app.backups.delete(found, force=asked.forced, caller="x", operation_id=None)
        await self.kept.all_run()

    async def delete_and_stop(self, asked: Asked) -> None:
        """The process goes between the mark and the removal, and the purge is given up."""
        asked.deleted, asked.forced = await self.one(), self.draw.random() < 0.3
        found = await self.app.backups.get(SERVICE, asked.deleted)
        record = await self.app.backups.delete(
            found, force=asked.forced, caller="x", operation_id=None
        )

        async def stopped(*_: Any) -> None:
            raise ProcessStopped

        with pytest.MonkeyPatch.context() as patched, suppress(ProcessStopped):
            patched.setattr(Removal, "remove", stopped)
            await self.app.engine.run(SERVICE, record.operation.id)
        found_now = await self.app.records.find(SERVICE, record.operation.id)
        assert found_now is not None
        if not found_now[0].operation.status.is_final():
            given_up = found_now[0].operation.model_copy(update={"attempt": 5, "lease_seconds": 0})
            await self.app.records.write(given_up, found_now[0].etag)
            await self.kept.all_run()

    async def removed_by_hand(self, asked: Asked) -> None:
        asked.by_hand = await self.one()
        if asked.by_hand not in self.strangers:
            await self.client(asked.by_hand).delete_container()

    async def undeleted(self, _: Asked) -> None:
        name = await self.one()
        if await self.there(name) is None and name in self.written:
            await self.written[name].undelete(self.client(name))

    async def taken_by_a_stranger(self, asked: Asked) -> None:
        asked.by_hand = await self.one()
        with suppress(ResourceNotFoundError):
            await self.client(asked.by_hand).delete_container()
        await self.client(asked.by_hand).create_container(metadata={"whose": "anothers"})
        await self.client(asked.by_hand).upload_blob("robots.txt", b"User-agent: *")
        self.strangers.add(asked.by_hand)

    async def damaged(self, _: Asked) -> None:
        name = await self.one()
        written = self.written.get(name)
        if written is not None and name not in self.strangers:
            blob = self.draw.choice(sorted(written.blobs))
            await self.client(name).delete_blob(blob)

    async def repaired(self, _: Asked) -> None:
        name = await self.one()
        if name in self.written and name not in self.strangers:
            for blob, data in self.written[name].blobs.items():
                await self.client(name).upload_blob(blob, data, overwrite=True)

    async def archive(self, _: Asked) -> None:
        self.archived ^= {await self.one()}

    async def refuse(self, _: Asked) -> None:
        self.refusing ^= {await self.one()}

    async def inventory(self, _: Asked) -> None:
        await self.app.inventory.run()

    async def one(self) -> str:
        names = sorted(await self.entries())
        return self.draw.choice(names[-8:])

    async def step(self) -> None:
        actions: list[tuple[int, Callable[[Asked], Awaitable[None]]]] = [
            (6, self.a_day),
            (4, self.days),
            (1, self.on_demand),
            (2, self.another_schedule),
            (2, self.pin),
            (3, self.verify),
            (2, self.delete),
            (1, self.delete_and_stop),
            (3, self.removed_by_hand),
            (3, self.undeleted),
            (1, self.taken_by_a_stranger),
            (2, self.damaged),
            (2, self.repaired),
            (2, self.archive),
            (2, self.refuse),
            (1, self.inventory),
        ]
        weights = [weight for weight, _ in actions]
        [(_, action)] = self.draw.choices(actions, weights)
        before, asked = self.before or await self.world(), Asked()
        with suppress(Problem, ResourceNotFoundError):
            await action(asked)
        self.script()
        self.done.append(f"{action.__name__} {asked.by_hand or asked.deleted}".strip())
        self.before = await self.world()
        await self.require(before, self.before, asked)

    # What must hold.

    async def require(self, before: World, after: World, asked: Asked) -> None:
        for name in self.strangers:
            there = await self.there(name)
            assert there is not None, f"a stranger's {name} went"
            assert there[1].keys() == {"robots.txt"}
        gone = [
            name
            for name, seen in before.items()
            if seen.own and not after[name].own and name != asked.by_hand
        ]
        left = [seen for seen in after.values() if seen.good]
        good = [*left, *(seen for seen in before.values() if seen.good)]
        last = max(good, key=_completed, default=None)
        for name in gone:
            entry = before[name].entry
            assert not entry.pinned, f"{name} was pinned"
            if name == asked.deleted or entry.status == "Deleting":
                continue
            assert name in self.may_go(before, after), f"{name} had no right to go"
        if self.body["keepAtLeastOne"] and last is not None:
            went = last.entry.name
            by_rule = went in gone and went != asked.deleted
            assert not by_rule, f"{went} was the newest good one"
        if asked.deleted in gone and not asked.forced and before[asked.deleted].entry.is_good():
            assert left, f"{asked.deleted} was the last good one, and nobody forced it"
        for name, seen in after.items():
            if seen.whole and not seen.archived:
                await self.require_readable(name, seen)

    def may_go(self, before: World, after: World) -> set[str]:
        """What retention may delete: a model that knows nothing of how the app decides."""
        every = {**after, **{n: s for n, s in before.items() if s.own}}
        ruled = [s for s in every.values() if s.entry.due_at and s.entry.completed_at]
        places: set[str] = set()
        counting = sorted((s for s in ruled if s.counts), key=_completed, reverse=True)
        spans: dict[str, Callable[[datetime], object]] = {
            "daily": lambda at: at.date(),
            "weekly": lambda at: at.isocalendar()[:2],
            "monthly": lambda at: (at.year, at.month),
        }
        for rule, span in spans.items():
            taken: dict[object, str] = {}
            for one in counting:
                taken.setdefault(span(_completed(one)), one.entry.name)
            places |= set(list(taken.values())[: self.body["keep"][rule]])
        oldest = self.app.clock.now() - self.body["retentionDays"] * DAY
        return {s.entry.name for s in ruled if _completed(s) < oldest} - places

    async def require_readable(self, name: str, seen: Seen) -> None:
        refused = None
        try:
            await self.app.returning.readable(seen.entry)
        except Problem as problem:
            refused = problem
        if refused is not None:
            assert refused.code is Code.BACKUP_IN_USE, f"{name}: {refused}"
            purge = await self.app.records.find(SERVICE, str(seen.entry.deleted_by))
            assert purge is not None
            assert not purge[0].operation.status.is_final()


def _completed(seen: Seen) -> datetime:
    return seen.entry.completed_at or seen.entry.started_at


@asynccontextmanager
async def begun(emulator: Emulator, folder: Path, draw: random.Random) -> AsyncIterator[Run]:
    deployed = Deployed.new(emulator, folder)
    async with (
        proxied(deployed.offsite, "BlobEndpoint") as (proxy, offsite),
        BlobServiceClient.from_connection_string(deployed.offsite) as direct,
    ):
        values = {**deployed.settings, "OFFSITE_STORAGE": offsite}
        read = replace(deployed, offsite=offsite, settings=values).read()
        settings = read.model_copy(update={"retry_seconds": (0, 0, 0, 0)})
        clock = Later()
        app = Installation(settings, clock=clock, transport=Storage())
        run = Run(Kept(app, clock, Storage()), proxy, direct, draw)
        try:
            yield await _ready(run)
        finally:
            await app.close()


async def _ready(run: Run) -> Run:
    await run.kept.begin(_FIRST)
    found = await run.app.schedules.get(SERVICE)
    assert found is not None
    run.body = {**found.value.body.to_json(), "keep": {}, "keepAtLeastOne": True}
    await run.another_schedule(Asked())
    return run


@pytest.mark.parametrize("number", range(RUNS))
async def test_retention_as_a_model(emulator: Emulator, tmp_path: Path, number: int) -> None:
    draw = random.Random(f"{SEED} {number}")
    async with begun(emulator, tmp_path, draw) as run:
        try:
            for _ in range(STEPS):
                await run.step()
        except BaseException:
            print(f"RETENTION_SEED={SEED}, run {number}:", *run.done, sep="\n  ")
            raise
