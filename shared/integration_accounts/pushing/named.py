"""What the plan of a push that was accepted named as replaced or deleted.

The push looks at the account, and at the service, anew when it begins. What came into the account
since is in no plan that anybody has seen, and stays; so does what the plan named as replaced, where
the service has it no more. All names are kept, beside the operation's record, with what is done, as
digests of a few bytes each: what a row holds is enough for some 80,000 of them.
"""

import base64
import hashlib
from dataclasses import dataclass, field

from shared.integration_accounts.pushing.survey import Survey
from shared.model.push import Action
from shared.model.wire import JsonObject
from shared.rules.integration_accounts.push_choice import Key

_NAMED, _WITH_ACTIONS = "named", "actions"
_BYTES = 6
"""Of each digest: of 80,000 names, one in three thousand million others is taken for one of
them."""


def touched_by(survey: Survey) -> dict[Key, Action]:
    """What is replaced or deleted."""
    found = {key: act for key, act in survey.actions.items() if act is Action.REPLACE}
    return found | dict.fromkeys(survey.deleted, Action.DELETE)


def named_by(survey: Survey) -> JsonObject:
    """What is kept with the operation of a push that is planned."""
    digests = sorted({_digest(key, action) for key, action in touched_by(survey).items()})
    return {_NAMED: base64.b64encode(b"".join(digests)).decode(), _WITH_ACTIONS: True}


@dataclass(frozen=True)
class Named:
    """What a plan named; None for one of the version before, which kept nothing of it.

    :param with_actions: whether it is kept what is done with each: not of a plan of the version
        before.
    """

    digests: frozenset[bytes] | None = field(repr=False)
    with_actions: bool = True

    @staticmethod
    def of(kept: JsonObject | None) -> "Named":
        """What was kept by ``named_by``."""
        text = kept.get(_NAMED) if kept is not None else None
        if kept is None or not isinstance(text, str):
            return Named(None)
        data = base64.b64decode(text)
        digests = frozenset(data[at : at + _BYTES] for at in range(0, len(data), _BYTES))
        return Named(digests, with_actions=kept.get(_WITH_ACTIONS) is True)

    def has(self, key: Key, action: Action) -> bool:
        """Whether the plan said that an artifact is replaced, or that it is deleted."""
        if self.digests is None:
            return True
        return _digest(key, action if self.with_actions else None) in self.digests


def _digest(key: Key, action: Action | None) -> bytes:
    parts = [*key] if action is None else [str(action), *key]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).digest()[:_BYTES]
