"""What a push must know of its earlier attempts: little, as each attempt compares again.

It is staged in the service's configuration, where nobody sees it: that the account is being written
to, and which backup it has from before; and the control numbers, which are decided once.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import Field

from shared.integration_accounts.pushing.numbers import Decided
from shared.model.operation import Warning
from shared.model.wire import JsonObject, Stored
from shared.state.staging import StagedValue, Staging

_STATE, _NUMBER = "push", "n!"


class Done(Stored):
    """How a push ended that was done to its end."""

    result: JsonObject = Field(repr=False)
    warnings: list[Warning]
    whole: bool
    """Whether the account, read again, is as it was to become."""


class Progress(Stored):
    """How far a push is."""

    begun: bool = False
    """Whether anything in Azure may have been written."""
    safety: JsonObject = Field(default_factory=dict, repr=False)
    """The backup that the account has from before; empty where it held nothing."""
    workflows: JsonObject = Field(default_factory=dict, repr=False)
    """The workflows that were disabled, and those that were left as they are."""
    numbers_decided: bool = False
    done: Done | None = None


@dataclass
class Progressing:
    """The progress of one push, read and written.

    :param operation: its id.
    """

    staging: Staging
    service_id: str
    operation: str
    now: Progress = field(default_factory=Progress)
    decided: list[Decided] = field(default_factory=list)

    async def read(self) -> "Progressing":
        """Read what earlier attempts staged."""
        numbers: list[Decided] = []
        async for page in self.staging.values(self.service_id, self.operation):
            for one in page:
                if one.key == _STATE:
                    self.now = Progress.model_validate(one.value)
                elif one.key.startswith(_NUMBER):
                    numbers.append(Decided.of(one.value))
        self.decided = numbers if self.now.numbers_decided else []
        return self

    async def write(self, **changes: object) -> None:
        """Write what is different from now on."""
        changed = self.now.model_copy(update=changes)
        await self._put([StagedValue(_STATE, changed.to_json())])
        self.now = changed

    async def decide(self, decided: Sequence[Decided]) -> None:
        """Write the control numbers, once: they are what every attempt writes.

        All of them are there before it is noted that they are: until then none is written to the
        account, and an attempt that comes later may decide anew.
        """
        await self._put([StagedValue(_key(one), one.to_json()) for one in decided])
        self.decided = list(decided)
        await self.write(numbers_decided=True)

    async def _put(self, values: Sequence[StagedValue]) -> None:
        if values:
            await self.staging.put_values(self.service_id, self.operation, values)

    async def clear(self) -> None:
        """Forget what is staged: what earlier pushes left, which have ended."""
        await self.staging.clear(self.service_id)


def _key(one: Decided) -> str:
    text = f"{one.number.agreement.lower()}\n{one.number.kind}"
    return f"{_NUMBER}{hashlib.sha256(text.encode()).hexdigest()[:32]}"
