"""Models of answers, only for the OpenAPI document, which is why they are apart from the stored
types. If an answer is a stored type, that type's own model is used; tests/app/test_answers.py
compares all of them with what the routes really answer.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Literal

from pydantic import ConfigDict, Field

from shared.model.attention import Attention, AttentionReason
from shared.model.backup import BackupStatus
from shared.model.integration_account import Child
from shared.model.link import PullFailure
from shared.model.numbers import IssuedNumber, Kind
from shared.model.operation import HIDDEN, Operation, OperationStatus
from shared.model.problem import Code, DetailCode
from shared.model.schedule import ScheduleStatus
from shared.model.sections import Section
from shared.model.service import Edition, LastBackup, Service, ServiceSettings, State
from shared.model.wire import JsonObject, Stored, Time
from shared.model.workflow import WorkflowsMoved
from shared.web.http.caller import WayIn


def without(*members: str, optional: str = "") -> ConfigDict:
    """The schema of a stored type lacks what no answer shows.

    :param optional: a member that some answers lack.
    """

    def shown(schema: JsonObject) -> None:
        properties, required = schema["properties"], schema.get("required", [])
        assert isinstance(properties, dict)
        assert isinstance(required, list)
        for member in members:
            properties.pop(member, None)
        schema["required"] = [one for one in required if one not in (*members, optional)]

    extra: Callable[[JsonObject], None] = shown
    return ConfigDict(extra="ignore", json_schema_extra=extra)


def _camel(name: str) -> str:
    return Stored.model_config["alias_generator"](name)  # type: ignore[operator, misc]


class ErrorDetail(Stored):
    """One of several errors in one request."""

    code: Code | DetailCode
    message: str
    target: str


class ErrorFacts(Stored):
    """The error, and what to do next."""

    code: Code
    message: str
    target: str | None = None
    details: list[ErrorDetail] | None = None


class Error(Stored):
    """The answer to a request that was refused or failed."""

    error: ErrorFacts


class ShownEdition(Stored):
    """What an edition may do and hold."""

    edition: Edition
    max_units: int
    backup: bool
    archiving: bool
    restores_to: list[Edition]
    """The editions that a backup of it can be restored to."""
    quotas_per_unit: dict[Section, int]
    """How many artifacts of a section a service may hold a unit; of the others, any number."""


class ShownEditions(Stored):
    """All editions, in the order of their price."""

    value: list[ShownEdition]


class LinkedBackup(LastBackup):
    """A service's last backup, with the address of its operation."""

    operation_location: str


class QuotaUse(Stored):
    """How many artifacts a section has, and how many it may have."""

    used: int
    limit: int


class ShownService(Service, ServiceSettings):
    """A service: its settings with secrets masked, its state, what that allows, its quota use."""

    model_config = without("operations")

    last_backup: LinkedBackup | None = None
    last_scheduled_backup: LinkedBackup | None = None
    allowed_operations: list[str]
    quota: dict[str, QuotaUse]


class MovedService(ShownService):
    """A service that was suspended or resumed, and what became of its account's workflows."""

    workflows: WorkflowsMoved | None = None
    """None for a service that is not linked to an integration account."""


class ShownKind(Stored):
    """How much of a kind an integration account has, and how many its tier holds."""

    kind: Child
    count: int | None = None
    """As the last full pull found it; None before the first."""
    limit: int | None = None
    """None for any number, or where nobody says how many."""


class ShownFormerAccount(Stored):
    """An account that numbers of a service came from before it had the one of its link."""

    resource_id: str
    seen_at: Time | None = None
    """When its numbers were looked at last; None where nobody knows."""


class ShownLink(Stored):
    """A link, its account as last read, and how its pulls went."""

    service: str
    resource_id: str
    sku: str
    """As Azure names the tier."""
    location: str
    state: str
    tags: JsonObject = Field(repr=False)
    counts: list[ShownKind]
    pull_minutes: int | None = None
    linked_at: Time
    linked_by: str
    last_pull_at: Time | None = None
    last_pull_status: str | None = Field(None, examples=[str(OperationStatus.SUCCEEDED)])
    last_pull_operation: str | None = None
    failure: PullFailure | None = None
    """Why nothing is pulled for now; None where the last pull brought something."""
    last_session_pull_at: Time | None = None
    next_pull_at: Time | None = None
    numbers_from: list[ShownFormerAccount]
    """The accounts before, of which it is not settled what they issued: pushes go by them."""


class AccountChange(Stored):
    """An artifact that a pull found changed in its integration account."""

    found_at: Time
    operation: str
    """Id of the pull, or of the backup that pulled."""
    section: str
    name: str
    change: Literal["added", "changed", "removed"]
    content: Literal[True] | None = None
    """Whether its content is another one."""
    pointers: list[str] | None = None
    """Places in its document that differ, at most 50."""
    more: int | None = None
    """Differences that are not named."""


class ListedIntegrationAccount(Stored):
    """An integration account that may be linked, and the service that has it."""

    resource_id: str
    name: str
    location: str | None = None
    sku: str | None = None
    state: str | None = None
    gone: Literal[True] | None = None
    """Whether Azure has it no more: its service's link alone knows it."""
    service: str | None = None
    last_backup: LastBackup | None = None


class UnreadScope(Stored):
    """A scope of the setting INTEGRATION_ACCOUNTS whose accounts could not be listed, or not all of
    them."""

    scope: str
    code: Literal[
        "IntegrationAccountForbidden",
        "IntegrationAccountNotFound",
        "IntegrationAccountRefused",
        "IntegrationAccountUnavailable",
    ]
    message: str
    """Which right is lacking, which role has it and which identity asked, or what Azure said."""
    retry_after_seconds: int | None = None
    """Of what passes by itself."""


class IntegrationAccounts(Stored):
    """A page of integration accounts."""

    value: list[ListedIntegrationAccount]
    unread: list[UnreadScope]
    """Accounts of these scopes may be missing; empty where all were read."""
    next_link: str | None = None


class ListedSchedule(Stored):
    """What a list of services shows of a schedule."""

    status: ScheduleStatus
    frequency_days: int | None = None
    next_run_at: Time | None = None
    last_run_at: Time | None = None
    last_run_status: str | None = None
    """``Running`` while it is under way."""


class StoredBackup(Stored):
    """What the history says of a backup: whether it is there, and what its last verify found."""

    status: BackupStatus
    verified_at: Time | None = None
    verify_level: str | None = None
    verify_status: str | None = None


class ListedBackupRun(LastBackup):
    """A service's last backup run, and with ``stored=true`` what is stored of it."""

    stored: StoredBackup | None = None


class ListedService(Service):
    """A service as lists show it."""

    model_config = without("operations")

    last_backup: ListedBackupRun | None = None
    schedule: ListedSchedule | None = None


class UrgentService(ListedService):
    """A service that needs attention, and why: errors first."""

    model_config = without("operations")

    reasons: list[Attention]


class BackedUpServices(Stored):
    """How many services can be backed up, and of how many of them the last run succeeded."""

    able: int
    succeeded: int


class NeedAttention(Stored):
    """How many services need attention for an error, and how many others do."""

    errors: int
    warnings: int


class ServicesSummary(Stored):
    """All services, counted, and those that need attention, the worst first."""

    services: int
    states: dict[State, int]
    backed_up: BackedUpServices
    need_attention: NeedAttention
    reasons: dict[AttentionReason, int]
    """How many services have each reason."""
    worst: list[UrgentService]
    """Up to ``top`` of them."""


class Monitor(Operation):
    """An operation: its monitor while it runs, its record in the log."""

    model_config = without(*map(_camel, sorted(HIDDEN)), optional="service")

    cancelable: bool
    """Whether asking it to stop would still change anything."""


class CountedSection(Stored):
    """A section, how many artifacts it holds, and how many it may hold."""

    section: Section
    count: int
    limit: int | None = None
    """None for any number."""
    has_content: bool
    """Whether its artifacts may carry bytes with their document."""
    backed_up: bool


class CountedSections(Stored):
    """Every section of a service."""

    value: list[CountedSection]


class ImportOutcome(StrEnum):
    """The result of an item of an import."""

    CREATED = "created"
    REPLACED = "replaced"
    REFUSED = "refused"


class ImportLine(Stored):
    """The result of one artifact of an import."""

    section: Section
    name: str
    status: ImportOutcome
    error: ErrorFacts | None = None


class ImportReport(Stored):
    """The result of each artifact, in the order of the request."""

    value: list[ImportLine]


class KindStanding(Stored):
    """The counter of one kind of an agreement, and its bounds."""

    next: int
    last: int
    cycle: int
    lower_bound: int
    upper_bound: int
    rollover: bool


class ShownNumbers(Stored):
    """The counters of one agreement."""

    agreement: str
    counters: dict[Kind, KindStanding]
    stream: Literal["identities", "name"]
    """What identifies the stream of its numbers: the identities of its parties, or its name."""
    changed_at: Time | None = None


class IssuedNumbers(Stored):
    """Control numbers that were issued only to the caller."""

    numbers: list[IssuedNumber]


class SeenNumber(Stored):
    """Whether a received number belongs to another message."""

    duplicate: bool
    first_seen_at: Time


class ReportedActivity(Stored):
    """How many messages wait in a batch."""

    batch: str
    agreement: str
    active_messages: int
    reported_at: Time


class ShownAccount(Stored):
    """A storage account that requests may name."""

    name: str


class ShownCaller(Stored):
    """Who calls, how they came in, and what they may call."""

    caller: str
    came_in_by: WayIn
    roles_required: bool
    roles: list[str]
    operations: list[str]
    """The ``operationId`` of each that their roles allow."""
