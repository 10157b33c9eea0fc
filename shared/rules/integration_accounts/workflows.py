"""Workflows that use an account: which do, and what suspending and resuming does to each.

One that Azure itself suspended is left alone. One that a person enabled, disabled or changed after
Interkeep disabled it stays as the person left it: its time tells, which is the one that was seen
right after it was disabled.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from shared.model.integration_account import AccountId
from shared.model.wire import JsonObject, JsonValue
from shared.model.workflow import RememberedWorkflow
from shared.rules.integration_accounts.times import SECOND, ticks, ticks_of
from shared.rules.trading import member

_ENABLED, _DISABLED, _SUSPENDED = "enabled", "disabled", "suspended"
_PARTS = ("subscriptions", "resourcegroups", "providers", "microsoft.logic", "workflows")
_PLACES = (0, 2, 4, 5, 6)
_ID_PARTS = 8

_LATEST = timedelta(minutes=10)
"""How long after it was asked for, by two machines' clocks, a disabling whose answer was lost is
taken for Interkeep's own."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow, as Azure gave it."""

    id: str
    """Its ARM id, in Azure's spelling."""
    name: str
    state: str
    """``Enabled``, ``Disabled``, ``Suspended``, or what Azure calls it."""
    changed_time: str
    """As Azure wrote it; empty where it gave none."""

    @property
    def key(self) -> str:
        """The same for every spelling of its id."""
        return self.id.lower()

    @property
    def is_enabled(self) -> bool:
        """Whether it runs."""
        return self.state.lower() == _ENABLED

    @property
    def is_disabled(self) -> bool:
        """Whether it does not run because somebody disabled it."""
        return self.state.lower() == _DISABLED


def workflow_of(resource: JsonObject) -> Workflow | None:
    """A workflow from its resource; None for a resource that is none."""
    resource_id = _text(resource.get("id"))
    parts = resource_id.strip("/").split("/")
    found = tuple(parts[place].lower() for place in _PLACES) if len(parts) == _ID_PARTS else ()
    if found != _PARTS:
        return None
    properties = resource.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    return Workflow(
        id=resource_id,
        name=_text(resource.get("name")) or parts[-1],
        state=_text(member(properties, "state")) or "NotSpecified",
        changed_time=_text(member(properties, "changedTime")),
    )


def uses(resource: JsonObject, account: AccountId) -> bool:
    """Whether a workflow uses an account; ids are compared without regard to case."""
    properties = resource.get("properties")
    reference = member(properties, "integrationAccount") if isinstance(properties, dict) else None
    if not isinstance(reference, dict):
        return False
    return "/" + _text(member(reference, "id")).strip("/").lower() == account.key


class Do(Enum):
    """What is to be done with a workflow."""

    DISABLE = "disable it"
    NOTE = "it was disabled by Interkeep: note how it looks"
    HELD = "it is disabled by Interkeep"
    ENABLE = "enable it"
    DONE = "it was enabled by Interkeep"
    LEAVE = "leave it as it is"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done with a workflow, and why it is left where it is."""

    do: Do
    why: str = ""
    forget: bool = False
    """Whether nothing is to be remembered of it any more."""


def on_suspend(workflow: Workflow, known: RememberedWorkflow | None) -> Decision:
    """What suspending does with a workflow.

    :param known: what is remembered of it.
    """
    if workflow.is_enabled:
        return Decision(Do.DISABLE)
    if known is None:
        return Decision(Do.LEAVE, _is_so(workflow))
    if not workflow.is_disabled:
        return Decision(Do.LEAVE, _is_so(workflow), forget=True)
    if not _is_own(workflow, known):
        return Decision(Do.LEAVE, _CHANGED, forget=True)
    return Decision(Do.HELD if known.changed_time else Do.NOTE)


def on_resume(workflow: Workflow | None, known: RememberedWorkflow) -> Decision:
    """What resuming does with a workflow that is remembered.

    :param workflow: as it is now; None if it is gone.
    """
    if workflow is None:
        return Decision(Do.LEAVE, "It is gone.", forget=True)
    if workflow.is_enabled:
        if known.enabling:
            return Decision(Do.DONE, forget=True)
        return Decision(Do.LEAVE, "It is enabled already: not by Interkeep.", forget=True)
    if not workflow.is_disabled:
        return Decision(Do.LEAVE, _is_so(workflow), forget=True)
    if not _is_own(workflow, known):
        return Decision(Do.LEAVE, _CHANGED, forget=True)
    return Decision(Do.ENABLE)


_CHANGED = (
    "It was changed after Interkeep disabled it, and stays disabled. Enable it yourself if it is "
    "to run."
)


def _is_own(workflow: Workflow, known: RememberedWorkflow) -> bool:
    """Whether a disabled workflow is as Interkeep left it.

    Where that was not seen, since an answer was lost, one that was disabled soon after it was asked
    for is taken for such a one.
    """
    now = ticks_of(workflow.changed_time)
    if known.changed_time:
        seen = ticks_of(known.changed_time)
        same = now is not None and now == seen
        return same or workflow.changed_time == known.changed_time
    if now is None:
        return True
    latest = int(_LATEST.total_seconds()) * SECOND
    return abs(now - ticks(known.asked_at)) <= latest


def _is_so(workflow: Workflow) -> str:
    state = workflow.state.lower()
    if state == _DISABLED:
        return "It was disabled already: not by Interkeep."
    if state == _SUSPENDED:
        return "Azure itself suspended it."
    return f"Its state is {workflow.state}."


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""
