"""The write of which an earlier attempt of a push heard nothing, as its worker died: what is there
tells the next attempt whether it was carried out.
"""

from functools import partial

from shared.integration_accounts.pushing.patient import patiently
from shared.integration_accounts.pushing.planning import Planned
from shared.integration_accounts.pushing.session_writing import fingerprint
from shared.integration_accounts.pushing.written import Counted, Sending, Written
from shared.model.integration_account import Child
from shared.model.numbers import Kind
from shared.model.push import Action
from shared.operations.task import Task
from shared.rules.integration_accounts.children import CHILDREN
from shared.rules.integration_accounts.push_choice import key_of
from shared.rules.integration_accounts.resources import record_of
from shared.rules.naming import artifact_key


async def settle_unheard(task: Task, planned: Planned, written: Written) -> None:
    """Count a write that was sent, where the account has it now. Each was sent only where the
    account had it otherwise, so it is the push's own, or somebody else's that is just the same.

    One that the account does not have, and that this attempt compares again, stays as it is until
    then: it may be carried out still.

    :param planned: the plan of this attempt, which has looked at the account after that write.
    :raises ArmRefused: what ARM refused.
    """
    one = written.sending
    if one is None:
        return
    if not planned.target.exists:
        written.end(done=False)
    elif one.counted is Counted.NUMBER:
        written.end(done=_has_number(planned, one))
    elif one.counted is Counted.SESSION:
        written.end(done=await _has_session(task, planned, one))
    elif _has_artifact(planned, one):
        written.end()


def _has_artifact(planned: Planned, one: Sending) -> bool:
    """Whether an artifact is as it was to become."""
    survey, key = planned.looked.survey, key_of(one.section, one.name)
    if one.counted is Counted.DELETED:
        return not any(
            key_of(CHILDREN[child].section, name) == key
            for child, names in survey.deletions.items()
            for name in names
        )
    return survey.actions.get(key) is Action.SAME


def _has_number(planned: Planned, one: Sending) -> bool:
    """Whether a session has the number just so: one that is further may have gone on without it."""
    there = planned.looked.numbers.there.generated.get((artifact_key(one.name), Kind(one.kind)))
    sighting = there.sighting if there is not None else None
    return sighting is not None and str(sighting.value) == one.wanted


async def _has_session(task: Task, planned: Planned, one: Sending) -> bool:
    item = partial(planned.target.account.item, Child.SESSIONS, one.name)
    found = await patiently(task, item)
    if found is None:
        return False
    return fingerprint(record_of(Child.SESSIONS, found).document["content"]) == one.wanted
