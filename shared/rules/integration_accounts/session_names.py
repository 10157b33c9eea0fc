"""Names of sessions: of which agreement one is, and what it holds.

``{agreement}-{Icn|Gcn|Tscn}`` are generated numbers, interchange, group and transaction set; with
``-ACK`` those of acknowledgements. ``{X12|Edifact}-ICN-{agreement}-{number}`` is a received one.
Names of agreements hold hyphens and may end like such a name, so that only the agreements that
exist tell the parts apart.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.model.numbers import Kind
from shared.rules.naming import ordinal

GENERATED: Mapping[str, Kind | None] = {
    "-icn": Kind.INTERCHANGE,
    "-gcn": Kind.GROUP,
    "-tscn": Kind.TRANSACTION_SET,
    "-tscn-ack": Kind.ACKNOWLEDGEMENT,
    "-gcn-ack": None,
    "-icn-ack": None,
}
"""Ends of the names of generated numbers, and the counter of the ledger.

An acknowledgement has one range of its own in an agreement, ``acknowledgementControlNumber``: ST02
of the 997 or 999, UNH of the CONTRL, which is what its transaction set is numbered by. Its
interchange takes the agreement's interchange number (Microsoft's commands say that there is no
``-ICN-ACK``), and for its group number no agreement has bounds and the ledger has no counter: such
sessions are kept as they are, and no more."""

_ENDS = tuple(sorted(GENERATED, key=len, reverse=True))
_SPELT = {
    Kind.INTERCHANGE: "Icn",
    Kind.GROUP: "Gcn",
    Kind.TRANSACTION_SET: "Tscn",
    Kind.ACKNOWLEDGEMENT: "Tscn-ACK",
}
_RECEIVED = {"x12-icn-": "x12", "edifact-icn-": "edifact"}
_STANDARDS = {"x12": "X12", "edifact": "Edifact"}


class Agreements:
    """The names of the agreements that exist, to be found by any spelling."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {_compared(name): name for name in names}

    def find(self, name: str) -> str | None:
        """An agreement's name in its own spelling, None where there is none."""
        return self._names.get(_compared(name))


def _compared(name: str) -> str:
    """The form that is equal for names that are the same: quick, since names are mostly ASCII, and
    there are many sessions."""
    return name.upper() if name.isascii() else ordinal(name)


@dataclass(frozen=True, slots=True)
class GeneratedName:
    """The name of a session with a generated number."""

    agreement: str
    kind: Kind | None
    """None for a number that the ledger has no counter for."""


@dataclass(frozen=True, slots=True)
class ReceivedName:
    """The name of a session of a received interchange."""

    agreement: str
    standard: str
    """As in an agreement's document, in lower case."""
    number: str
    """The reference as it is in the name."""


def named(name: str, agreements: Agreements) -> tuple[GeneratedName | ReceivedName, ...]:
    """What a session's name can mean, given the agreements; the likeliest first, mostly one.

    Of two agreements whose names both fit, the longer one is likelier.
    """
    lower = name.lower()
    found: list[GeneratedName | ReceivedName] = []
    for end in _ENDS if lower.endswith(_ENDS) else ():
        agreement = agreements.find(name[: -len(end)]) if lower.endswith(end) else None
        if agreement is not None:
            found.append(GeneratedName(agreement, GENERATED[end]))
    for beginning, standard in _RECEIVED.items():
        if lower.startswith(beginning):
            found += _received(name[len(beginning) :], standard, agreements)
    return tuple(sorted(found, key=lambda one: -len(one.agreement)))


def _received(rest: str, standard: str, agreements: Agreements) -> list[ReceivedName]:
    """Every agreement that what follows the beginning can begin with."""
    found: list[ReceivedName] = []
    place = rest.find("-")
    while 0 <= place < len(rest) - 1:
        agreement = agreements.find(rest[:place])
        if agreement is not None:
            found.append(ReceivedName(agreement, standard, rest[place + 1 :]))
        place = rest.find("-", place + 1)
    return found


def generated_name(agreement: str, kind: Kind) -> str:
    """The name of the session of a generated number, in the spelling of Microsoft's commands."""
    return f"{agreement}-{_SPELT[kind]}"


def received_name(agreement: str, standard: str, number: str) -> str:
    """The name of the session of a received interchange, in the spelling of Microsoft's commands.

    :param standard: as in an agreement's document, without regard to case.
    """
    return f"{_STANDARDS[standard.lower()]}-ICN-{agreement}-{number}"
