"""What a push must know of its earlier attempts: little, as each attempt compares again.

It is staged in the service's configuration, where nobody sees it: that the account is being written
to, and which backup it has from before; how what is replaced or deleted looked before that backup;
the control numbers, which are decided once and afterwards moved up alone, with the sessions that
the source alone has; and what was done so far, for the result, with the write that is about to be
sent, and with what was answered to those before, where that is not what was sent.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pydantic import Field

from shared.integration_accounts.pushing.before import Before, before_of, staged
from shared.integration_accounts.pushing.noted import Noted
from shared.integration_accounts.pushing.written import Written
from shared.model.operation import Warning
from shared.model.wire import JsonObject, Stored
from shared.rules.integration_accounts.push_choice import Key
from shared.rules.integration_accounts.push_numbers_written import Decided
from shared.rules.integration_accounts.push_sessions import SessionWrite
from shared.state.staging import StagedValue, Staging

_STATE, _NUMBER, _BEFORE, _SESSION, _WRITTEN = "push", "n!", "b!", "s!", "written"
_NOTED = "o!"


class Done(Stored):
    """How a push ended that was done to its end."""

    result: JsonObject = Field(repr=False)
    warnings: list[Warning]
    whole: bool
    """Whether the account, read again, is as it was to become."""


class Progress(Stored):
    """How far a push is."""

    looked: bool = False
    """Whether it is staged how the account looked, before the backup of it was begun."""
    begun: bool = False
    """Whether anything in Azure may have been written."""
    disables: bool = False
    """Whether workflows may be disabled, before the backup."""
    exists: bool = False
    """Whether the account was there when the push last looked, or is made."""
    safety: JsonObject = Field(default_factory=dict, repr=False)
    """The backup that the account has from before; empty where it held nothing."""
    workflows: JsonObject = Field(default_factory=dict, repr=False)
    """The workflows that were disabled, and those that were left as they are."""
    numbers_decided: bool = False
    done: Done | None = None

    @property
    def is_told(self) -> bool:
        """Whether the result must tell what was done, however the push ends."""
        return self.begun or self.disables


@dataclass
class Progressing:
    """The progress of one push, read and written.

    :param operation: its id.
    """

    staging: Staging
    service_id: str
    operation: str
    now: Progress = field(default_factory=Progress)
    of_source: list[SessionWrite] = field(default_factory=list)
    """Sessions that the source alone has, as they were when the numbers were decided."""
    before: Before = field(default_factory=dict)
    """What is replaced or deleted, as it was before the backup."""
    written: Written = field(default_factory=Written)
    """What all attempts did so far."""
    noted: dict[Key, Noted] = field(default_factory=dict)
    """What is noted of single artifacts."""
    _decided: dict[str, Decided] = field(default_factory=dict)
    _with_written: dict[str, StagedValue] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.written.keep_it = self._keep

    @property
    def decided(self) -> list[Decided]:
        """The control numbers, as they were decided upon last."""
        return list(self._decided.values())

    async def read(self) -> "Progressing":
        """Read what earlier attempts staged."""
        numbers: list[Decided] = []
        before: list[JsonObject] = []
        sessions: list[SessionWrite] = []
        async for page in self.staging.values(self.service_id, self.operation):
            for one in page:
                if one.key == _STATE:
                    self.now = Progress.model_validate(one.value)
                elif one.key.startswith(_NUMBER):
                    numbers.append(Decided.of(one.value))
                elif one.key.startswith(_BEFORE):
                    before.append(one.value)
                elif one.key.startswith(_NOTED):
                    noted = Noted.model_validate(one.value)
                    self.noted[noted.key] = noted
                elif one.key == _WRITTEN:
                    self.written.read(one.value)
                elif one.key.startswith(_SESSION):
                    content = one.value["content"]
                    sessions.append(SessionWrite(str(one.value["name"]), content))
        self._decided = _by_key(numbers) if self.now.numbers_decided else {}
        self.of_source = sessions if self.now.numbers_decided else []
        self.before = before_of(before) if self.now.looked else {}
        return self

    async def write(self, **changes: object) -> None:
        """Write what is different from now on."""
        changed = self.now.model_copy(update=changes)
        await self._put([StagedValue(_STATE, changed.to_json())])
        self.now = changed

    async def _keep(self, written: JsonObject) -> None:
        await self._put([*self._with_written.values(), StagedValue(_WRITTEN, written)])
        self._with_written.clear()

    async def look(self, before: Before) -> None:
        """Write how what is replaced or deleted looks, once: no attempt touches anything else."""
        await self._put([StagedValue(_before_key(one), one) for one in staged(before)])
        self.before = before
        await self.write(looked=True)

    async def note(self, workflows: JsonObject) -> None:
        """Write which workflows are disabled, and which were left."""
        await self.write(workflows=workflows)

    async def decide(
        self, decided: Sequence[Decided], of_source: Sequence[SessionWrite] = ()
    ) -> None:
        """Write the control numbers, once: they are what every attempt writes.

        All of them are there before it is noted that they are: until then none is written to the
        account, and an attempt that comes later may decide anew.
        """
        await self._put([StagedValue(_key(one), one.to_json()) for one in decided])
        await self._put([StagedValue(_session_key(one), one.to_json()) for one in of_source])
        self._decided, self.of_source = _by_key(decided), list(of_source)
        await self.write(numbers_decided=True)

    async def decide_again(self, again: Sequence[Decided]) -> None:
        """Write numbers that are moved up, before any of them is written to the account."""
        await self._put([StagedValue(_key(one), one.to_json()) for one in again])
        self._decided |= _by_key(again)

    def as_it_is(self, one: Decided) -> Decided:
        """A number, with whether it may be in the account."""
        return self._decided.get(_key(one), one)

    def send(self, one: Decided) -> None:
        """Note that a number may be in the account from now on. It is written with what
        ``Written.send`` keeps before it sends the number."""
        if not one.is_sent:
            sent = replace(one, is_sent=True)
            self._decided[_key(one)] = sent
            self._put_with_written(StagedValue(_key(one), sent.to_json()))

    def not_sent(self, one: Decided) -> None:
        """Take back ``send``, as the number was refused. What is written of it stays: an attempt
        that comes later may take it for one that was sent.

        :param one: as it was before.
        """
        self._decided[_key(one)] = one

    def note_artifact(self, noted: Noted) -> None:
        """Note something of an artifact, in the place of what was noted of it before. It is written
        with what ``Written.keep`` keeps next: before another write is sent."""
        self.noted[noted.key] = noted
        self._put_with_written(StagedValue(_noted_key(noted), noted.to_json()))

    def _put_with_written(self, value: StagedValue) -> None:
        self._with_written[value.key] = value
        self.written.has_more = True

    async def _put(self, values: Sequence[StagedValue]) -> None:
        if values:
            await self.staging.put_values(self.service_id, self.operation, values)

    async def clear(self) -> None:
        """Forget what is staged: what earlier pushes left, which have ended."""
        await self.staging.clear(self.service_id)


def _by_key(decided: Sequence[Decided]) -> dict[str, Decided]:
    return {_key(one): one for one in decided}


def _key(one: Decided) -> str:
    return _NUMBER + _digest(f"{one.number.agreement.lower()}\n{one.number.kind}")


def _session_key(one: SessionWrite) -> str:
    return _SESSION + _digest(one.name.lower())


def _before_key(one: JsonObject) -> str:
    return _BEFORE + _digest(f"{one['child']}\n{str(one['name']).lower()}")


def _noted_key(one: Noted) -> str:
    return _NOTED + _digest("\n".join(one.key))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
