"""What the plan of a push that was accepted named as replaced or deleted.

The push looks at the account anew when it begins. What came into the account since is in no plan
that anybody has seen, and stays. All names are kept, beside the operation's record, as digests of a
few bytes each: what a row holds is enough for some 80,000 of them.
"""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from shared.integration_accounts.pushing.survey import Survey
from shared.model.push import Action
from shared.model.wire import JsonObject
from shared.rules.integration_accounts.push_choice import Key

_NAMED = "named"
_BYTES = 6
"""Of each digest: of 80,000 names, one in three thousand million others is taken for one of
them."""


def touched_by(survey: Survey) -> Iterator[Key]:
    """What is replaced or deleted."""
    for key, action in survey.actions.items():
        if action is Action.REPLACE:
            yield key
    yield from survey.deleted


def named_by(survey: Survey) -> JsonObject:
    """What is kept with the operation of a push that is planned."""
    digests = sorted({_digest(key) for key in touched_by(survey)})
    return {_NAMED: base64.b64encode(b"".join(digests)).decode()}


@dataclass(frozen=True)
class Named:
    """What a plan named; None for one of the version before, which kept nothing of it."""

    digests: frozenset[bytes] | None = field(repr=False)

    @staticmethod
    def of(kept: JsonObject | None) -> "Named":
        """What was kept by ``named_by``."""
        text = kept.get(_NAMED) if kept is not None else None
        if not isinstance(text, str):
            return Named(None)
        data = base64.b64decode(text)
        return Named(frozenset(data[at : at + _BYTES] for at in range(0, len(data), _BYTES)))

    def has(self, key: Key) -> bool:
        """Whether the plan named an artifact."""
        return self.digests is None or _digest(key) in self.digests


def _digest(key: Key) -> bytes:
    return hashlib.sha256("\n".join(key).encode("utf-8", "surrogatepass")).digest()[:_BYTES]
