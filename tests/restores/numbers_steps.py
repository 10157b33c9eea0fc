"""What may happen to a family of services, each step drawn at random."""

from collections.abc import Awaitable, Callable
from copy import copy

from shared.model.condition import unconditional
from shared.model.restore import RestoreBody
from shared.model.sections import Section
from tests.restores.numbers_asked import AGREEMENTS, GUESTS, NAMES, WIDE, Asking
from tests.restores.numbers_requests import (
    NAMELESS,
    OP,
    allocating,
    document,
    resuming,
    suspended_and_backed_up,
)
from tests.support.handed_out import Repeated, Within


class Run(Asking):
    """One family of services, and what was done to it."""

    async def disaster(self, name: str) -> None:
        """Suspended while numbers are drawn, backed up, and gone on with where nobody knows it."""
        self.note(f"suspended meanwhile: {name}")
        life, self.named = self.lives[name].service.id, self.named + 1
        backup = f"backup-{self.named}"
        # Allocations that storage keeps waiting until all of it is done.
        self.draw.choice(self.hosts.both).storage.stalled = self.draw.randint(0, 2)
        answer = await self.at_once(suspended_and_backed_up(name, backup), name)
        found = await self.hosts.app.history.get(name, backup)
        if found is None or found.value.status != "Succeeded" or not answer.done:
            return
        assert self.lives[name].service.id == life
        app, copied = self.elsewhere.app, f"Elsewhere-{self.named}"
        self.note(f"elsewhere: {copied}")
        await self.elsewhere.forget()
        body = RestoreBody.model_validate(
            {
                "backup": {"storageAccount": "offsite", "container": backup},
                "service": {"name": copied},
            }
        )
        record = (await app.restores.start(body, "x", None)).operation
        await app.engine.run(copied, record.id)
        await resuming(copied)(app)
        for agreement, says in self.lives[name].agreements.items():
            answer = await self.hosts.ask(lambda _, one=agreement: allocating(copied, one, 1)(app))
            at = copy(self.model.streams[says.stream])
            if answer.done and not at.accept(
                answer.value[0], says.within, self.model.leaps[says.stream]
            ):
                raise Repeated(f"{copied} {agreement}: {answer.value} with the stream at {at}")

    # What may happen.

    async def any_make(self) -> None:
        family = {NAMES[0], *(self.family())}
        await self.make(self.draw.choice(sorted(family)))

    def family(self) -> set[str]:
        """Names that a restore made kin."""
        return {one.split()[3] for one in self.done if one.startswith("restore ")}

    async def any_delete(self) -> None:
        name = self.living()
        if name and (len(self.lives) > 1 or self.draw.random() < 0.5):
            await self.delete(name)

    async def any_issue(self) -> None:
        found = self.one("Active")
        if found:
            await self.issue(*found, self.draw.randint(1, 6))

    async def any_issue_at_once(self) -> None:
        self.note("issue at once")
        await self.at_once()

    async def any_other_bounds(self) -> None:
        found = self.one()
        if found:
            stream = self.lives[found[0]].agreements[found[1]].stream
            await self.put(*found, stream[1].capitalize(), self.bounds())

    async def any_other_partner(self) -> None:
        """To the other guest and back, wherever no agreement is with it."""
        name = self.living()
        if name:
            agreement = self.draw.choice(AGREEMENTS[:2])
            says = self.lives[name].agreements.get(agreement)
            within = says.within if says else WIDE
            await self.put(name, agreement, self.draw.choice(GUESTS), within)

    async def any_rename(self) -> None:
        found = self.one()
        if found is None or found[1] == NAMELESS:
            return
        name, agreement = found
        says = self.lives[name].agreements[agreement]
        self.note(f"rename {name} {agreement}")
        service = self.lives[name].service
        await self.ask(
            lambda app: app.artifacts.delete(service, Section.AGREEMENTS, agreement, unconditional)
        )
        await self.see()
        if name in self.lives:
            other = self.draw.choice(AGREEMENTS[:2])
            await self.put(name, other, says.stream[1].capitalize(), says.within)

    async def any_set_next(self) -> None:
        found = self.one()
        if found:
            await self.set_next(*found)

    async def any_backup(self) -> None:
        name = self.living("Active", "Suspended", "Stopped")
        if name:
            await self.back_up(name)

    async def any_restore(self) -> None:
        free = [name for name in NAMES if name not in self.lives]
        if not free:
            await self.delete(self.draw.choice(NAMES))
            await self.see()
            free = [name for name in NAMES if name not in self.lives]
        if free and self.backups:
            await self.restore(self.draw.choice(free), self.draw.choice(self.backups[-6:]))

    async def any_move(self) -> None:
        name = self.living("Active", "Suspended", "Stopped", "Disabled")
        if name:
            await self.move(name)

    async def any_resume(self) -> None:
        name = self.living("Suspended")
        if name:
            await self.moved(name, OP.RESUME)

    async def any_disaster(self) -> None:
        name = self.living("Active")
        if name:
            await self.disaster(name)

    async def any_deleted_meanwhile(self) -> None:
        name = self.living("Active")
        if name:
            self.note(f"deleted meanwhile: {name}")
            await self.at_once(lambda app: app.deletions.start(name, self.asked()))

    async def any_bounds_meanwhile(self) -> None:
        found = self.one("Active")
        if found is None:
            return
        name, agreement = found
        says = self.lives[name].agreements[agreement]
        at = self.model.of(self.lives[name].service.id, says.stream)
        within = Within(says.within.lower, max(says.within.lower, at.issued + 1), True)
        self.note(f"bounds meanwhile: {name} {agreement} {within}")
        put = document(agreement, says.stream[1].capitalize(), within)
        service = self.lives[name].service
        await self.at_once(
            lambda app: app.artifacts.put(
                service, Section.AGREEMENTS, agreement, put, unconditional
            )
        )

    async def step(self) -> None:
        actions: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (2, self.any_make),
            (2, self.any_delete),
            (7, self.any_issue),
            (4, self.any_issue_at_once),
            (3, self.any_other_bounds),
            (2, self.any_other_partner),
            (2, self.any_rename),
            (3, self.any_set_next),
            (3, self.any_backup),
            (5, self.any_restore),
            (2, self.any_move),
            (3, self.any_resume),
            (2, self.any_disaster),
            (1, self.any_deleted_meanwhile),
            (2, self.any_bounds_meanwhile),
        ]
        await self.see()
        [(_, action)] = self.draw.choices(actions, [weight for weight, _ in actions])
        await action()
