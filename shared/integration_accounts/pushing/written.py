"""What a push did, over all of its attempts: counted, and kept before the next write is sent.

With it is kept what is about to be sent. So where a worker dies, or an answer is lost, what is
there tells whether that write was carried out, and it is counted then.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from pydantic import Field

from shared.arm.refusals import ArmRefused, Meaning
from shared.integration_accounts.pushing.patient import Unsure, sent
from shared.model.operation import Warning
from shared.model.push import PlannedNumber
from shared.model.wire import JsonObject, Stored
from shared.rules.integration_accounts.push_numbers_again import named, written_again
from shared.rules.integration_accounts.push_warnings import MOST_OF_A_CODE
from shared.rules.naming import artifact_key, shown

Answer = TypeVar("Answer")

_MOST_LOST = 100
"""Control numbers that the account lost, and that are named."""


class Counted(StrEnum):
    """As what a write is counted."""

    CREATED = "created"
    REPLACED = "replaced"
    DELETED = "deleted"
    NUMBER = "number"
    SESSION = "session"


class Sending(Stored):
    """A write that is about to be sent, or of which nothing was heard."""

    counted: Counted
    section: str
    name: str
    """Of the artifact, the session, or the agreement that a number is of."""
    kind: str = ""
    """Of a number."""
    wanted: str = Field(default="", repr=False)
    """What a number, or a session, becomes, so that it is known again."""
    is_counted: bool = False
    """Whether the same was counted before."""

    def is_of(self, section: str, name: str, kind: str = "") -> bool:
        """Whether it is the write of one thing."""
        same = (self.section, self.kind) == (section, kind)
        return same and artifact_key(self.name) == artifact_key(name)


class Kept(Stored):
    """What is staged of it."""

    created: dict[str, int] = Field(default_factory=dict)
    replaced: dict[str, int] = Field(default_factory=dict)
    deleted: dict[str, int] = Field(default_factory=dict)
    numbers: int = 0
    sessions: int = 0
    sending: Sending | None = None
    warnings: list[Warning] = Field(default_factory=list)
    lost: list[str] = Field(default_factory=list)
    untold: dict[str, int] = Field(default_factory=dict)
    answers_noted: bool = False
    """See ``Written``."""


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
    sending: Sending | None = None
    """The write of which it is not known yet whether it was carried out. There is one at most, as
    they are sent one after another."""
    lost: list[str] = field(default_factory=list)
    """Control numbers that the account lost, and that are written again."""
    untold: dict[str, int] = field(default_factory=dict)
    """How many more there are at least, by code: the most that one attempt met."""
    answers_noted: bool = True
    """Whether every answer that is not what was sent was noted (``noted.Noted``): not in a push
    that the version before has begun."""
    keep_it: Callable[[JsonObject], Awaitable[None]] | None = field(default=None, repr=False)
    has_more: bool = False
    """Whether ``keep_it`` has more to keep than what is counted here."""
    _warnings: list[Warning] = field(default_factory=list)
    _kept: Kept = field(default_factory=Kept, repr=False)
    _met: set[tuple[str, str | None]] = field(default_factory=set, repr=False)
    """Those that this attempt does not tell."""

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
        self.sending = kept.sending
        self._warnings, self.lost = list(kept.warnings), list(kept.lost)
        self.untold = dict(kept.untold)
        self.answers_noted = kept.answers_noted
        self._kept = kept

    async def keep(self) -> None:
        """Keep it, where there is anything new."""
        now = Kept(
            created=dict(self.created),
            replaced=dict(self.replaced),
            deleted=dict(self.deleted),
            numbers=self.numbers,
            sessions=self.sessions,
            sending=self.sending,
            warnings=list(self._warnings),
            lost=list(self.lost),
            untold=dict(self.untold),
            answers_noted=self.answers_noted,
        )
        if self.keep_it is not None and (self.has_more or now != self._kept):
            await self.keep_it(now.to_json())
            self._kept, self.has_more = now, False

    async def send(self, sending: Sending, write: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer to a write, which is sent once. ``end`` counts it.

        :raises Unsure: where what is there must tell whether it was carried out.
        :raises ArmRefused: what ARM refused: it was not.
        """
        self.sending = sending
        await self.keep()
        try:
            return await sent(write())
        except ArmRefused:
            self.sending = None
            raise
        except Unsure as unsure:
            if unsure.refused.meaning is Meaning.CHANGED:  # it was not carried out either
                self.sending = None
            raise

    def end(self, *, done: bool = True) -> None:
        """It is known what became of the write that was sent last.

        :param done: whether it was carried out: then it is counted.
        """
        one, self.sending = self.sending, None
        if one is None or not done or one.is_counted:
            return
        match one.counted:
            case Counted.CREATED:
                self.created[one.section] += 1
            case Counted.REPLACED:
                self.replaced[one.section] += 1
            case Counted.DELETED:
                self.deleted[one.section] += 1
            case Counted.NUMBER:
                self.numbers += 1
            case Counted.SESSION:
                self.sessions += 1

    def settle(self, section: str, name: str, kind: str = "", *, done: bool) -> None:
        """As ``end``, where the write that was sent last is that of one thing."""
        if self.sending is not None and self.sending.is_of(section, name, kind):
            self.end(done=done)

    def unheard(self) -> list[Warning]:
        """What there is to say of a write of which nothing was heard, where no attempt follows."""
        one = self.sending
        if one is None or one.is_counted:
            return []
        place = "/".join(shown(part) for part in (one.section, one.name, one.kind) if part)
        return [
            Warning(
                code="LastWriteUnknown",
                message="It is not known whether the last write of this push was carried out, and "
                "it is not counted. Look at what the account has; a push that is sent again "
                "compares it.",
                target=place,
            )
        ]

    def warn(self, warning: Warning) -> None:
        """Tell what surprised, once. Of each code the first ones are kept, so that none takes the
        room of another; of the others, how many they are."""
        mine = (warning.code, warning.target)
        if any((one.code, one.target) == mine for one in self._warnings):
            return
        if sum(one.code == warning.code for one in self._warnings) < MOST_OF_A_CODE:
            self._warnings.append(warning)
            return
        self._met.add(mine)
        met = sum(code == warning.code for code, _ in self._met)
        self.untold[warning.code] = max(met, self.untold.get(warning.code, 0))

    def lose(self, number: PlannedNumber) -> None:
        """Tell, once, of a number that the account lost, and that is written again."""
        name = named(number)
        if name not in self.lost and len(self.lost) < _MOST_LOST:
            self.lost.append(name)
