"""Workflows (logic apps) that use an integration account, and what is remembered of them while
their service is suspended."""

from shared.model.wire import Stored, Time


class RememberedWorkflow(Stored):
    """A workflow that Interkeep disables, or has disabled: written before it is.

    An account's workflows come back by these alone.
    """

    resource_id: str
    """Its ARM id, as Azure spells it."""
    name: str
    operation: str
    """Id of the operation that disables it."""
    asked_at: Time
    changed_time: str = ""
    """The workflow's own time right after it was disabled, as Azure wrote it; empty as long as that
    was not seen. One with another time was changed by somebody else since."""
    enabling: str = ""
    """Id of the operation that enables it again: whoever finds it enabled knows who did it."""

    @property
    def key(self) -> str:
        """The same for every spelling of its id."""
        return self.resource_id.lower()


class ToldWorkflow(Stored):
    """A workflow, as answers name it."""

    name: str
    resource_id: str


class LeftWorkflow(ToldWorkflow):
    """A workflow that was left as it is."""

    why: str


class WorkflowsMoved(Stored):
    """What suspending or resuming a linked service did to the workflows of its account."""

    looked_in: str | None = None
    """ARM id of the subscription, or of the resource group, whose workflows were looked at; None
    for a resume, which asks for those that are remembered alone."""
    disabled: list[ToldWorkflow] | None = None
    """Of a suspend: those that Interkeep has disabled, at most 200 of them."""
    enabled: list[ToldWorkflow] | None = None
    """Of a resume: those that are enabled again, at most 200 of them."""
    left: list[LeftWorkflow]
    """Those that were left as they are, at most 200 of them, and why."""
    moved_count: int
    """How many were disabled or enabled."""
    left_count: int
