"""A machine that does all to services that share numbers that callers may, in any order."""

from dataclasses import replace

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
)

from shared.model.numbers import Bounds
from shared.model.problem import Problem
from shared.model.restore import ControlNumbersBody, NumbersPolicy
from shared.numbers.streams import Known, as_backed_up, known_counters
from shared.rules.coming_again import goes_on
from shared.rules.numbers import first, join, moved, rebound, take_again, upcoming
from shared.rules.restoring.numbers import (
    BackedUpCounters,
    issued_again,
    restored_counters,
)
from shared.state.control_numbers import LedgerRow
from tests.rules.numbers_ledger import KIND, Backup, Ledger, Says, Service, known_of
from tests.support.handed_out import HandedOut, Number

NAMES = ("Contoso", "Contoso-DR", "Contoso-Third")
AGREEMENTS = ("A", "B")
PARTNERS = ("fabrikam", "tailspin")
ANY = st.sampled_from(NAMES)
WIDE = Bounds()
BOUNDS = st.one_of(
    st.just(WIDE),
    st.builds(
        lambda lower, span, rollover: Bounds(
            lower=lower, upper=lower + span - 1, rollover=rollover
        ),
        st.integers(1, 12),
        st.integers(1, 20),
        st.booleans(),
    ),
)
MOST_AGAIN = 200
"""Numbers that are issued to see whether a plan counted them right."""
CRASHES = st.sampled_from((False, False, False, True))
"""Whether a change stops between what the agreement says and what its counters are made of."""


class Numbers(RuleBasedStateMachine):
    """Services of one family, and what is done to them."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger()
        self.model = HandedOut()
        self.lives: dict[str, Service] = {}
        self.backups: list[Backup] = []
        self.births = 0
        self.traded = False
        """Whether an agreement was with two: it takes its numbers along, and plans count them."""

    def born(self) -> Service:
        self.births += 1
        return Service(f"life-{self.births}")

    @initialize(bounds=BOUNDS)
    def begin(self, bounds: Bounds) -> None:
        """Two agreements, and a backup of before anything was issued."""
        self.make(NAMES[0])
        for agreement, partner in zip(AGREEMENTS, PARTNERS, strict=True):
            self.change(NAMES[0], agreement, partner, bounds, reuse=False, crashes=False)
        self.back_up(NAMES[0])

    # What callers do.

    @rule(name=ANY)
    def make(self, name: str) -> None:
        if name not in self.lives:
            self.lives[name] = self.born()

    @precondition(lambda self: self.lives)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.lives)))
        del self.lives[name]
        for key in [key for key in self.ledger.rows if key[0] == name]:
            self.ledger.rows[key] = self.ledger.rows[key].owned_by("")

    def one(self, data: st.DataObject) -> tuple[str, str] | None:
        """A service that lives, and an agreement of it."""
        found = [(name, one) for name in sorted(self.lives) for one in self.lives[name].agreements]
        return data.draw(st.sampled_from(found)) if found else None

    @precondition(lambda self: self.lives)
    @rule(
        data=st.data(),
        agreement=st.sampled_from(AGREEMENTS),
        partner=st.sampled_from(PARTNERS),
        bounds=BOUNDS,
        reuse=st.booleans(),
        crashes=CRASHES,
    )
    def put(
        self,
        data: st.DataObject,
        agreement: str,
        partner: str,
        bounds: Bounds,
        reuse: bool,
        crashes: bool,
    ) -> None:
        """Make an agreement, change its bounds, or whom it is with."""
        name = data.draw(st.sampled_from(sorted(self.lives)))
        self.change(name, agreement, partner, bounds, reuse=reuse, crashes=crashes)

    @rule(data=st.data(), bounds=BOUNDS, reuse=st.booleans(), crashes=CRASHES)
    def rebind(self, data: st.DataObject, bounds: Bounds, reuse: bool, crashes: bool) -> None:
        """Change the bounds alone."""
        found = self.one(data)
        if found is not None:
            partner = self.lives[found[0]].agreements[found[1]].stream
            self.change(*found, partner, bounds, reuse=reuse, crashes=crashes)

    def change(
        self,
        name: str,
        agreement: str,
        partner: str,
        bounds: Bounds,
        *,
        reuse: bool,
        crashes: bool,
    ) -> None:
        service = self.lives[name]
        others = (one for key, one in service.agreements.items() if key != agreement)
        if any(one.stream == partner for one in others):
            return
        before, after = service.agreements.get(agreement), Says(partner, bounds)
        rows = dict(self.ledger.rows)
        trial = Ledger()
        trial.rows = rows
        try:
            self._settle(trial, name, Service(service.id, {agreement: after}), before, reuse)
        except Problem:
            return
        service.agreements[agreement] = after
        if not crashes:
            self.ledger.rows = trial.rows
        same = before is not None and before.stream == partner
        self.traded |= (agreement, partner) not in zip(AGREEMENTS, PARTNERS, strict=True)
        self.model.set_bounds(
            service.id,
            (partner,),
            before.within if before and same else after.within,
            after.within,
            reuse=reuse,
            answered=not crashes and same,
        )

    def _settle(
        self, ledger: Ledger, name: str, service: Service, before: Says | None, reuse: bool
    ) -> None:
        [(agreement, after)] = service.agreements.items()
        row = ledger.claim(name, service, agreement)
        known = {KIND: before.bounds} if before else {}
        counters = rebound(row.counters, known, {KIND: after.bounds}, allow_reuse=reuse)
        ledger.rows[name, agreement] = replace(row, counters=counters)

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        found = self.one(data)
        if found is not None:
            del self.lives[found[0]].agreements[found[1]]
            self.ledger.release(*found)

    @rule(data=st.data(), count=st.integers(1, 6))
    def issue(self, data: st.DataObject, count: int) -> None:
        found = self.one(data)
        if found is not None:
            self.issued(*found, count)

    @rule(data=st.data(), following=st.integers(1, 40), reuse=st.booleans())
    def set_next(self, data: st.DataObject, following: int, reuse: bool) -> None:
        found = self.one(data)
        if found is None:
            return
        name, agreement = found
        service = self.lives[name]
        says = service.agreements[agreement]
        row = self.ledger.claim(name, service, agreement)
        counter = row.counters.get(KIND) or first(says.bounds)
        try:
            counter = moved(counter, says.bounds, following, allow_reuse=reuse)
        except Problem:
            return
        self.model.set_next(
            service.id, (says.stream,), following, says.within, reuse=reuse, answered=True
        )
        self.ledger.rows[name, agreement] = replace(row, counters={KIND: counter})

    @precondition(lambda self: self.lives)
    @rule(data=st.data())
    def backs_up(self, data: st.DataObject) -> None:
        self.back_up(data.draw(st.sampled_from(sorted(self.lives))))

    def back_up(self, name: str) -> None:
        service = self.lives[name]
        rows = self.ledger.rows
        known = known_of(rows)
        counters = {
            agreement: as_backed_up(says.numbers(agreement), rows.get((name, agreement)), known)
            for agreement, says in service.agreements.items()
        }
        model = {
            one.stream: self.model.backed_up(service.id, (one.stream,))
            for one in service.agreements.values()
        }
        self.backups.append(Backup(dict(service.agreements), counters, model))

    @precondition(lambda self: self.backups)
    @rule(
        name=ANY,
        data=st.data(),
        policy=st.sampled_from(NumbersPolicy),
        by=st.integers(1, 30),
        goes_on=st.booleans(),
    )
    def restore(
        self, name: str, data: st.DataObject, policy: NumbersPolicy, by: int, goes_on: bool
    ) -> None:
        if name in self.lives:
            return
        backup = data.draw(st.sampled_from(self.backups))
        wanted = ControlNumbersBody(
            policy=policy, by=by if policy is NumbersPolicy.ADVANCE else None
        )
        planned: dict[str, tuple[int | None, int | None]] = {}
        service, known = self.born(), known_of(self.ledger.rows)
        rows: dict[str, LedgerRow] = {}
        for agreement, says in backup.agreements.items():
            try:
                rows[agreement], planned[agreement] = self._restored(
                    name, agreement, says, backup, wanted, known, service.id
                )
            except Problem:
                return
        for agreement, row in rows.items():
            self.ledger.leave_behind(name, self.ledger.rows.get((name, agreement)), row.stream)
            self.ledger.rows[name, agreement] = row
        service.agreements = dict(backup.agreements)
        self.lives[name] = service
        for says in backup.agreements.values():
            if policy is NumbersPolicy.AS_BACKED_UP:
                self.model.restored(service.id, (says.stream,), backup.model[says.stream])
            elif policy is NumbersPolicy.ADVANCE:
                self.model.advanced((says.stream,), by)
        if goes_on:
            for agreement, figures in planned.items():
                self.goes_on(name, agreement, *figures)

    def _restored(
        self,
        name: str,
        agreement: str,
        says: Says,
        backup: Backup,
        wanted: ControlNumbersBody,
        known: Known,
        life: str,
    ) -> tuple[LedgerRow, tuple[int | None, int | None]]:
        """As RestoredLedger writes a row, and what a plan says of it: next, issued again."""
        numbers = says.numbers(agreement)
        backed_up = backup.counters.get(agreement) or BackedUpCounters({}, {})
        mine = known.own(name, agreement)
        rows, own = known.of(agreement, says.stream), None
        if mine is not None and mine.is_of(agreement, says.stream):
            own = mine
        ledgers = known_counters(rows, name, numbers, own)
        counters, passed = restored_counters(wanted, backed_up, ledgers, numbers.numbering)
        row = LedgerRow(agreement, "", counters, "", passed=passed, stream=says.stream, life=life)
        counter = counters.get(KIND) or first(says.bounds)
        following = upcoming(goes_on(counter, says.bounds, passed.get(KIND)), says.bounds)
        latest = join(*(one.get(KIND) for one in ledgers))
        again = issued_again(counter, [latest, backed_up.passed.get(KIND)], says.bounds)
        return row, (following.next if following else None, again)

    # What must hold.

    def issued(self, name: str, agreement: str, count: int) -> list[tuple[Number, bool]]:
        """Numbers that a service issues, each with whether it came again."""
        service = self.lives[name]
        says = service.agreements[agreement]
        row = self.ledger.claim(name, service, agreement)
        counter = row.counters.get(KIND) or first(says.bounds)
        again = row.passed.get(KIND), row.beyond.get(KIND)
        try:
            found = take_again(counter, says.bounds, count, *again)
        except Problem:
            return []
        counters = {**row.counters, KIND: found.counter}
        self.ledger.rows[name, agreement] = replace(row, counters=counters)
        numbers = [
            Number(service.id, (says.stream,), value, says.within)
            for values in found.values
            for value in values
        ]
        note(f"{name} {agreement}: {[one.value for one in numbers]}")
        # One by one, as they were taken: over a rollover, one of them may begin the next cycle.
        came_again = [again for one in numbers for again in self.model.hand_out([one])]
        return [(one, one in came_again) for one in numbers]

    def goes_on(self, name: str, agreement: str, following: int | None, again: int | None) -> None:
        """What a plan said is what happens when nobody else issues anything."""
        service = self.lives[name]
        says = service.agreements[agreement]
        back = self.model.set_back.get((service.id, (says.stream,)))
        vague = back is not None and (back.at.vague or back.until.vague or back.until.lost > 0)
        in_one_cycle = not self.traded and (
            back is None or (back.at.cycle == back.until.cycle and not vague)
        )
        if (again or 0) > MOST_AGAIN:
            return
        count = 0
        for index in range((again or 0) + 1):
            found = self.issued(name, agreement, 1)
            if index == 0 and again == 0:
                assert [one.value for one, _ in found] == ([following] if following else [])
            if not found or not found[0][1]:
                break
            assert index or found[0][0].value == following
            count += 1
        assert vague or count <= (again or 0)
        assert not in_one_cycle or count == (again or 0), (count, again)
