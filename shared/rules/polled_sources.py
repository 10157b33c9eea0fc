"""The sources that a bridge polls by itself, and what stops them at a restore."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.model.record import StoredText
from shared.model.wire import JsonObject, JsonValue
from shared.rules.documents import escaped
from shared.rules.naming import artifact_key
from shared.rules.secret_looks import looks_secret
from shared.rules.trading import member
from shared.rules.written import may_have_member

Place = tuple[str, str]
"""Type and address of a source, in the form in which they are compared."""

_POLLED = ("ftp", "sftp", "servicebus", "queue", "topic", "subscription")
"""Beginnings of the types of sources that a bridge asks by itself (BizTalk Services: FTP, SFTP and
Service Bus sources)."""

_PLACES = frozenset({"source", "sources"})
_STATE = "state"
_STOPPED = "Stopped"
_ENABLED = "enabled"


@dataclass(frozen=True)
class Source:
    """A source that a bridge polls."""

    pointer: str
    kind: str
    address: str

    def place(self, bridge: str) -> Place:
        """What two services would both poll: the address, or the name of the bridge where the
        source has none."""
        return self.kind.lower(), self.address or f"{artifact_key(bridge)}{self.pointer}"


def sources(document: JsonObject) -> list[Source]:
    """The sources that a bridge's document says it polls."""
    return [
        Source(pointer, str(member(found, "type")), _address(found))
        for pointer, found in _sources(document, "")
    ]


def _sources(
    value: JsonValue, pointer: str, *, in_place: bool = False
) -> Iterator[tuple[str, JsonObject]]:
    """Each polled source with its pointer; an outer source comes before one inside it."""
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _sources(inner, f"{pointer}/{index}", in_place=in_place)
    if not isinstance(value, dict):
        return
    if in_place and _is_polled(value):
        yield pointer, value
    for name, inner in value.items():
        is_place = name.lower() in _PLACES
        yield from _sources(inner, f"{pointer}/{escaped(name)}", in_place=is_place)


def _is_polled(source: JsonObject) -> bool:
    kind = str(member(source, "type")).lower().replace("-", "").replace(" ", "")
    return kind.startswith(_POLLED)


def _address(source: JsonObject) -> str:
    for name in ("address", "url", "server", "host", "queue", "topic"):
        value = member(source, name)
        # An address with a password in it is sealed in a service, and cannot be compared there
        # either.
        if isinstance(value, str) and not looks_secret(value):
            return value
    return ""


def may_poll(written: StoredText) -> bool:
    """Whether a bridge may have a source, by the text of its document."""
    return may_have_member(written, _PLACES)


def with_sources_stopped(document: JsonObject) -> JsonObject:
    """A bridge's document with each source that it polls stopped.

    By its members ``enabled`` and ``state`` where it has them; by ``state`` where it has neither.
    """
    found = _with_stopped(document, in_place=False)
    assert isinstance(found, dict)
    return found


def _with_stopped(value: JsonValue, *, in_place: bool) -> JsonValue:
    if isinstance(value, list):
        return [_with_stopped(inner, in_place=in_place) for inner in value]
    if not isinstance(value, dict):
        return value
    found = {
        name: _with_stopped(inner, in_place=name.lower() in _PLACES)
        for name, inner in value.items()
    }
    return _stopped(found) if in_place and _is_polled(value) else found


def _stopped(source: JsonObject) -> JsonObject:
    switches: dict[str, JsonValue] = {_ENABLED: False, _STATE: _STOPPED}
    there = {name: switches[name.lower()] for name in source if name.lower() in switches}
    return {**source, **(there or {_STATE: _STOPPED})}
