"""What a push's request must hold in itself, and what its plan tells to do before it, and before
resuming.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.model.integration_account import Sku
from shared.model.operation import Warning
from shared.model.problem import Code, Problem
from shared.model.push import PlannedNumbers, PushBody, PushNumbersPolicy, WorkflowsPolicy

_SKUS = (Sku.FREE, Sku.BASIC, Sku.STANDARD)


def wrong_request(body: PushBody, *, linked: bool) -> Iterator[Problem]:
    """What is wrong with a request for itself.

    :param linked: whether the service is linked to an account, which is the default target.
    """
    if body.create is not None and body.resource_id is not None:
        yield Problem(
            Code.INVALID_REQUEST,
            "resourceId names an account that there is, create one that is made. Send one of them.",
            "/create",
        )
    if body.create is None and body.resource_id is None and not linked:
        yield Problem(
            Code.INVALID_REQUEST,
            "The service is linked to no account: name the one to push into in resourceId, or in "
            "create one to make.",
            "/resourceId",
        )
    if body.create is not None and body.create.sku is Sku.PREMIUM:
        yield Problem(
            Code.INVALID_REQUEST,
            "A Premium account takes a storage account, and an identity of its own with roles on "
            "it, which no push makes. Make the account in Azure, then name it in resourceId.",
            "/create/sku",
        )
    elif body.create is not None and body.create.sku not in _SKUS:
        yield Problem(
            Code.INVALID_REQUEST,
            f"An account is made in one of the tiers {', '.join(_SKUS)}.",
            "/create/sku",
        )


@dataclass(frozen=True, slots=True)
class Move:
    """A push into another account than that which the service was pulled from."""

    former: str
    """The ARM id of that one."""
    former_location: str
    """Its region; empty where it is not known."""
    location: str
    """The region of the account that is written to."""
    within_subscription: bool = True
    runs: int | None = None
    """How many workflows that use the former account are enabled; None where it cannot be read, or
    its workflows cannot."""
    holder: str = ""
    """The service that is linked to the former account; empty for none."""

    @property
    def lets_choose(self) -> bool:
        """Whether the workflows of the former account can choose the other one: a logic app and its
        account are of one region, and of one subscription."""
        regions = {_region(self.former_location or self.location), _region(self.location)}
        return len(regions) == 1 and self.within_subscription

    def still_runs(self) -> Warning | None:
        """The warning that the former account goes on to issue numbers."""
        if not self.runs:
            return None
        them = f"{self.runs} workflows that use" if self.runs > 1 else "1 workflow that uses"
        return Warning(
            code="SourceStillRuns",
            message=f"{them} {self.former}, from which the service was pulled, "
            f"{'are' if self.runs > 1 else 'is'} enabled: what they issue after the push has read "
            f"its numbers, the other account issues again. Before the push, {self._stop()}. A copy "
            "that sends to nobody who takes it for the other need not wait.",
            target=self.former,
        )

    def before(self) -> str:
        """The line of the checklist that the former account stops."""
        return (
            f"Before the push: see that the former account, {self.former}, issues no more numbers: "
            f"{self._stop()}, as they may issue some until then."
        )

    def _stop(self) -> str:
        ended = "wait until their runs that are in progress or waiting have ended"
        if self.runs == 0:
            return f"no workflow that uses it is enabled; see that it stays so, and {ended}"
        them = f"the {self.runs} workflows" if self.runs and self.runs > 1 else "the workflows"
        if self.runs and self.holder:
            return f"suspend service '{self.holder}', which disables {them}, and {ended}"
        return f"disable {them} that use it, and {ended}"


def _region(location: str) -> str:
    """A region as it is compared: ``West Europe`` is ``westeurope``."""
    return location.replace(" ", "").lower()


def before_resuming(
    body: PushBody,
    numbers: PlannedNumbers,
    *,
    moves: Move | None,
    left: Sequence[Move] = (),
    disabled: int,
    comes_back: str,
) -> list[str]:
    """The checklist of what to do before the push, and before the workflows that use the account
    are resumed.

    :param moves: where the account is another one than that which the service was pulled from.
    :param left: the accounts before those that numbers of the service came from, and that are
        there.
    :param disabled: how many workflows are disabled for the push.
    :param comes_back: how those that Interkeep disabled are enabled again; empty where none is.
    """
    found = [one.before() for one in [*([moves] if moves is not None else []), *left]]
    found.append(
        "Standard logic apps cannot be seen from an account: stop those that use it by yourself, "
        "and start them afterwards."
    )
    if disabled:
        found.append(
            "Disabling a workflow lets its runs that are in progress or waiting finish, and they "
            "may issue numbers meanwhile. Where that must not be, suspend the service that is "
            "linked to the account, and wait until they have ended, before the push."
        )
    if body.workflows is WorkflowsPolicy.LEAVE:
        found.append(
            "Workflows are left as they are: those that run meanwhile see a half of the artifacts, "
            "and issue numbers while they are written."
        )
    if moves is not None and moves.lets_choose:
        found.append(
            "Choose the account in the settings of the workflows that are to use it: a push moves "
            "no workflow."
        )
    elif moves is not None:
        found.append(
            f"Deploy the logic apps that are to use the account in its region, {moves.location}, "
            "and its subscription, and choose it in their settings: a logic app uses accounts of "
            "its own region and subscription alone. A push moves no workflow."
        )
    if body.key_vaults:
        found.append("See that the keys in the other vaults are those that partners expect.")
    if numbers.policy is PushNumbersPolicy.AS_KNOWN or numbers.issued_again:
        found.append("Agree with partners on control numbers that may come twice.")
    if numbers.exhausted:
        found.append(
            "Raise the upper bound of agreements whose control numbers are used up: see "
            "NumbersExhausted."
        )
    if comes_back:
        found.append(comes_back)
    return found
