"""The request for a restore, and what it will make."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.model.operation import Warning
from shared.model.service import Edition
from shared.model.wire import JsonObject, Stored, Text, Wire


class BackupPlace(Wire):
    """Where a backup is."""

    storage_account: Annotated[Text, Field(min_length=1)]
    container: Annotated[Text, Field(min_length=1)]


class TargetBody(Wire):
    """What the restored service shall be; what is left out comes from the backup."""

    name: str | None = None
    domain_url: (
        Annotated[Text, Field(pattern=r"^https://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?/?$")] | None
    ) = None
    edition: Edition | None = None
    region: Text | None = None
    unit_count: Annotated[int, Field(ge=1, le=8, strict=True)] | None = None


class NumbersPolicy(StrEnum):
    """What becomes of the generated control numbers."""

    CONTINUE = "continue"
    """The latest that is known of each: a number is never issued twice."""


class ControlNumbersBody(Wire):
    """How control numbers go on."""

    policy: NumbersPolicy = NumbersPolicy.CONTINUE


class RestoreBody(Wire):
    """Body of POST restores."""

    backup: BackupPlace
    service: TargetBody = TargetBody()
    control_numbers: ControlNumbersBody = ControlNumbersBody()
    accept_partial: bool = False
    accept_renamed: bool = False
    """Also from a container that has not its backup's name: a copy under another one."""


class Target(Stored):
    """The service that a restore makes."""

    name: str
    edition: Edition
    unit_count: int
    product_version: str
    region: str
    domain_url: str


class RestorePlan(Stored):
    """What a restore was started with."""

    storage_account: str
    container: str
    digest: str
    """Of the descriptor that was looked at: another one is refused."""
    accept_renamed: bool = False
    backed_up_name: str
    backup: str
    """The backup's name, which may not be the container's."""
    target: Target
    sections: dict[str, int]
    """Section → items that will be restored."""
    origins: JsonObject
    """Of each value of the target, where it came from: request or backup."""
    warnings: list[Warning] = Field(default_factory=list)
    """What the restored service will not have of what was backed up."""
