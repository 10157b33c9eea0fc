"""Sessions as a push writes them: in the form that the account has, else in the service's own, else
in that of Microsoft's commands.

Received numbers and other sessions are created where they are missing, and never set back.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from shared.model.numbers import Bounds, Counter, Kind
from shared.model.push import Action
from shared.model.wire import JsonObject, JsonValue
from shared.rules.integration_accounts.observed import Sighting
from shared.rules.integration_accounts.session_names import generated_name, received_name
from shared.rules.integration_accounts.sessions import new_content, number_of, written
from shared.rules.naming import session_key
from shared.rules.numbers import has_issued, moved_up


@dataclass(frozen=True, slots=True)
class SessionThere:
    """A session as the account or the service has it."""

    name: str
    """As it is spelt there."""
    content: JsonValue = field(repr=False)
    """As it came."""


@dataclass(frozen=True, slots=True)
class SessionWrite:
    """A session as it is written."""

    name: str
    content: JsonValue = field(repr=False)
    is_latest: bool = True
    """False for a generated number after which others may have been issued."""

    @property
    def document(self) -> JsonObject:
        """Its document, as ``resources.resource_of`` takes it."""
        return {"content": self.content}

    def to_json(self) -> JsonObject:
        """As it is staged."""
        return {"name": self.name, "content": self.content}


class SessionNames:
    """Which sessions the account has; names alone are kept."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._there = {session_key(name) for name in names}

    def add(self, name: str) -> None:
        """Add one."""
        self._there.add(session_key(name))

    def has(self, name: str) -> bool:
        """Whether it is there."""
        return self.has_key(session_key(name))

    def has_key(self, key: str) -> bool:
        """The same, by its ``session_key``."""
        return key in self._there

    def lacking(self, others: Iterable["SessionNames"]) -> Iterator[str]:
        """The keys of those that none of the others has."""
        known = list(others)
        return (key for key in self._there if not any(one.has_key(key) for one in known))

    def action(self, name: str) -> Action:
        """What a push does with a session of the service that is no generated number."""
        return Action.KEEP if self.has(name) else Action.CREATE


def generated_session(
    agreement: str,
    kind: Kind,
    standard: str,
    value: int,
    now: datetime,
    target: SessionThere | None = None,
    own: SessionThere | None = None,
) -> SessionWrite:
    """The session of a generated number with another value.

    :param standard: of the agreement, ``x12`` or ``edifact``.
    :param target: the account's session as it is; its time is the least that the new one is later
        than.
    :param own: the service's, as it was pulled.
    """
    name = next((one.name for one in (target, own) if one is not None), None)
    form = next(
        (one for one in (target, own) if one is not None and number_of(one.content) is not None),
        None,
    )
    content = (
        written(form.content, value, now) if form is not None else new_content(standard, value, now)
    )
    return SessionWrite(name or generated_name(agreement, kind), content)


def received_session(agreement: str, standard: str, number: str, now: datetime) -> SessionWrite:
    """The session of a received interchange that the service knows and has no session of.

    :param standard: of the agreement, ``x12`` or ``edifact``.
    :param number: the reference as it was received.
    :param now: when it was received, or now where that is unknown.
    """
    content = new_content(standard, number, now, received=True)
    return SessionWrite(received_name(agreement, standard, number), content)


def stands_at(counter: Counter, bounds: Bounds, target: Sighting | None) -> int | None:
    """The last number that a session has for a counter; None where nothing was issued or skipped.

    It is within the bounds or just below them, so that the next one is within: a counter below its
    bounds moves up. One that is above them stays: it was there before.
    """
    if target is not None and target.value == counter.last and counter.next <= counter.last + 1:
        return target.value
    following = moved_up(counter, bounds)
    begins = following.next <= bounds.lower and not has_issued(counter)
    if begins:
        return target.value if target is not None else None
    return following.next - 1
