"""Integration accounts of Azure Logic Apps, as Azure Resource Manager (ARM) names them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator

from shared.model.wire import Stored


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

    @property
    def key(self) -> str:
        """The same for every spelling of the id."""
        return self.resource_id.lower()
