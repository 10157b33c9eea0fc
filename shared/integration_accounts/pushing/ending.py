"""What a push tells at its end."""

from collections.abc import Sequence

from shared.integration_accounts.pushing.own import OwnWrites
from shared.integration_accounts.pushing.progress import Progressing
from shared.integration_accounts.pushing.survey import Survey
from shared.integration_accounts.pushing.target import Target
from shared.model.integration_account import AccountId
from shared.model.operation import Operation, Warning
from shared.model.push import Action
from shared.model.wire import JsonObject, JsonValue
from shared.rules.naming import shown, some

MOST_DIFFERENCES = 100
"""Differences that a result names one by one."""

_NAMED = 5
_WRONG = frozenset({Action.CREATE, Action.REPLACE, Action.REFUSE})


def unlike(survey: Survey, own: OwnWrites) -> list[str]:
    """The artifacts that the account has not as it was to have them."""
    found = [
        key
        for key, action in survey.actions.items()
        if action in _WRONG or own.is_wrong(key, action)
    ]
    named = [f"{key[0]}/{survey.records[key].name}" for key in found]
    for child, names in survey.deletions.items():
        named += [f"{child}/{name}" for name in names]
    return named


def result_of(operation: Operation, progress: Progressing) -> JsonObject:
    """What all attempts did."""
    now, plan = progress.now, operation.parameters.get("plan")
    target: JsonValue = plan.get("target") if isinstance(plan, dict) else None
    if isinstance(target, dict) and now.exists:
        target = {**target, "exists": True}
    found: JsonObject = {"target": target}
    if now.safety:
        found["safetyBackup"] = now.safety
    if now.workflows:
        found["workflows"] = now.workflows
    return {**found, **progress.written.to_json()}


def compared(differing: Sequence[str]) -> JsonObject:
    """What the account, read again, is not as it was to become."""
    return {
        "verified": not differing,
        "differs": [*differing[:MOST_DIFFERENCES]],
        "moreDiffer": max(0, len(differing) - MOST_DIFFERENCES),
    }


def differs(differing: Sequence[str]) -> Warning:
    """The warning of an account that is not as it was to become."""
    return Warning(
        code="NotAsWritten",
        message=f"Read again, the account is not as it was to become: {_some(differing)}. Somebody "
        "else may change it, or Azure keeps it otherwise: look at it, and push again.",
        target="verified",
    )


def disabled_for_nothing(account: AccountId, workflows: JsonObject) -> Warning:
    """The warning of a push that ended before its first write, and had disabled workflows.

    :param workflows: what was noted of them.
    """
    resume = workflows.get("resume")
    to_do = (
        f"Resume service '{shown(str(resume))}' to have them enabled again"
        if resume
        else "Look at them in Azure"
    )
    return Warning(
        code="WorkflowsDisabledForNothing",
        message="The push wrote nothing to the account. Before the backup of it, workflows that "
        f"use it were disabled, as numbers were to be set back: the result names them. {to_do}; or "
        "push again.",
        target=str(account),
    )


def not_linked(why: str, target: Target) -> Warning:
    """The warning of a service that is not linked to the account."""
    return Warning(
        code="NotLinked",
        message=f"The service is not linked to the account: {why}",
        target=target.resource_id,
    )


NOT_AS_WRITTEN = (
    "it is not as it was to become, and the next pull would bring that. Look at what differs, and "
    "push again, or link it yourself."
)
NOT_PLANNED = (
    "its plan did not say so, as another service was linked to it, or it kept artifacts otherwise. "
    "That is no more so: link it yourself, where it is to be."
)


def would_be_replaced(kept: Sequence[str]) -> str:
    """Why no service is linked to an account that keeps artifacts otherwise than it."""
    return (
        f"it keeps artifacts otherwise than the service has them ({_some(kept)}), and the next "
        "pull would replace the service's by them. Push with existing: replace, or link it "
        "yourself."
    )


def _some(names: Sequence[str]) -> str:
    return some([shown(name) for name in names], _NAMED)
