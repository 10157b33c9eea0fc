"""What a push did, over all of its attempts: counted, and kept after every write."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pydantic import Field

from shared.model.operation import Warning
from shared.model.push import PlannedNumber
from shared.model.wire import JsonObject, Stored
from shared.rules.integration_accounts.push_numbers_again import named, written_again

_MOST_WARNINGS = 100


class Kept(Stored):
    """What is staged of it."""

    created: dict[str, int] = Field(default_factory=dict)
    replaced: dict[str, int] = Field(default_factory=dict)
    deleted: dict[str, int] = Field(default_factory=dict)
    numbers: int = 0
    sessions: int = 0
    warnings: list[Warning] = Field(default_factory=list)
    lost: list[str] = Field(default_factory=list)


@dataclass
class Written:
    """What the attempts of one push did.

    :param keep_it: keeps it for later attempts; None where nobody asks.
    """

    created: Counter[str] = field(default_factory=Counter)
    replaced: Counter[str] = field(default_factory=Counter)
    deleted: Counter[str] = field(default_factory=Counter)
    """By section."""
    numbers: int = 0
    sessions: int = 0
    """Received numbers and other sessions that were created."""
    lost: list[str] = field(default_factory=list)
    """Control numbers that the account lost, and that are written again."""
    keep_it: Callable[[JsonObject], Awaitable[None]] | None = field(default=None, repr=False)
    _warnings: list[Warning] = field(default_factory=list)
    _kept: Kept = field(default_factory=Kept, repr=False)

    @property
    def warnings(self) -> list[Warning]:
        """What surprised, each once."""
        return [*self._warnings, *([written_again(self.lost)] if self.lost else [])]

    def to_json(self) -> JsonObject:
        """As the result has it."""
        return {
            "created": dict(self.created),
            "replaced": dict(self.replaced),
            "deleted": dict(self.deleted),
            "numbersWritten": self.numbers,
            "sessionsCreated": self.sessions,
        }

    def read(self, staged: JsonObject) -> None:
        """Go on from what earlier attempts kept."""
        kept = Kept.model_validate(staged)
        self.created, self.replaced = Counter(kept.created), Counter(kept.replaced)
        self.deleted = Counter(kept.deleted)
        self.numbers, self.sessions = kept.numbers, kept.sessions
        self._warnings, self.lost = list(kept.warnings), list(kept.lost)
        self._kept = kept

    async def keep(self) -> None:
        """Keep it, where there is anything new."""
        now = Kept(
            created=dict(self.created),
            replaced=dict(self.replaced),
            deleted=dict(self.deleted),
            numbers=self.numbers,
            sessions=self.sessions,
            warnings=list(self._warnings),
            lost=list(self.lost),
        )
        if self.keep_it is not None and now != self._kept:
            await self.keep_it(now.to_json())
            self._kept = now

    def warn(self, warning: Warning) -> None:
        """Tell what surprised, once."""
        mine = (warning.code, warning.target)
        told = any((one.code, one.target) == mine for one in self._warnings)
        if not told and len(self._warnings) < _MOST_WARNINGS:
            self._warnings.append(warning)

    def lose(self, number: PlannedNumber) -> None:
        """Tell, once, of a number that the account lost, and that is written again."""
        name = named(number)
        if name not in self.lost and len(self.lost) < _MOST_WARNINGS:
            self.lost.append(name)
