"""Which artifacts a push takes, of those that the service and the account have."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.model.problem import Code, Problem
from shared.model.restore import Pick
from shared.model.sections import SECTIONS, Section
from shared.model.wire import JsonObject
from shared.rules.naming import artifact_key, shown
from shared.rules.references import references

Key = tuple[str, str]
"""Section and name of an artifact, in the form in which names are compared."""


def key_of(section: str, name: str) -> Key:
    """The key of an artifact."""
    return str(section), artifact_key(name)


@dataclass(frozen=True)
class Chosen:
    """What a push takes."""

    held: frozenset[Key]
    """Artifacts of the service that are pushed."""
    include: frozenset[Key]
    exclude: frozenset[Key]
    """What the request names; an empty name is the whole section."""

    def takes(self, section: str, name: str) -> bool:
        """Whether an artifact of the service is pushed."""
        return key_of(section, name) in self.held

    def takes_extra(self, section: str, name: str) -> bool:
        """Whether what the account alone has is among what the request is about."""
        key = key_of(section, name)
        is_in = not self.include or _is_picked(key, self.include)
        return is_in and not _is_picked(key, self.exclude)


class Choice:
    """Collects what there is, and then says what is taken.

    It keeps names and which artifact names which, no documents.
    """

    def __init__(self, include: Sequence[Pick], exclude: Sequence[Pick]) -> None:
        self._include, self._exclude = include, exclude
        self._named: dict[Key, tuple[Key, ...]] = {}
        self._there: set[Key] = set()

    def add(self, section: str, name: str, document: JsonObject) -> None:
        """Add an artifact of the service."""
        found = references(Section(section), document) if section in SECTIONS else []
        names = dict.fromkeys(key_of(one.section, one.name) for one in found)
        self._named[key_of(section, name)] = tuple(names)

    def add_target(self, section: str, name: str) -> None:
        """Add an artifact of the account."""
        if any(pick.section == section for pick in (*self._include, *self._exclude)):
            self._there.add(key_of(section, name))

    def end(self) -> tuple[Chosen, list[Problem]]:
        """What is taken, and what is wrong with the choice.

        A chosen artifact brings those that it names, and those that they name, unless they are
        excluded: ``PushChecks`` says where the account would lack one then.
        """
        include, exclude = _keys(self._include), _keys(self._exclude)
        problems = [
            *self._that_match_nothing(self._include, "include"),
            *self._that_match_nothing(self._exclude, "exclude"),
        ]
        waiting = [
            key
            for key in self._named
            if not _is_picked(key, exclude) and (not include or _is_picked(key, include))
        ]
        held = set(waiting)
        while waiting:
            for other in self._named[waiting.pop()]:
                if other in self._named and other not in held and not _is_picked(other, exclude):
                    held.add(other)
                    waiting.append(other)
        return Chosen(frozenset(held), include, exclude), problems

    def _that_match_nothing(self, picks: Sequence[Pick], member: str) -> Iterator[Problem]:
        for index, pick in enumerate(picks):
            if pick.name is None:
                continue
            key = key_of(pick.section, pick.name)
            if key not in self._named and key not in self._there:
                yield Problem(
                    Code.ARTIFACT_NOT_FOUND,
                    f"Neither the service nor the account has a '{shown(pick.name)}' in the "
                    f"section {pick.section}. Look at the name, or leave it out.",
                    f"/{member}/{index}",
                )


def _keys(picks: Sequence[Pick]) -> frozenset[Key]:
    return frozenset(
        key_of(pick.section, pick.name) if pick.name is not None else (str(pick.section), "")
        for pick in picks
    )


def _is_picked(key: Key, picks: frozenset[Key]) -> bool:
    return (key[0], "") in picks or key in picks
