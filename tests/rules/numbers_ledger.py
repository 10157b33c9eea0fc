"""Rows of a ledger in memory, whose every step is one that storage does at once."""

from dataclasses import dataclass, field

from shared.model.numbers import AgreementNumbers, Bounds, Counters, Kind
from shared.numbers.claims import is_claimed, taken
from shared.numbers.streams import Known
from shared.rules.numbers import joined_all
from shared.rules.restoring.numbers import BackedUpCounters
from shared.state.control_numbers import Issued, LedgerRow
from tests.support.handed_out import BackedUp, Within

KIND = Kind.INTERCHANGE


@dataclass(frozen=True)
class Row(Issued):
    """A row that is held as it is."""

    held: LedgerRow = field(kw_only=True)

    @property
    def row(self) -> LedgerRow:
        return self.held


def known_of(rows: dict[tuple[str, str], LedgerRow]) -> Known:
    known = Known()
    for (name, _), row in rows.items():
        known.add(Row(name, row.agreement, row.stream, row.former, None, held=row))  # type: ignore[arg-type]
    return known


@dataclass(frozen=True)
class Says:
    """What the document of an agreement says."""

    stream: str
    bounds: Bounds

    def numbers(self, name: str) -> AgreementNumbers:
        return AgreementNumbers(name, {KIND: self.bounds}, self.stream)

    @property
    def within(self) -> Within:
        return Within(self.bounds.lower, self.bounds.upper, self.bounds.rollover)


@dataclass
class Service:
    """A service that lives."""

    id: str
    agreements: dict[str, Says] = field(default_factory=dict)


@dataclass(frozen=True)
class Backup:
    """A backup, and what the model says of it."""

    agreements: dict[str, Says]
    counters: dict[str, BackedUpCounters]
    model: dict[str, BackedUp]


class Ledger:
    """The rows of all names, which are kin; each step is one that storage does at once."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], LedgerRow] = {}

    def claim(self, name: str, service: Service, agreement: str) -> LedgerRow:
        """As Claims does it: the others first, and what is left behind."""
        numbers = service.agreements[agreement].numbers(agreement)
        mine = self.rows.get((name, agreement))
        if mine is not None and is_claimed(mine, service.id, numbers.stream):
            return mine.within(numbers.numbering)
        known: list[Counters] = []
        for key, row in self.rows.items():
            is_other = key != (name, agreement)
            is_of = row.is_of(agreement, numbers.stream) and (key[0] != name or row.stream)
            if is_other and is_of:
                known += row.known
                self.rows[key] = row.owned_by("")
        self.leave_behind(name, mine, numbers.stream)
        row = taken(mine, service.id, numbers, known, "")
        self.rows[name, agreement] = row
        return row

    def leave_behind(self, name: str, row: LedgerRow | None, stream: str) -> None:
        """See claims.left_behind."""
        if row is None or not row.stream or row.stream == stream:
            return
        former = self.rows.get((name, f"~{row.stream}"))
        counters = joined_all([*row.known, *(former.known if former else [])])
        self.rows[name, f"~{row.stream}"] = LedgerRow(
            row.agreement, "", counters, "", stream=row.stream, former=True
        )

    def release(self, name: str, agreement: str) -> None:
        row = self.rows.get((name, agreement))
        if row is not None:
            self.rows[name, agreement] = row.owned_by("")
