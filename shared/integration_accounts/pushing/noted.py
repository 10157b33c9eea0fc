"""What a push keeps of single artifacts for its later attempts, and for its end: what Azure
answered to a write, where that is not what was sent, and what was left as somebody made it.
"""

from shared.integration_accounts.pushing.before import StagedSeen
from shared.model.integration_account import Child
from shared.model.wire import Stored
from shared.rules.integration_accounts.children import CHILDREN
from shared.rules.integration_accounts.push_choice import Key, key_of
from shared.rules.integration_accounts.push_plan import Seen


class Noted(Stored):
    """Of one artifact."""

    child: Child
    name: str
    answered: StagedSeen | None = None
    """As Azure answered it; None for one that was left."""
    is_changed: bool = False
    """Whether what was written has another value in it: more than Azure adds."""

    @property
    def key(self) -> Key:
        """By section and name."""
        return key_of(CHILDREN[self.child].section, self.name)

    @property
    def is_left(self) -> bool:
        """Whether it was left as somebody made it."""
        return self.answered is None

    @staticmethod
    def of(answered: Seen, *, is_changed: bool) -> "Noted":
        """What Azure answered to a write."""
        return Noted(
            child=answered.child,
            name=answered.name,
            answered=StagedSeen.of(answered),
            is_changed=is_changed,
        )

    @staticmethod
    def left(child: Child, name: str) -> "Noted":
        """What was left."""
        return Noted(child=child, name=name)
