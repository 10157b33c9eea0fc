"""Numbers of acknowledgements that the ledger has no counter for: ``-Gcn-ACK`` and ``-Icn-ACK``.

An account that has no session of one begins at its lowest number: those that the account that the
service was pulled from issued to the same partners would come again.
"""

from collections.abc import Iterator

from shared.integration_accounts.pushing.origins import Sources
from shared.integration_accounts.pushing.sources import Generated, SessionsThere
from shared.integration_accounts.pushing.survey import Survey
from shared.model.push import ControlNumbersAtPush, PushNumbersPolicy
from shared.rules.integration_accounts.push_known import choice_for
from shared.rules.integration_accounts.push_sessions import SessionWrite
from shared.rules.integration_accounts.session_names import Agreements, GeneratedName, named
from shared.rules.integration_accounts.sessions import number_of
from shared.rules.naming import artifact_key


def goes_on(name: str, agreements: Agreements, asked: ControlNumbersAtPush) -> bool:
    """Whether a session is of such a number, and goes on after the latest that is known."""
    agreement = _agreement(name, agreements)
    if agreement is None:
        return False
    return choice_for(asked, agreement).policy is not PushNumbersPolicy.AS_KNOWN


def of_source_alone(
    sources: Sources,
    held: SessionsThere,
    there: SessionsThere,
    survey: Survey,
    asked: ControlNumbersAtPush,
) -> list[SessionWrite]:
    """The sessions that the source has, made since it was pulled, and that the account lacks: they
    are created as the source has them.

    :param held: the sessions of the service.
    :param there: those of the account that is pushed to.
    """
    agreements = Agreements(survey.all_agreements.values())
    return [
        SessionWrite(one.name, one.content)
        for key, one in sorted(sources.uncounted.items())
        if key not in held.uncounted
        and key not in there.uncounted
        and _is_pushed(one.name, agreements, survey)
        and goes_on(one.name, agreements, asked)
    ]


def behind(
    sources: Sources,
    held: SessionsThere,
    there: SessionsThere,
    survey: Survey,
    asked: ControlNumbersAtPush,
) -> Iterator[str]:
    """The names of sessions with which the account goes on below what is known to be issued: its
    own, which is never changed, or what the service knows, as the request asks.

    :param held: as of ``of_source_alone``.
    """
    if sources.uncounted is there.uncounted and sources.uncounted:
        return  # the account itself: nothing that others issued is in it
    agreements = Agreements(survey.all_agreements.values())
    for key in sorted({*held.uncounted, *sources.uncounted}):
        own, now, target = (
            one.get(key) for one in (held.uncounted, sources.uncounted, there.uncounted)
        )
        name = next(one.name for one in (own, now) if one is not None)
        if not _is_pushed(name, agreements, survey):
            continue
        becomes = _value(target)
        if target is None:
            if goes_on(name, agreements, asked):
                continue  # created with the latest that is known
            becomes = _value(own)
        issued = max(_value(own), _value(now))
        if issued > becomes:
            yield name


def _value(session: Generated | None) -> int:
    number = number_of(session.content) if session is not None else None
    return number or 0


def _agreement(name: str, agreements: Agreements) -> str | None:
    """The agreement that such a session is of; None for another session."""
    meanings = named(name, agreements)
    meaning = meanings[0] if meanings else None
    if not isinstance(meaning, GeneratedName) or meaning.kind is not None:
        return None
    return meaning.agreement


def _is_pushed(name: str, agreements: Agreements, survey: Survey) -> bool:
    agreement = _agreement(name, agreements)
    return agreement is not None and artifact_key(agreement) in survey.agreements
