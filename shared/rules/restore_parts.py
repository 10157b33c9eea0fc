"""Which artifacts a restore takes, what it replaces in them, and which sources it stops."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from shared.model.artifact import Section
from shared.model.problem import Code, Problem
from shared.model.restore import Pick, Replacement
from shared.model.wire import JsonObject, JsonValue
from shared.rules.documents import SECRET, at, escaped, require_acceptable, require_no_mask
from shared.rules.naming import artifact_key, shown
from shared.rules.numbers import numbering
from shared.rules.references import references
from shared.rules.trading import parties, partner_identities

Key = tuple[Section, str]
"""Section and name of an artifact, as names compare."""

Place = tuple[str, str]
"""Type and address of a source, as they compare."""

_POLLED = ("ftp", "sftp", "servicebus", "queue", "topic", "subscription")
"""Beginnings of the types of sources that a bridge asks by itself (BizTalk Services: FTP, SFTP and
Service Bus sources)."""

_PLACES = frozenset({"source", "sources"})
_STATE = "state"
_STOPPED = "Stopped"
_ENABLED = "enabled"


def key_of(section: Section, name: str) -> Key:
    """How an artifact is known here."""
    return section, artifact_key(name)


@dataclass
class Parts:
    """The artifacts of a backup with what each names, collected while it is read."""

    named: dict[Key, tuple[Key, ...]] = field(default_factory=dict)
    content: dict[Key, str] = field(default_factory=dict)

    def add(self, section: Section, name: str, document: JsonObject, sha256: str | None) -> None:
        """Note one artifact."""
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

    What is chosen brings what it names, and what that names. What is left out must not be named
    by what is restored.
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


@dataclass(frozen=True)
class Change:
    """One value of a document that is replaced."""

    before: JsonValue
    after: JsonValue


def replaced(
    section: Section, document: JsonObject, replacements: Mapping[int, Replacement]
) -> tuple[JsonObject, dict[int, Change], list[Problem]]:
    """A document with values replaced, what changed, and what is wrong with that.

    A replacement changes an address, not what an artifact is: which others it names, whose
    identities it has, and within what it numbers stay as they were backed up.

    :param replacements: by their index in the request.
    """
    found, changes, problems = document, dict[int, Change](), list[Problem]()
    pointers: set[str] = set()
    for index, one in replacements.items():
        if one.pointer in pointers:
            problems.append(
                Problem(
                    Code.INVALID_REQUEST,
                    f"'{shown(one.pointer)}' of {section}/{shown(one.name)} is replaced twice. "
                    "Keep one of them.",
                    f"/replace/{index}/pointer",
                )
            )
            continue
        pointers.add(one.pointer)
        before = at(found, one.pointer)
        # What stands for a secret in a backup's section is no part of the document.
        inside = SECRET in one.pointer.split("/")
        if before is None or inside or not one.pointer.startswith("/"):
            problems.append(
                Problem(
                    Code.INVALID_REQUEST,
                    f"{section}/{shown(one.name)} has no value at '{shown(one.pointer)}'. A "
                    "replacement takes a JSON pointer to a value that is there.",
                    f"/replace/{index}/pointer",
                )
            )
            continue
        after = _with(found, one.pointer.split("/")[1:], one.value)
        assert isinstance(after, dict)
        try:
            require_acceptable({"value": one.value}, "")
            require_no_mask(one.value, f"/replace/{index}/value")
            same = _nature(section, after) == _nature(section, document)
        except Problem as problem:
            problems.append(_unacceptable(index, one, problem))
            continue
        if not same:
            problems.append(
                Problem(
                    Code.INVALID_REQUEST,
                    f"'{shown(one.pointer)}' of {section}/{shown(one.name)} says which artifacts "
                    "it names, whose identity it has, or how it numbers: a restore keeps that. "
                    "Change it afterwards.",
                    f"/replace/{index}/pointer",
                )
            )
            continue
        found, changes[index] = after, Change(before, one.value)
    return found, changes, problems


def _unacceptable(index: int, one: Replacement, problem: Problem) -> Problem:
    return Problem(
        problem.code,
        f"With that value {one.section}/{shown(one.name)} is refused: {problem.message}",
        f"/replace/{index}/value",
    )


def _nature(section: Section, document: JsonObject) -> object:
    named = sorted((r.section, artifact_key(r.name)) for r in references(section, document))
    if section is Section.AGREEMENTS:
        return named, numbering(document), parties(document)
    if section is Section.PARTNERS:
        return named, partner_identities(document)
    return named


def _with(value: JsonValue, path: Sequence[str], new: JsonValue) -> JsonValue:
    if not path:
        return new
    name = path[0].replace("~1", "/").replace("~0", "~")
    if isinstance(value, dict):
        return {m: _with(v, path[1:], new) if m == name else v for m, v in value.items()}
    assert isinstance(value, list)
    place = int(name)
    return [_with(v, path[1:], new) if i == place else v for i, v in enumerate(value)]


@dataclass(frozen=True)
class Source:
    """A source that a bridge polls."""

    pointer: str
    kind: str
    address: str

    def place(self, bridge: str) -> Place:
        """What two services both ask: the address, or, where it tells none, the same bridge's."""
        return self.kind.lower(), self.address or f"{artifact_key(bridge)}{self.pointer}"


def sources(document: JsonObject) -> list[Source]:
    """The sources that a bridge's document says it polls."""
    return [
        Source(pointer, str(found.get("type")), _address(found))
        for pointer, found in _sources(document, "")
    ]


def _sources(value: JsonValue, pointer: str) -> Iterator[tuple[str, JsonObject]]:
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _sources(inner, f"{pointer}/{index}")
    if not isinstance(value, dict):
        return
    for member, inner in value.items():
        place = f"{pointer}/{escaped(member)}"
        if member.lower() in _PLACES:
            listed = inner if isinstance(inner, list) else [inner]
            for index, one in enumerate(listed):
                if isinstance(one, dict) and _is_polled(one):
                    yield (f"{place}/{index}" if isinstance(inner, list) else place), one
        else:
            yield from _sources(inner, place)


def _is_polled(source: JsonObject) -> bool:
    kind = str(source.get("type", "")).lower().replace("-", "").replace(" ", "")
    return kind.startswith(_POLLED)


def _address(source: JsonObject) -> str:
    for member in ("address", "url", "server", "host", "queue", "topic"):
        if isinstance(source.get(member), str):
            return str(source[member])
    return ""


def with_sources_stopped(document: JsonObject) -> JsonObject:
    """A bridge's document with each source that it polls stopped.

    By its member ``enabled`` where it has one, by ``state`` else.
    """
    found: JsonValue = document
    for pointer, source in list(_sources(document, "")):
        stopped: JsonObject = {**source, _STATE: _STOPPED}
        if _ENABLED in source and _STATE not in source:
            stopped = {**source, _ENABLED: False}
        found = _with(found, pointer.split("/")[1:], stopped)
    assert isinstance(found, dict)
    return found
