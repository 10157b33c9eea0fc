"""Which numbers of an account are lower than those that the ledger knows to be issued, or gone, and
which cannot be read.

A pull says so each time, and not once: as long as it is so, the account issues numbers again, or
issues them and nobody here knows.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from shared.integration_accounts.pulling.stores import PullStores
from shared.model.numbers import AgreementNumbers, Bounds, Counters
from shared.model.service import Service
from shared.model.session import Session
from shared.rules.integration_accounts.observed import Sighting, is_behind_ledger
from shared.rules.integration_accounts.session_names import Agreements, generated_name, named
from shared.rules.integration_accounts.sessions import GeneratedNumber, OtherSession, read
from shared.rules.integration_accounts.sessions import Session as Reading
from shared.rules.naming import artifact_key, session_key
from shared.rules.numbers import has_issued


@dataclass(frozen=True, slots=True)
class Behind:
    """A number of an account that is lower than one that was issued."""

    value: int | None
    """The last number by the account's session; None where that is gone."""
    issued: int
    """The last one by the ledger."""


class NumbersBehind:
    """Compares the sessions of an account with the ledger.

    An agreement that a pull brings or changes, as it may do with its parties, is compared by the
    next one.

    :param changed: keys of those agreements.
    :param added: the names of those of them that the service had not.
    :param first: whether it is the first pull of a link: what is stored may be of another account.
    """

    def __init__(self, changed: Collection[str], added: Sequence[str], *, first: bool) -> None:
        self._changed = changed
        self._added = added
        self.found: dict[str, Behind] = {}
        """By the session's name."""
        self.unreadable: dict[str, str] = {}
        """Sessions of issued numbers that cannot be read, by name: of which agreement each is."""
        self._first = first
        self._numbers: dict[str, AgreementNumbers] = {}
        self._counters: dict[str, Counters] = {}
        self._agreements = Agreements(())
        self._before: dict[str, Sighting] = {}

    @property
    def agreements(self) -> Agreements:
        """The agreements that sessions may be of."""
        return self._agreements

    @property
    def set_back(self) -> frozenset[str]:
        """Keys of the agreements that have a number which is gone or set back. Of the first pull of
        a link none: what is stored may be of another account."""
        if self._first:
            return frozenset()
        names = (named(one, self._agreements) for one in self.found)
        return frozenset(artifact_key(one[0].agreement) for one in names if one)

    async def load(self, stores: PullStores, service: Service) -> None:
        """Read the ledger of a service."""
        async for numbers in stores.configuration.all_numbers(service.id):
            self._numbers.update((artifact_key(one.name), one) for one in numbers)
        known = [one.name for one in self._numbers.values()]
        self._agreements = Agreements([*known, *self._added])
        async for rows in stores.ledger.pages(service.name):
            for row in rows:
                key = artifact_key(row.agreement)
                numbers_of = self._numbers.get(key)
                if numbers_of is None or key in self._changed:
                    continue
                if numbers_of.stream == row.stream:
                    self._counters[key] = row.counters

    def stored(self, session: Session) -> None:
        """Tell a session as it was stored last, its secrets in the clear."""
        said = self._as_read(session)
        if isinstance(said, GeneratedNumber) and not self._first:
            self._before[session.name.lower()] = Sighting(said.value, said.changed_time)

    def seen(self, session: Session) -> None:
        """Tell a session as the account has it."""
        self.unreadable.pop(session.name, None)
        said = self._as_read(session)
        if isinstance(said, OtherSession) and said.number_of:
            self.unreadable[session.name] = said.number_of
        if not isinstance(said, GeneratedNumber):
            return
        key = artifact_key(said.agreement)
        if key not in self._numbers:
            return
        counter = self._counters.get(key, {}).get(said.kind)
        bounds = self._numbers[key].numbering.get(said.kind, Bounds())
        now, before = (
            Sighting(said.value, said.changed_time),
            self._before.get(session.name.lower()),
        )
        self.found.pop(session.name, None)
        if counter is not None and is_behind_ledger(counter, bounds, now, before):
            self.found[session.name] = Behind(said.value, counter.last)

    def end(self, is_there: Callable[[str], bool]) -> None:
        """Find the numbers whose sessions are gone: the account begins again with the first one.

        :param is_there: whether the account has a session, by its ``session_key``.
        """
        for agreement, counters in self._counters.items():
            numbers = self._numbers[agreement]
            for kind, counter in counters.items():
                name = generated_name(numbers.name, kind)
                counts = kind in numbers.numbering and has_issued(counter)
                if counts and not is_there(session_key(name)):
                    self.found[name] = Behind(None, counter.last)

    def _as_read(self, session: Session) -> Reading:
        return read(session.name, session.content, session.changed_time, self._agreements)
