"""The request for a push of a service into an integration account, and its plan."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.model.integration_account import Sku
from shared.model.numbers import HIGHEST_REFERENCE, Kind
from shared.model.operation import Warning
from shared.model.restore import Pick, PlanError
from shared.model.wire import AS_WHOLE, Stored, Text, Time, Wire

_By = Annotated[int, Field(ge=1, le=HIGHEST_REFERENCE, strict=True), AS_WHOLE]


class Existing(StrEnum):
    """What a push does with an artifact that the account has otherwise than the service."""

    REFUSE = "refuse"
    """The whole push is refused, as a restore refuses the name of a living service."""
    KEEP = "keep"
    """The account's stays as it is."""
    REPLACE = "replace"
    """The service's takes its place."""


class Extra(StrEnum):
    """What a push does with an artifact that the account has and the service has not."""

    KEEP = "keep"
    DELETE = "delete"
    """Within what ``include`` and ``exclude`` choose. Sessions are never deleted."""


class WorkflowsPolicy(StrEnum):
    """What a push does with the enabled workflows that use the account."""

    SUSPEND = "suspend"
    """They are disabled before the first write, until the service is resumed."""
    LEAVE = "leave"


class PushNumbersPolicy(StrEnum):
    """What the generated control numbers of the account become."""

    CONTINUE = "continue"
    """The latest of the service's ledger, the account's own and those of the account that the
    service was pulled from: no number is issued twice."""
    ADVANCE = "advance"
    """As ``continue``, and then moved forward."""
    AS_KNOWN = "asKnown"
    """The service's ledger as it is: numbers that were issued since may be issued again."""


class Action(StrEnum):
    """What a push does with one artifact."""

    CREATE = "create"
    REPLACE = "replace"
    SAME = "same"
    """The account has it just so: nothing is written."""
    KEEP = "keep"
    """The account's stays as it is."""
    DELETE = "delete"
    REFUSE = "refuse"
    """The account has it otherwise, and ``existing`` is ``refuse``."""


class NumberSource(StrEnum):
    """Where the latest number was found."""

    LEDGER = "ledger"
    """The service's own ledger."""
    TARGET = "target"
    """The account that is written to."""
    SOURCE = "source"
    """The account that the service was pulled from."""


class CreateAccount(Wire):
    """The account that a push makes first."""

    resource_id: Annotated[Text, Field(min_length=1)]
    """Its ARM id."""
    location: Annotated[Text, Field(min_length=1)]
    """A region of Azure, such as ``westeurope``."""
    sku: Sku
    """Its pricing tier."""


class AgreementNumbersChoice(Wire):
    """How the numbers of one agreement go on, where that differs from the others'."""

    agreement: Annotated[Text, Field(min_length=1)]
    policy: PushNumbersPolicy
    by: _By | None = None
    """How far ``advance`` moves them forward."""


class ControlNumbersAtPush(Wire):
    """How control numbers go on."""

    policy: PushNumbersPolicy = PushNumbersPolicy.CONTINUE
    by: _By | None = None
    """How far ``advance`` moves them forward."""
    agreements: Annotated[list[AgreementNumbersChoice], Field(max_length=1000)] = Field(
        default_factory=list
    )
    """Agreements for which it is another."""

    @property
    def policies(self) -> set[PushNumbersPolicy]:
        """All that are asked for."""
        return {self.policy, *(one.policy for one in self.agreements)}


class VaultChange(Wire):
    """A key vault in whose place certificates name another one."""

    from_: Annotated[Text, Field(min_length=1, alias="from")]
    """The ARM id of a vault that certificates of the service name."""
    to: Annotated[Text, Field(min_length=1)]
    """The ARM id of the vault that holds keys of the same names."""


class PushBody(Wire):
    """Body of POST services/{service}/push."""

    resource_id: Annotated[Text, Field(min_length=1)] | None = None
    """The ARM id of the account; that of the service's link if left out."""
    create: CreateAccount | None = None
    """Instead of ``resourceId``: an account that is made first."""
    existing: Existing = Existing.REFUSE
    extra: Extra = Extra.KEEP
    include: Annotated[list[Pick], Field(max_length=1000)] = Field(default_factory=list)
    """What is pushed, together with all artifacts that it names; everything if empty."""
    exclude: Annotated[list[Pick], Field(max_length=1000)] = Field(default_factory=list)
    control_numbers: ControlNumbersAtPush = ControlNumbersAtPush()
    key_vaults: Annotated[list[VaultChange], Field(max_length=100)] = Field(default_factory=list)
    workflows: WorkflowsPolicy = WorkflowsPolicy.SUSPEND
    link: bool = True
    """Whether the service is linked to the account afterwards, if no service is."""


class PushTarget(Stored):
    """The account that a push writes to."""

    resource_id: str
    exists: bool
    """False for one that the push makes."""
    sku: str
    location: str


class PlannedArtifact(Stored):
    """What a push does with one artifact."""

    section: str
    name: str
    """As it is written; of what the account alone has, as it is spelt there."""
    action: Action


class PlannedArtifacts(Stored):
    """What a push does with artifacts."""

    counts: dict[str, dict[Action, int]] = Field(default_factory=dict)
    """Section → action → how many artifacts."""
    items: list[PlannedArtifact] = Field(default_factory=list)
    """The first of those that are created, replaced, deleted, kept or refused, in the order of the
    work."""
    more: int = 0
    """How many further ones there are."""


class PlannedNumber(Stored):
    """What a generated control number of the account becomes."""

    agreement: str
    kind: Kind
    last_known: int
    """The last number that is known to have been issued; 0 for none."""
    known_by: NumberSource
    """Where that is known from."""
    target: int | None = None
    """The last number by the account itself; None where it has none."""
    becomes: int
    """The last number by the account after the push: it issues the one after it next."""
    written: bool
    """Whether the session is written. A number that does not move is not."""
    cycles: int = 0
    """How many times it rolls over on its way from the last known one."""
    cycle: int | None = None
    """The cycle of the service's ledger that it is in then; None for one that is not touched."""
    issued_again: int = 0
    """How many numbers may be issued a second time, as far as known."""
    exhausted: bool = False
    """Whether its bounds have no number left."""
    why: str


class UncertainNumber(Stored):
    """A control number of which it is unknown what was issued since it was last seen."""

    agreement: str
    kind: Kind
    last_known: int
    """0 where none is known to have been issued."""
    seen_at: Time | None = None
    """When it was last seen; None for never."""
    per_day: float | None = None
    """How many numbers a day were issued while it was seen; None where it was not seen twice."""
    proposed_by: int
    """How far ``advance`` should move it, so that no number comes twice at that rate."""
    why: str


class PlannedSource(Stored):
    """An account that numbers of the service came from."""

    resource_id: str
    state: str
    """``read``, ``gone``, ``unreachable``, or ``silent`` for one that gives no sessions."""


class PlannedNumbers(Stored):
    """How control numbers go on."""

    policy: PushNumbersPolicy
    by: int | None = None
    counters: int = 0
    """How many generated numbers there are."""
    sources: list[PlannedSource] = Field(default_factory=list)
    """The accounts that numbers of the service came from, and go on behind: the one whose sessions
    it has, then those of before of which it is not settled what they issued."""
    written: int = 0
    """How many of them are written."""
    exhausted: int = 0
    issued_again: int = 0
    """How many numbers may be issued a second time, as far as known."""
    items: list[PlannedNumber] = Field(default_factory=list)
    """The first ones: those about which there is something to note before those that are written,
    and these before the others."""
    more: int = 0
    uncertain: list[UncertainNumber] = Field(default_factory=list)
    """The first of those for which ``continue`` is refused."""
    more_uncertain: int = 0
    proposed_by: int | None = None
    """A ``by`` that suffices for all of them; None where none is uncertain."""
    sessions_created: int = 0
    """Received numbers and other sessions that the account lacks."""
    sessions_kept: int = 0
    """Those that it has: they stay as they are."""


class WorkflowAction(StrEnum):
    """What a push does with a workflow that uses the account."""

    SUSPEND = "suspend"
    LEAVE = "leave"


class PlannedWorkflow(Stored):
    """A workflow that uses the account."""

    resource_id: str
    name: str
    state: str
    """As ARM calls it, such as ``Enabled``."""
    action: WorkflowAction


class PushPlan(Stored):
    """What a push will do, and what forbids it."""

    target: PushTarget
    existing: Existing
    extra: Extra
    partial: bool = False
    """Whether only a part of the service is pushed."""
    artifacts: PlannedArtifacts = PlannedArtifacts()
    control_numbers: PlannedNumbers
    workflows: list[PlannedWorkflow] = Field(default_factory=list)
    """The first of the workflows that use the account."""
    more_workflows: int = 0
    workflows_policy: WorkflowsPolicy = WorkflowsPolicy.SUSPEND
    safety_backup: bool = False
    """Whether the account holds anything, and so is backed up before the first write."""
    links: bool = False
    """Whether the service is linked to the account at the end."""
    writes: int = 0
    """How many requests that change something it takes."""
    seconds: int = 0
    """How long those take at the account's rate, at most about; reading comes on top."""
    errors: list[PlanError] = Field(default_factory=list)
    """Everything that forbids the push; it is not started while there is anything."""
    more_errors: int = 0
    warnings: list[Warning] = Field(default_factory=list)
    """What surprises, and forbids nothing."""
    more_warnings: int = 0
    checklist: list[str] = Field(default_factory=list)
    """What to do before the push, and before the workflows are resumed."""
