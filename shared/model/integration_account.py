"""Integration accounts of Azure Logic Apps, as Azure Resource Manager (ARM) names them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field

from shared.model.wire import Stored, Time


class Child(StrEnum):
    """The kinds of resources of an account, in the spelling of their addresses."""

    PARTNERS = "partners"
    AGREEMENTS = "agreements"
    BATCH_CONFIGURATIONS = "batchConfigurations"
    SCHEMAS = "schemas"
    MAPS = "maps"
    ASSEMBLIES = "assemblies"
    CERTIFICATES = "certificates"
    ROSETTANET_PROCESSES = "rosettanetprocessconfigurations"
    """Known to api-version 2016-06-01 alone."""
    SESSIONS = "sessions"
    """Run-time state: control numbers that were generated or received, and others."""


class Sku(StrEnum):
    """The pricing tiers of an account; its limits depend on them."""

    NOT_SPECIFIED = "NotSpecified"
    FREE = "Free"
    BASIC = "Basic"
    STANDARD = "Standard"
    PREMIUM = "Premium"


@dataclass(frozen=True, slots=True)
class AccountId:
    """The ARM id of an account: where it is, and its name. ARM compares it without regard to
    case."""

    subscription: str
    group: str
    name: str

    def __str__(self) -> str:
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
            f"/providers/Microsoft.Logic/integrationAccounts/{self.name}"
        )

    @property
    def key(self) -> str:
        """The same for every spelling of the id."""
        return str(self).lower()


def tier_of(name: object) -> Sku:
    """The tier of a name that ARM gave, in any case; one that nobody knows here is not
    specified."""
    known = {sku.lower(): sku for sku in Sku}
    return known.get(str(name).lower(), Sku.NOT_SPECIFIED)


class FormerAccount(Stored):
    """An account that control numbers of a service came from before the one that it has now.

    What it issued since it was seen last is in no pull of another one, so pushes go by it until
    that is settled (docs/integration-accounts.md).
    """

    resource_id: str
    sku: Annotated[Sku, BeforeValidator(tier_of)] = Sku.NOT_SPECIFIED
    location: str = ""
    seen_at: Time | None = None
    """When its sessions were looked at last, by a pull or by a push; None where nobody knows."""

    @property
    def key(self) -> str:
        """The same for every spelling of the id."""
        return self.resource_id.lower()


class PushedAccount(FormerAccount):
    """An account that control numbers of a service were pushed into, whatever became of its link.

    What it issues since is known to the service only where it pulls from it. So pushes go by it as
    by one that numbers came from before.
    """

    seen_at: Time | None = None
    """When the last push of the whole service into it ended, and it had numbers; None where none
    has: then it may lack some of them."""
    ahead: bool = False
    """Whether it had numbers then that the service itself did not know to be issued."""


MOST_PUSHED_INTO = 50
"""The most of them that a service remembers: each is read by each push."""


class AccountFacts(Stored):
    """What a service knows of the account that it holds, also after the link to it has ended."""

    resource_id: str
    """The account's ARM id."""
    sku: Annotated[Sku, BeforeValidator(tier_of)]
    """Its pricing tier: how much the service may hold depends on it."""
    location: str
    linked: bool
    """Whether the service is linked to it: then it changes by pulls alone. False after the link
    ended, and for a service that was restored from a backup of a linked one."""
    pulled: bool = True
    """Whether what the service has of sessions is of this account; not before the first pull."""
    pull_minutes: int | None = None
    """As of its link; kept when that ends, for the next one."""
    seen_at: Time | None = None
    """When its sessions were looked at last, of a link that has ended: the link says it else."""
    former: list[FormerAccount] = Field(default_factory=list)
    """The other accounts that numbers of the service came from, the latest last."""

    @property
    def key(self) -> str:
        """The same for every spelling of the id."""
        return self.resource_id.lower()

    @property
    def latest(self) -> FormerAccount | None:
        """The account that what the service has of sessions is of; None for none. An account that
        it is merely linked to is not."""
        if self.pulled:
            return self.itself
        return self.former[-1] if self.former else None

    @property
    def itself(self) -> FormerAccount:
        """The account, as another service, or another link, knows it."""
        return FormerAccount(
            resource_id=self.resource_id,
            sku=self.sku,
            location=self.location,
            seen_at=self.seen_at,
        )

    def after(self, before: "AccountFacts | None") -> "AccountFacts":
        """These facts for a service that had others before: an account that numbers came from is
        not forgotten when the service gets another one.

        :param before: None for a service that had no account.
        """
        if before is None:
            return self.model_copy(update={"pulled": False})
        former = before.former
        is_same = before.key == self.key
        if before.pulled and not is_same:
            former = [*(one for one in former if one.key != before.key), before.itself]
        pulled, seen_at = is_same and before.pulled, before.seen_at if is_same else None
        update = {"pulled": pulled, "seen_at": seen_at, "former": former}
        return self.model_copy(update=update)

    def has_numbers_of(self, key: str) -> bool:
        """Whether these facts name an account as one that numbers of the service came from.

        :param key: that of the account.
        """
        is_pulled = self.pulled and self.key == key
        return is_pulled or key in {one.key for one in self.former}

    def looked_at(self) -> "AccountFacts":
        """These facts after the account's sessions were brought into the service."""
        others = [one for one in self.former if one.key != self.key]
        return self.model_copy(update={"pulled": True, "former": others})
