"""What a push's request must hold in itself, and what its plan tells to do before resuming."""

from collections.abc import Iterator

from shared.model.integration_account import Sku
from shared.model.problem import Code, Problem
from shared.model.push import PlannedNumbers, PushBody, PushNumbersPolicy, WorkflowsPolicy

_SKUS = (Sku.FREE, Sku.BASIC, Sku.STANDARD, Sku.PREMIUM)


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
    if body.create is not None and body.create.sku not in _SKUS:
        yield Problem(
            Code.INVALID_REQUEST,
            f"An account is made in one of the tiers {', '.join(_SKUS)}.",
            "/create/sku",
        )


def before_resuming(
    body: PushBody, numbers: PlannedNumbers, *, moves: bool, disabled: int
) -> list[str]:
    """The checklist of what to do before the workflows that use the account are resumed.

    :param moves: whether the account is another one than that which the service was pulled from.
    :param disabled: how many workflows are disabled for the push.
    """
    found = [
        "Standard logic apps cannot be seen from an account: stop those that use it by yourself, "
        "and start them afterwards.",
    ]
    if body.workflows is WorkflowsPolicy.LEAVE:
        found.append(
            "Workflows are left as they are: those that run meanwhile see a half of the artifacts, "
            "and issue numbers while they are written."
        )
    if moves:
        found += [
            "Choose the account in the settings of the workflows that are to use it: a push moves "
            "no workflow.",
            "See that the former account issues no more numbers: disable the workflows that use "
            "it.",
        ]
    if body.key_vaults:
        found.append("See that the keys in the other vaults are those that partners expect.")
    if numbers.policy is PushNumbersPolicy.AS_KNOWN or numbers.issued_again:
        found.append("Agree with partners on control numbers that may come twice.")
    if numbers.exhausted:
        found.append(
            "Raise the upper bound of agreements whose control numbers are used up: see "
            "NumbersExhausted."
        )
    if disabled:
        found.append(
            f"Resume the service when all is as it should be: it enables the {disabled} workflows "
            "that the push disables, and no other."
        )
    return found
