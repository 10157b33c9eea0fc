"""Which artifacts a restore takes, of those that a backup has."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from shared.model.problem import Code, Problem
from shared.model.restore import Pick
from shared.model.sections import Section
from shared.model.wire import JsonObject
from shared.rules.naming import artifact_key, shown
from shared.rules.references import references

Key = tuple[Section, str]
"""Section and name of an artifact, in the form in which names are compared."""


def key_of(section: Section, name: str) -> Key:
    """The key of an artifact."""
    return section, artifact_key(name)


@dataclass
class Parts:
    """The artifacts of a backup with what each names, collected while it is read."""

    named: dict[Key, tuple[Key, ...]] = field(default_factory=dict)
    content: dict[Key, str] = field(default_factory=dict)

    def add(self, section: Section, name: str, document: JsonObject, sha256: str | None) -> None:
        """Add one artifact."""
        key = key_of(section, name)
        self.named[key] = tuple(
            key_of(found.section, found.name) for found in references(section, document)
        )
        if sha256 is not None:
            self.content[key] = sha256


def select(
    parts: Parts, include: Sequence[Pick], exclude: Sequence[Pick]
) -> tuple[frozenset[Key], list[Problem]]:
    """The artifacts that are restored, and what is wrong with the choice.

    A chosen artifact brings those that it names, and those that they name. An artifact that is left
    out must not be named by one that is restored.
    """
    problems = [
        *_that_match_nothing(parts, include, "include"),
        *_that_match_nothing(parts, exclude, "exclude"),
    ]
    left_out = {key for key in parts.named if _is_picked(key, exclude)}
    waiting = [
        key
        for key in parts.named
        if key not in left_out and (not include or _is_picked(key, include))
    ]
    chosen = set(waiting)
    told: set[Key] = set()
    while waiting:
        key = waiting.pop()
        for other in parts.named[key]:
            if other in left_out and other not in told:
                told.add(other)
                problems.append(_still_named(other, key))
            elif other in parts.named and other not in chosen and other not in left_out:
                chosen.add(other)
                waiting.append(other)
    if parts.named and not chosen and not problems:
        problems.append(
            Problem(
                Code.INVALID_REQUEST,
                "include and exclude together leave nothing to restore. Include a section that the "
                "backup has something of, or exclude less.",
                "/include" if include else "/exclude",
            )
        )
    return frozenset(chosen), problems


def _is_picked(key: Key, picks: Iterable[Pick]) -> bool:
    section, name = key
    return any(
        pick.section is section and (pick.name is None or artifact_key(pick.name) == name)
        for pick in picks
    )


def _that_match_nothing(parts: Parts, picks: Sequence[Pick], member: str) -> Iterator[Problem]:
    for index, pick in enumerate(picks):
        if pick.name is not None and key_of(pick.section, pick.name) not in parts.named:
            yield _not_there(pick.section, pick.name, f"/{member}/{index}")


def _not_there(section: Section, name: str, target: str) -> Problem:
    return Problem(
        Code.ARTIFACT_NOT_FOUND,
        f"The backup has no '{shown(name)}' in the section {section}.",
        target,
    )


def _still_named(left_out: Key, by: Key) -> Problem:
    return Problem(
        Code.DANGLING_REFERENCE,
        f"{left_out[0]}/{left_out[1]} is excluded, and {by[0]}/{by[1]}, which is restored, names "
        "it. Exclude that too, or neither.",
        "/exclude",
    )
