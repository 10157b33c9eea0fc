"""The request for a restore, and its plan."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.model.numbers import HIGHEST_REFERENCE
from shared.model.operation import Warning
from shared.model.sections import Section
from shared.model.service import AdvancedDatabase, Edition, Store
from shared.model.wire import AS_WHOLE, JsonObject, JsonValue, Stored, Text, Time, Wire


class BackupPlace(Wire):
    """The container of a backup."""

    storage_account: Annotated[Text, Field(min_length=1)]
    container: Annotated[Text, Field(min_length=1)]


class AccessControlChoice(Wire):
    """Values of the access control service that differ; those left out are taken from the
    backup."""

    namespace: Text | None = None
    key: str | None = Field(None, max_length=4096, repr=False)


class TrackingDatabaseChoice(Wire):
    """An existing tracking database, or with ``advanced`` a new one.

    Values left out are taken from the backup; for a new database, only server, login and password
    are.
    """

    server: Text | None = None
    name: Text | None = None
    login: Text | None = None
    password: str | None = Field(None, max_length=4096, repr=False)
    advanced: AdvancedDatabase | None = None


class TargetBody(Wire):
    """The restored service; values left out are taken from the backup."""

    name: str | None = Field(None, max_length=1024)
    domain_url: (
        Annotated[Text, Field(pattern=r"^https://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?/?$")] | None
    ) = None
    edition: Edition | None = None
    region: Text | None = None
    unit_count: Annotated[int, Field(ge=1, le=8, strict=True), AS_WHOLE] | None = None
    tracking_database: TrackingDatabaseChoice | None = None
    archiving_store: Store | None = None
    monitoring_store: Store | None = None
    access_control: AccessControlChoice | None = None


class NumbersPolicy(StrEnum):
    """How control numbers continue after a restore."""

    CONTINUE = "continue"
    """After the latest number that is known: no number is issued twice."""
    AS_BACKED_UP = "asBackedUp"
    """As in the backup: numbers that were issued after it are issued again."""
    ADVANCE = "advance"
    """As ``continue``, and then moved forward."""


class ControlNumbersBody(Wire):
    """How control numbers continue."""

    policy: NumbersPolicy = NumbersPolicy.CONTINUE
    by: Annotated[int, Field(ge=1, le=HIGHEST_REFERENCE, strict=True), AS_WHOLE] | None = None
    """How far ``advance`` moves them forward."""


class Pick(Wire):
    """Artifacts to include or to leave out: a whole section, or one artifact of it."""

    section: Section
    name: Text | None = None


def _a_value(value: JsonValue) -> JsonValue:
    if value is None:
        raise ValueError("is null: give the value, or an empty text")
    return value


class Replacement(Wire):
    """A value that is replaced in the restored service, such as an address."""

    section: Section
    name: Text
    pointer: Annotated[Text, Field(min_length=1)]
    """JSON pointer to an existing value in the artifact's document."""
    value: Annotated[JsonValue, AfterValidator(_a_value)] = Field(repr=False)


class RestoreBody(Wire):
    """Body of POST restores."""

    backup: BackupPlace
    service: TargetBody = TargetBody()
    control_numbers: ControlNumbersBody = ControlNumbersBody()
    include: Annotated[list[Pick], Field(max_length=1000)] = Field(default_factory=list)
    """What is restored, together with all artifacts that it names; everything if empty."""
    exclude: Annotated[list[Pick], Field(max_length=1000)] = Field(default_factory=list)
    replace: Annotated[list[Replacement], Field(max_length=1000)] = Field(default_factory=list)
    accept_partial: bool = False
    accept_renamed: bool = False
    """Also restore from a container with another name than the backup's, such as a copy."""


class Target(Stored):
    """The service that a restore creates."""

    name: str
    edition: Edition
    unit_count: int
    product_version: str
    region: str
    domain_url: str


class PlanError(Stored):
    """Something that forbids what was requested."""

    code: str
    message: str
    target: str | None = None


class NumberExposure(Stored):
    """How the numbers of one kind of an agreement continue, if there is something to note about
    them."""

    agreement: str
    kind: str
    backed_up: int
    """The next number by the backup."""
    known: int | None = None
    """The next number by this installation's ledger; None if it knows none."""
    known_by: str | None = None
    """The service under which the latest of those was issued, if its name is not that of the
    restored one."""
    known_as: str | None = None
    """The agreement under which it was issued, if that has another name."""
    next: int | None = None
    """The first number that the restored service issues; None if its bounds have none left."""
    issued_again: int | None = None
    """How many numbers may be issued a second time, None if unknown."""


class NumbersPlan(Stored):
    """How control numbers continue, and which may be duplicated."""

    policy: NumbersPolicy
    by: int | None = None
    counters: int = 0
    """The number of counters that are set."""
    ahead: int = 0
    """Counters for which this installation knows later numbers than the backup."""
    unknown: int = 0
    """Counters for which this installation does not know what was issued after the backup: its
    ledger does not have them, or another installation made the backup."""
    unissued: int = 0
    """Counters that had issued nothing when the backup was made, and that no ledger knows,
    including those of agreements without counters in the backup. Unless they are moved forward,
    they begin at their lower bound, whatever was issued since."""
    exhausted: int = 0
    """Counters whose bounds have no numbers left: nothing can be issued."""
    issued_again: int = 0
    """How many numbers may be issued a second time, as far as known."""
    since: Time | None = None
    """When the backup read the counters: numbers that were issued later are known only from a
    ledger."""
    exposures: list[NumberExposure] = Field(default_factory=list)
    """The first counters about which there is something to note."""
    more: int = 0
    """How many further ones there are."""


class InboundExposure(Stored):
    """What the restored service knows of the messages that an agreement received."""

    agreement: str
    checks: list[str] = Field(default_factory=list)
    """What the receiver refuses a second time by its document."""
    received_numbers: int | None = None
    """Received control numbers in the backup; None if they were too many to count."""
    mic_values: int | None = None
    received_since: int | None = None
    """Numbers that were received after the backup, and will be accepted a second time; None if
    unknown."""
    mics_since: int | None = None


class InboundPlan(Stored):
    """What was received before the backup, and what since: duplicates of the latter may be
    accepted."""

    since: Time
    """When the backup read it: the restored service does not know what was received later."""
    received_numbers: int | None = None
    """How many are restored; None if only a part is restored and they were too many to count."""
    mic_values: int | None = None
    known_by: str | None = None
    """The service of the backup, if it exists and its later messages were counted."""
    received_since: int | None = None
    mics_since: int | None = None
    agreements: list[InboundExposure] = Field(default_factory=list)
    """The first of the restored agreements that check duplicates, are AS2, or received anything."""
    more: int = 0
    """How many further ones there are."""


class Replaced(Stored):
    """A value that a restore replaces; a secret is shown as a mask."""

    section: str
    name: str
    pointer: str
    before: JsonValue = Field(None, repr=False)
    after: JsonValue = Field(None, repr=False)


class PolledSource(Stored):
    """A source of a bridge; it is restored stopped."""

    bridge: str
    pointer: str
    type: str
    address: str
    also_polled_by: str | None = None
    """An existing service that also polls it, once this source is started."""


class RestorePlan(Stored):
    """What a restore will create, and what forbids it."""

    storage_account: str
    container: str
    digest: str
    """The digest of the descriptor that was read: the restore refuses another one."""
    accept_renamed: bool = False
    backed_up_name: str
    backup: str
    """The backup's name, which may differ from the container's."""
    target: Target
    sections: dict[str, int]
    """Section → items that will be restored."""
    origins: JsonObject = Field(repr=False)
    """Where each value of the target comes from: request, backup, or name."""
    control_numbers: NumbersPlan = NumbersPlan(policy=NumbersPolicy.CONTINUE)
    inbound: InboundPlan | None = None
    partial: bool = False
    """Whether only a part of the backup is restored."""
    replaced: list[Replaced] = Field(default_factory=list)
    sources: list[PolledSource] = Field(default_factory=list)
    """The first of the sources that bridges poll; all of them are restored stopped."""
    more_sources: int = 0
    errors: list[PlanError] = Field(default_factory=list)
    """Everything that forbids the restore; it is not started while there is anything."""
    warnings: list[Warning] = Field(default_factory=list)
    """What the restored service will lack of what was backed up."""
    before_resuming: list[str] = Field(default_factory=list)
    """What to do before the restored service is resumed."""
