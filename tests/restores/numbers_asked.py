"""Requests for all that changes or issues numbers, beside a model of what was handed out.

The model sees requests and answers alone (tests/support/handed_out.py).
"""

import asyncio
import random
from dataclasses import dataclass
from typing import Any

from shared.installation.installation import Installation
from shared.model.artifact import ImportItem
from shared.model.backup import BackupBody
from shared.model.condition import unconditional
from shared.model.numbers import Kind, SetNextBody
from shared.model.restore import RestoreBody, RestorePlan
from shared.model.sections import Section
from shared.model.service import ServiceSettings
from shared.rules.states import ServiceOperation
from shared.services.services import Asked
from tests.restores.numbers_requests import NAMELESS, OP, Request, allocating, document, resuming
from tests.restores.numbers_world import FAULTS, KILLS, Answer, Elsewhere, Hosts, Living
from tests.support.api import partner_document
from tests.support.handed_out import BackedUp, HandedOut, Key, Number, Within

NAMES = ("Contoso-B2B", "Contoso-DR", "Contoso-Third", "Contoso-Fourth")
AGREEMENTS = ("A", "B", "C")
GUESTS = ("Fabrikam", "Tailspin")
BASIC = ServiceSettings.model_validate({"edition": "Basic"})
WIDE = Within()
_SLOW_SECONDS = 0.05
_MOST_AGAIN = 40
"""Numbers that are issued to see whether a plan counted them right."""

MOVES = {
    "Active": (OP.SUSPEND, OP.STOP, OP.RESTART, OP.DISABLE),
    "Suspended": (OP.RESUME, OP.RESUME, OP.DISABLE),
    "Stopped": (OP.START, OP.RESTART),
    "Disabled": (OP.ENABLE,),
}


@dataclass(frozen=True)
class Backup:
    """A backup that succeeded."""

    name: str
    agreements: dict[str, Key]
    model: dict[Key, BackedUp]


class Asking:
    """Requests to one family of services, and what the model is told of them."""

    def __init__(self, hosts: Hosts, elsewhere: Elsewhere, draw: random.Random) -> None:
        self.hosts, self.elsewhere, self.draw = hosts, elsewhere, draw
        self.model = HandedOut()
        self.lives: dict[str, Living] = {}
        self.backups: list[Backup] = []
        self.done: list[str] = []
        self.named = 0
        self.breaks = False

    def note(self, what: str) -> None:
        self.done.append(what)

    async def begin(self) -> None:
        """A service with three agreements, and a backup of before anything was issued."""
        await self.make(NAMES[0])
        await self.back_up(NAMES[0])
        self.breaks = True

    # Who is there.

    async def see(self) -> None:
        found = await asyncio.gather(*(self.hosts.look(name) for name in NAMES))
        self.lives = {name: one for name, one in zip(NAMES, found, strict=True) if one}

    def living(self, *states: str) -> str | None:
        """The name of a service that lives."""
        names = [n for n, one in self.lives.items() if not states or one.state in states]
        return self.draw.choice(names) if names else None

    def one(self, *states: str) -> tuple[str, str] | None:
        """A service that lives, and an agreement of it."""
        name = self.living(*states)
        agreements = sorted(self.lives[name].agreements) if name else []
        return (name, self.draw.choice(agreements)) if name and agreements else None

    def bounds(self) -> Within:
        if self.draw.random() < 0.4:
            return WIDE
        issued = max((at.issued for at in self.model.streams.values()), default=0)
        lower = self.draw.randint(1, 8)
        upper = self.draw.choice([lower + self.draw.randint(0, 25), max(lower, issued), 5000])
        return Within(lower, upper, self.draw.random() < 0.8)

    # Requests, and what the model is told of them.

    async def ask(self, what: Request, most_calls: int = 25) -> Answer:
        """A request that breaks at times; what was begun is finished."""
        if not self.breaks or self.draw.random() < 0.6:
            answer = await self.hosts.ask(what)
        else:
            way = self.draw.choice([*KILLS, *KILLS, *FAULTS])
            call = self.draw.randint(1, most_calls)
            self.note(f"  {way.name} at {call}")
            answer = await self.hosts.breaking(call, way, what)
        await self.hosts.go_on()
        if not answer.done:
            self.note(f"  {answer.refused.code if answer.refused else 'lost'}")
        return answer

    async def operation(self, start: Request) -> None:
        """Start an operation, and see it through, whoever is killed meanwhile."""
        answer = await self.hosts.ask(start)
        if answer.done:
            record = answer.value.operation
            await self.ask(lambda app: app.engine.run(record.service, record.id), 150)
        else:
            self.note(f"  {answer.refused.code if answer.refused else 'lost'}")
        await self.hosts.go_on()

    def asked(self) -> Asked:
        return Asked("somebody")

    async def make(self, name: str) -> None:
        if name in self.lives:
            return
        self.note(f"make {name}")
        await self.ask(lambda app: app.services.create(name, BASIC, self.asked()))
        await self.see()
        if name not in self.lives or self.lives[name].state != "Active":
            return
        items = [
            ImportItem(section=Section.PARTNERS, name=one, document=partner_document(one))
            for one in ("Northwind", *GUESTS)
        ]
        guests = self.draw.sample(GUESTS, 2)
        items += [
            ImportItem(
                section=Section.AGREEMENTS,
                name=agreement,
                document=document(agreement, guest, WIDE),
            )
            for agreement, guest in zip(AGREEMENTS, [*guests, ""], strict=True)
            if name == NAMES[0] or self.draw.random() < 0.7
        ]
        service = self.lives[name].service
        await self.ask(lambda app: app.imports.write(service, items))

    async def delete(self, name: str) -> None:
        self.note(f"delete {name}")
        await self.operation(lambda app: app.deletions.start(name, self.asked()))

    async def put(self, name: str, agreement: str, guest: str, within: Within) -> None:
        """Put an agreement: new, with other bounds, or with somebody else."""
        reuse = self.draw.random() < 0.3
        living = self.lives[name]
        before = living.agreements.get(agreement)
        put = document(agreement, guest, within)
        stream: Key = ("name", agreement) if agreement == NAMELESS else ("x12", guest.upper())
        self.note(f"put {name} {agreement} {stream} {within} reuse={reuse}")
        answer = await self.ask(
            lambda app: app.artifacts.put(
                living.service,
                Section.AGREEMENTS,
                agreement,
                put,
                unconditional,
                allow_reuse=reuse,
            )
        )
        if answer.refused:
            return
        same = before is not None and before.stream == stream
        self.model.set_bounds(
            living.service.id,
            stream,
            before.within if before and same else within,
            within,
            reuse=reuse,
            answered=answer.done and same,
        )

    async def set_next(self, name: str, agreement: str) -> None:
        living = self.lives[name]
        says = living.agreements[agreement]
        at = self.model.of(living.service.id, says.stream)
        following = max(1, at.issued + self.draw.randint(-8, 12))
        reuse = self.draw.random() < 0.3
        self.note(f"set {name} {agreement} to {following} reuse={reuse}")
        body = SetNextBody(kind=Kind.INTERCHANGE, next=following, allow_reuse=reuse)
        answer = await self.ask(lambda app: app.counters.set_next(living.service, agreement, body))
        if answer.refused is None:
            self.model.set_next(
                living.service.id,
                says.stream,
                following,
                says.within,
                reuse=reuse,
                answered=answer.done,
            )

    async def back_up(self, name: str) -> Backup | None:
        self.named += 1
        backup = f"backup-{self.named}"
        self.note(f"back up {name} as {backup}")
        await self.see()
        living = self.lives[name]
        body = BackupBody(name=backup, storage_account="offsite")
        await self.operation(lambda app: app.backups.start(living.service, body, "x", None))
        found = await self.hosts.app.history.get(name, backup)
        if found is None or found.value.status != "Succeeded":
            return None
        agreements = {one: says.stream for one, says in living.agreements.items()}
        model = {one: self.model.backed_up(living.service.id, one) for one in agreements.values()}
        self.backups.append(Backup(backup, agreements, model))
        return self.backups[-1]

    async def restore(self, name: str, backup: Backup) -> None:
        policy = self.draw.choice(("continue", "continue", "advance", "asBackedUp"))
        numbers = {"policy": policy, **({"by": 20} if policy == "advance" else {})}
        self.note(f"restore {backup.name} as {name} {policy}")
        body = RestoreBody.model_validate(
            {
                "backup": {"storageAccount": "offsite", "container": backup.name},
                "service": {"name": name},
                "controlNumbers": numbers,
            }
        )
        planned = await self.hosts.ask(lambda app: app.restores.plan(body))
        await self.operation(lambda app: app.restores.start(body, "x", None))
        await self.see()
        if name not in self.lives:
            return
        for stream in backup.agreements.values():
            if policy == "asBackedUp":
                life = self.lives[name].service.id
                self.model.restored(life, stream, backup.model.get(stream))
            elif policy == "advance":
                self.model.advanced(stream, 20)
        if self.lives[name].state == "Suspended" and planned.done and self.draw.random() < 0.7:
            await self.goes_on(name, planned.value)

    async def move(self, name: str) -> None:
        operation = self.draw.choice(MOVES.get(self.lives[name].state, (OP.SUSPEND,)))
        await self.moved(name, operation)

    async def moved(self, name: str, operation: ServiceOperation) -> None:
        self.note(f"{operation} {name}")

        async def moved(app: Installation) -> None:
            await app.services.move(await app.services.require(name), operation, self.asked())

        await self.ask(moved, 10)

    # Numbers.

    async def issue(self, name: str, agreement: str, count: int) -> list[tuple[Number, bool]]:
        """Numbers of one request, each with whether it came again as was asked for."""
        living = self.lives[name]
        says = living.agreements[agreement]
        self.note(f"issue {name} {agreement} {count}")
        answer = await self.ask(allocating(name, agreement, count), 6)
        if answer.lost:
            self.model.lose(living.service.id, says.stream, count)
        if not answer.done:
            return []
        assert living.state == "Active", f"{name} is {living.state} and issued {answer.value}"
        numbers = [Number(living.service.id, says.stream, v, says.within) for v in answer.value]
        self.note(f"  {answer.value}")
        again = self.model.hand_out(numbers)
        return [(one, one in again) for one in numbers]

    async def at_once(self, meanwhile: Request | None = None, name: str | None = None) -> Any:
        """Requests for numbers of all that live, on both hosts, beside something else.

        :param name: of the service whose numbers alone are asked for.
        """
        for host in self.hosts.both:
            host.storage.slow = _SLOW_SECONDS
        await self.see()
        before = self.lives
        wanted = [
            (one, self.draw.choice(sorted(living.agreements)), self.draw.randint(1, 3))
            for one, living in before.items()
            for _ in range(self.draw.randint(1, 4))
            if living.agreements and one == (name or one)
        ]
        if self.draw.random() < 0.3:
            victim = self.hosts.one()
            victim.storage.break_at(self.draw.randint(1, 30), self.draw.choice(KILLS))
        beside = [self._later(meanwhile)] if meanwhile else []
        asked = [self._later(allocating(*one)) for one in wanted]
        answers = await asyncio.gather(*beside, *asked)
        await self.hosts.go_on()
        await self.see()
        numbers: list[Number] = []
        for (one, agreement, count), answer in zip(wanted, answers[len(beside) :], strict=True):
            life, says = before[one].service.id, before[one].agreements[agreement]
            if answer.lost:
                self.model.lose(life, says.stream, count)
            if answer.done:
                self.note(f"  {one} {agreement}: {answer.value}")
                now = self.lives[one].agreements.get(agreement, says) if one in self.lives else says
                for value in answer.value:
                    is_later = now.within.lower <= value <= now.within.upper
                    within = now.within if is_later else says.within
                    numbers.append(Number(life, says.stream, value, within))
        lost = {stream: at.lost for stream, at in self.model.streams.items()}
        self.model.hand_out(numbers)
        for stream, count in lost.items():
            self.model.streams[stream].lost = count  # one that was lost may be the last of all
        return answers[0] if beside else None

    async def _later(self, what: Request) -> Answer:
        host = self.hosts.one()
        await asyncio.sleep(self.draw.uniform(0, _SLOW_SECONDS))
        return await self.hosts.ask(what, host)

    async def goes_on(self, name: str, plan: RestorePlan) -> None:
        """What a plan said is what happens, where nobody else issues anything meanwhile."""
        moved = await self.hosts.ask(resuming(name))
        await self.see()
        if not moved.done:
            return
        told = {
            one.agreement: one
            for one in plan.control_numbers.exposures
            if one.kind == Kind.INTERCHANGE
        }
        for agreement in sorted(self.lives[name].agreements):
            life, says = self.lives[name].service.id, self.lives[name].agreements[agreement]
            exposure = told.get(agreement)
            most = (exposure.issued_again or 0) if exposure else 0
            back = self.model.set_back.get((life, says.stream))
            sure = back is None or not (
                back.at.vague or back.until.vague or back.until.lost or back.at.lost
            )
            count = 0
            for _ in range(min(most, _MOST_AGAIN) + 1):
                answer = await self.hosts.ask(allocating(name, agreement, 1))
                if not answer.done:
                    break
                [value] = answer.value
                self.note(f"  goes on {name} {agreement} {value}")
                number = Number(life, says.stream, value, says.within)
                came_again = bool(self.model.hand_out([number]))
                if not count and exposure is not None and (came_again or not most):
                    assert exposure.next == value, (exposure, value)
                if not came_again:
                    break
                count += 1
            if sure:
                assert count <= most, (agreement, count, plan.control_numbers)
