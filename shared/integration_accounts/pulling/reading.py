"""What the artifacts of an account came to, as a pull has read them."""

from dataclasses import dataclass, field

from shared.integration_accounts.pulling.held import Key
from shared.model.descriptor import Failure
from shared.model.integration_account import Child
from shared.rules.integration_accounts.drift import Change


@dataclass
class Read:
    """What a reading of an account's artifacts came to."""

    counts: dict[Child, int] = field(default_factory=dict)
    """How many of each kind the account has."""
    staged: dict[Key, tuple[str, Change]] = field(default_factory=dict)
    """What was staged: name, and what happened to it."""
    not_covered: list[Child] = field(default_factory=list)
    """Kinds that the account refused to list: nothing is known of them."""
    readings: int = 0
    moved: list[str] = field(default_factory=list)
    """What moved between the last two readings; empty if the pull is consistent."""
    not_held: dict[str, str] = field(default_factory=dict)
    """Artifacts that no service can hold, each with why: what it had of them stays."""
    without_content: dict[str, bool] = field(default_factory=dict)
    """Artifacts of kinds that have content, of which the account gave none; whether they may have
    none: a certificate may be a key of a vault alone."""
    refused: list[Failure] = field(default_factory=list)
    """Artifacts whose content the account has, and does not give: staged without it."""
    fetched: int = 0
    """Artifacts whose content was fetched."""

    @property
    def is_consistent(self) -> bool:
        """Whether two readings, one after the other, saw the same account."""
        return not self.moved
