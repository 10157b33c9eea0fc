"""Received numbers and other sessions that the accounts which numbers of a service came from have
got since they were pulled.

An account that lacks a received number accepts that interchange a second time. There may be very
many: names alone are kept, and contents are read page by page as they are written.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from shared.arm.client import Arm
from shared.arm.refusals import ArmRefused
from shared.integration_accounts.pushing.origins import Sources
from shared.integration_accounts.pushing.sources import (
    SessionsThere,
    generated_key,
    is_uncounted,
)
from shared.integration_accounts.pushing.survey import Survey
from shared.model.integration_account import Child
from shared.model.problem import Problem
from shared.model.push import ControlNumbersAtPush, PushNumbersPolicy
from shared.rules.integration_accounts.ids import account_id_of
from shared.rules.integration_accounts.push_known import SourceState, choice_for
from shared.rules.integration_accounts.push_sessions import SessionNames, SessionWrite
from shared.rules.integration_accounts.resources import record_of
from shared.rules.integration_accounts.session_names import Agreements, named
from shared.rules.naming import artifact_key, session_key


def received_since(
    sources: Sources,
    held: SessionsThere,
    there: SessionsThere,
    survey: Survey,
    asked: ControlNumbersAtPush,
) -> frozenset[str]:
    """The keys of sessions that a source alone has, of what is pushed: the account gets them.

    Generated numbers are none of them. ``asKnown`` asks for what is known, and no source.

    :param held: the sessions of the service.
    :param there: those of the account that is pushed to.
    """
    agreements = Agreements(survey.all_agreements.values())
    found = set[str]()
    for source in sources.all:
        if source.is_target:
            continue
        for key in source.others.lacking((held.others, there.others)):
            if key not in source.not_held and _is_carried(key, agreements, survey, asked):
                found.add(key)
    return frozenset(found)


def silent_sources(sources: Sources, survey: Survey, asked: ControlNumbersAtPush) -> list[str]:
    """The ids of accounts that do not say what they received since they were pulled; none where
    nothing is asked of them."""
    agreements = (choice_for(asked, one.name).policy for one in survey.agreements.values())
    if all(policy is PushNumbersPolicy.AS_KNOWN for policy in agreements):
        return []
    return [one.resource_id for one in sources.all if one.state is not SourceState.READ]


def _is_carried(
    key: str, agreements: Agreements, survey: Survey, asked: ControlNumbersAtPush
) -> bool:
    if generated_key(key, agreements) is not None or is_uncounted(key, agreements):
        return False
    if not is_chosen(key, agreements, survey):
        return False
    meanings = named(key, agreements)
    policy = choice_for(asked, meanings[0].agreement).policy if meanings else asked.policy
    return policy is not PushNumbersPolicy.AS_KNOWN


def is_chosen(name: str, agreements: Agreements, survey: Survey) -> bool:
    """Whether a session is of an agreement that is pushed; of none, whether everything is."""
    meanings = named(name, agreements)
    if not meanings:
        return not (survey.chosen.include or survey.chosen.exclude)
    return artifact_key(meanings[0].agreement) in survey.agreements


@dataclass(frozen=True)
class ReceivedSince:
    """Reads such sessions.

    :param wanted: their keys.
    """

    arm: Arm
    sources: Sources
    wanted: frozenset[str]

    async def all(self) -> AsyncIterator[SessionWrite]:
        """Each of them once, as an account has it. An account that does not list all of its
        sessions now gives those of the pages that it gave; the end of a push looks again."""
        given = SessionNames()
        readable = [one for one in self.sources.all if one.state is SourceState.READ]
        for source in readable if self.wanted else []:
            if source.is_target:
                continue
            account = self.arm.account(account_id_of(source.resource_id))
            try:
                async for page in account.pages(Child.SESSIONS):
                    for resource in page:
                        try:
                            found = record_of(Child.SESSIONS, resource)
                        except Problem:
                            continue
                        key = session_key(found.name)
                        if key in self.wanted and not given.has(found.name):
                            given.add(found.name)
                            yield SessionWrite(found.name, found.document["content"])
            except ArmRefused:
                continue
