"""The request for a restore, and what it will make."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.model.numbers import HIGHEST_REFERENCE
from shared.model.operation import Warning
from shared.model.sections import Section
from shared.model.service import AdvancedDatabase, Edition, Store
from shared.model.wire import AS_WHOLE, JsonObject, JsonValue, Stored, Text, Time, Wire


class BackupPlace(Wire):
    """Where a backup is."""

    storage_account: Annotated[Text, Field(min_length=1)]
    container: Annotated[Text, Field(min_length=1)]


class AccessControlChoice(Wire):
    """What differs of the access control service; what is left out comes from the backup."""

    namespace: Text | None = None
    key: str | None = Field(None, max_length=4096, repr=False)


class TrackingDatabaseChoice(Wire):
    """An existing tracking database, or with ``advanced`` a new one.

    What is left out comes from the backup; of a new one, only server, login and password do.
    """

    server: Text | None = None
    name: Text | None = None
    login: Text | None = None
    password: str | None = Field(None, max_length=4096, repr=False)
    advanced: AdvancedDatabase | None = None


class TargetBody(Wire):
    """What the restored service shall be; what is left out comes from the backup."""

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
    """What becomes of the generated control numbers."""

    CONTINUE = "continue"
    """The latest that is known of each: a number is never issued twice."""
    AS_BACKED_UP = "asBackedUp"
    """The backup's: what was issued after it is issued again."""
    ADVANCE = "advance"
    """What ``continue`` gives, moved on."""


class ControlNumbersBody(Wire):
    """How control numbers go on."""

    policy: NumbersPolicy = NumbersPolicy.CONTINUE
    by: Annotated[int, Field(ge=1, le=HIGHEST_REFERENCE, strict=True), AS_WHOLE] | None = None
    """How far ``advance`` moves on."""


class Pick(Wire):
    """Artifacts to take or to leave out: all of a section, or one of it."""

    section: Section
    name: Text | None = None


def _a_value(value: JsonValue) -> JsonValue:
    if value is None:
        raise ValueError("is null: give the value, or an empty text")
    return value


class Replacement(Wire):
    """A value that differs where the service is restored, such as an address."""

    section: Section
    name: Text
    pointer: Annotated[Text, Field(min_length=1)]
    """JSON pointer into the artifact's document, to a value that is there."""
    value: Annotated[JsonValue, AfterValidator(_a_value)] = Field(repr=False)


class RestoreBody(Wire):
    """Body of POST restores."""

    backup: BackupPlace
    service: TargetBody = TargetBody()
    control_numbers: ControlNumbersBody = ControlNumbersBody()
    include: Annotated[list[Pick], Field(max_length=1000)] = Field(default_factory=list)
    """What is restored, with all that it names; everything where it is empty."""
    exclude: Annotated[list[Pick], Field(max_length=1000)] = Field(default_factory=list)
    replace: Annotated[list[Replacement], Field(max_length=1000)] = Field(default_factory=list)
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


class PlanError(Stored):
    """Something that forbids the restore as it was asked for."""

    code: str
    message: str
    target: str | None = None


class NumberExposure(Stored):
    """What becomes of the numbers of one kind of an agreement that are given a second look."""

    agreement: str
    kind: str
    backed_up: int
    """The next number, by the backup."""
    known: int | None = None
    """The next number, by this installation's ledger; None where it knows none."""
    known_by: str | None = None
    """The service that the latest of those was issued under, where it is not the restored one's
    name."""
    known_as: str | None = None
    """The agreement that it was issued under, where that has another name."""
    next: int | None = None
    """The first number that the restored service issues; None where its bounds hold none."""
    issued_again: int | None = None
    """How many numbers may be issued a second time, None where nobody can say."""


class NumbersPlan(Stored):
    """How control numbers go on, and what may be duplicated."""

    policy: NumbersPolicy
    by: int | None = None
    counters: int = 0
    """Counters that are set."""
    ahead: int = 0
    """Counters of which this installation knows later numbers than the backup."""
    unknown: int = 0
    """Counters of which this installation cannot say what was issued after the backup: its ledger
    does not know them, or another installation made the backup."""
    unissued: int = 0
    """Counters that had issued nothing by the backup, and that no ledger knows, also of agreements
    that the backup has no counters of: unless they are moved on, they begin at their lower bound,
    whatever was issued since."""
    exhausted: int = 0
    """Counters whose bounds hold no number any more: nothing is issued."""
    issued_again: int = 0
    """Numbers that may be issued a second time, as far as that is known."""
    since: Time | None = None
    """When the backup read the counters: of what was issued after that, only a ledger knows."""
    exposures: list[NumberExposure] = Field(default_factory=list)
    """Counters of which something is to be known, the first of them."""
    more: int = 0
    """How many more of those there are."""


class InboundExposure(Stored):
    """What the restored service knows of that an agreement received."""

    agreement: str
    checks: list[str] = Field(default_factory=list)
    """What its document has the receiver refuse a second time."""
    received_numbers: int | None = None
    """Received control numbers that the backup holds; None where they were too many to count."""
    mic_values: int | None = None
    received_since: int | None = None
    """Numbers that came in after the backup, and pass once more; None where nobody can say."""
    mics_since: int | None = None


class InboundPlan(Stored):
    """What came in by the backup, and what of it since: duplicates of that may pass."""

    since: Time
    """When the backup read it: what came in after that, the restored service does not know."""
    received_numbers: int | None = None
    """Those that are restored; None where, of a part, they were too many to count."""
    mic_values: int | None = None
    known_by: str | None = None
    """The service that the backup is of, where it lives and its later messages were counted."""
    received_since: int | None = None
    mics_since: int | None = None
    agreements: list[InboundExposure] = Field(default_factory=list)
    """Restored agreements that check duplicates, are AS2, or received anything: the first."""
    more: int = 0
    """How many more of those there are."""


class Replaced(Stored):
    """A value that a restore replaces; a secret shows as its mask."""

    section: str
    name: str
    pointer: str
    before: JsonValue = Field(None, repr=False)
    after: JsonValue = Field(None, repr=False)


class PolledSource(Stored):
    """A source of a bridge that comes back stopped."""

    bridge: str
    pointer: str
    type: str
    address: str
    also_polled_by: str | None = None
    """A living service that polls it too, as soon as this one is started."""


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
    origins: JsonObject = Field(repr=False)
    """Of each value of the target, where it came from: request, backup, or name."""
    control_numbers: NumbersPlan = NumbersPlan(policy=NumbersPolicy.CONTINUE)
    inbound: InboundPlan | None = None
    partial: bool = False
    """Whether only a part of the backup is restored."""
    replaced: list[Replaced] = Field(default_factory=list)
    sources: list[PolledSource] = Field(default_factory=list)
    """The first sources that bridges poll; all of them come back stopped."""
    more_sources: int = 0
    errors: list[PlanError] = Field(default_factory=list)
    """All that forbids it; a restore is not started while there is anything."""
    warnings: list[Warning] = Field(default_factory=list)
    """What the restored service will not have of what was backed up."""
    before_resuming: list[str] = Field(default_factory=list)
    """What to see to before the restored service is resumed."""
