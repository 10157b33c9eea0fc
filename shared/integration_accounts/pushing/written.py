"""What a push did, over all of its attempts: counted, and kept after every write."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pydantic import Field

from shared.model.operation import Warning
from shared.model.wire import JsonObject, Stored
from shared.rules.integration_accounts.push_warnings import MOST_OF_A_CODE


class Kept(Stored):
    """What is staged of it."""

    created: dict[str, int] = Field(default_factory=dict)
    replaced: dict[str, int] = Field(default_factory=dict)
    deleted: dict[str, int] = Field(default_factory=dict)
    numbers: int = 0
    sessions: int = 0
    warnings: list[Warning] = Field(default_factory=list)
    untold: dict[str, int] = Field(default_factory=dict)


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
    warnings: list[Warning] = field(default_factory=list)
    """The first of each code."""
    untold: dict[str, int] = field(default_factory=dict)
    """How many more there are at least, by code: the most that one attempt met."""
    keep_it: Callable[[JsonObject], Awaitable[None]] | None = field(default=None, repr=False)
    _kept: Kept = field(default_factory=Kept, repr=False)
    _met: set[tuple[str, str | None]] = field(default_factory=set, repr=False)
    """Those that this attempt does not tell."""

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
        self.warnings, self.untold = list(kept.warnings), dict(kept.untold)
        self._kept = kept

    async def keep(self) -> None:
        """Keep it, where there is anything new."""
        now = Kept(
            created=dict(self.created),
            replaced=dict(self.replaced),
            deleted=dict(self.deleted),
            numbers=self.numbers,
            sessions=self.sessions,
            warnings=list(self.warnings),
            untold=dict(self.untold),
        )
        if self.keep_it is not None and now != self._kept:
            await self.keep_it(now.to_json())
            self._kept = now

    def warn(self, warning: Warning) -> None:
        """Tell what surprised, once. Of each code the first ones are kept, so that none takes the
        room of another; of the others, how many they are."""
        mine = (warning.code, warning.target)
        if any((one.code, one.target) == mine for one in self.warnings):
            return
        if sum(one.code == warning.code for one in self.warnings) < MOST_OF_A_CODE:
            self.warnings.append(warning)
            return
        self._met.add(mine)
        met = sum(code == warning.code for code, _ in self._met)
        self.untold[warning.code] = max(met, self.untold.get(warning.code, 0))
