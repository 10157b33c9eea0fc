"""The bounds within which an agreement numbers, read from its document, and how a number is written
in an envelope.

Interchange, group and transaction set numbers are those of the send settings (ISA13, GS06, ST02;
UNB 0020, UNG 0048, UNH 0062). An acknowledgement answers what was received, and its range, prefix
and suffix are of the receive settings: Microsoft's reference of EDIFACT message settings in Logic
Apps has them there ("EDIFACT Acknowledgment Control Number"), and for X12 BizTalk Server, whose
agreements integration accounts took over, calls them the receiver's ("ACK Control number (ST02)").
Exported agreements have the members on both sides, as the API of integration accounts asks for
them, one side with defaults: a side that has only defaults is ignored in favour of the other.
"""

import string
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.model.numbers import HIGHEST_NUMBER, HIGHEST_REFERENCE, Bounds, Kind, Numbering
from shared.model.problem import Code, Problem
from shared.model.wire import JsonObject, JsonValue
from shared.rules.naming import shown
from shared.rules.trading import agreement_content, member

_MEMBERS: dict[Kind, tuple[str, str]] = {
    Kind.INTERCHANGE: ("envelopeSettings", "interchangeControlNumber"),
    Kind.GROUP: ("envelopeSettings", "groupControlNumber"),
    Kind.TRANSACTION_SET: ("envelopeSettings", "transactionSetControlNumber"),
    Kind.ACKNOWLEDGEMENT: ("acknowledgementSettings", "acknowledgementControlNumber"),
}
_ISA13_DIGITS = 9
_ST02 = frozenset({Kind.TRANSACTION_SET, Kind.ACKNOWLEDGEMENT})
_ST02_LEAST, _ST02_MOST = 4, 9
"""Fewest and most characters of X12 element 329."""
_REFERENCE_MOST = 14
"""Most characters of the EDIFACT references that hold numbers (an..14)."""

_CAPITALS = frozenset(string.ascii_uppercase + string.digits)
_PRINTED = frozenset(string.digits + string.ascii_letters + string.punctuation)
_SETS: Mapping[tuple[str, str], frozenset[str]] = {
    ("x12", "basic"): _CAPITALS | frozenset("!\"&'()+,-./;?="),
    ("edifact", "unoa"): _CAPITALS | frozenset('.,-()/=!"%&;<>'),
    ("edifact", "unob"): _CAPITALS | frozenset(string.ascii_lowercase + '.,-()/=!"%&;<>'),
}
"""What a prefix may hold where an agreement names its character set (X12.6 3.3.1, ISO 9735 annex
A); printable ASCII without spaces where it names no character set, or a larger one."""
_SEPARATORS = {"x12": frozenset("*:>^|~"), "edifact": frozenset("+:'?*")}
"""Separators where the agreement does not name others."""
_SEPARATING = (
    "dataElementSeparator",
    "componentSeparator",
    "segmentTerminator",
    "repetitionSeparator",
    "releaseIndicator",
)
"""Members of framingSettings, each the code of a character."""


def numbering(document: JsonObject) -> Numbering:
    """The bounds of each kind of number of an agreement; empty for AS2, which has no control
    numbers.

    Member names are compared without regard to case, as integration accounts write both ``x12`` and
    ``X12``. X12 numbers have nine digits at most. EDIFACT references have fourteen characters
    including prefix and suffix: an upper bound of more than nine digits is cut to what fits.

    :raises Problem: InvalidRequest.
    """
    found = agreement_content(document)
    if found is None or found[0] == "as2":
        return {}
    return {kind: _bounds(_settings(*found, kind)) for kind in _MEMBERS}


def numbering_of_any(document: JsonObject) -> Numbering:
    """The same for agreements that nobody checked here, of an account or an old backup: empty where
    a caller's would be refused. They are kept as they are."""
    try:
        return numbering(document)
    except Problem:
        return {}


def upper_bound_pointer(document: JsonObject, kind: Kind) -> str:
    """Where an agreement's document has the upper bound of a kind, a JSON pointer into the body."""
    found = agreement_content(document) or ("x12", {})
    settings = _settings(*found, kind)
    return f"{settings.at}/{settings.stem}UpperBound"


def require_fit_for_envelope(document: JsonObject) -> None:
    """Refuse prefixes and suffixes that would break an envelope.

    Agreements that were stored before this check existed stay as they are.

    :raises Problem: InvalidRequest.
    """
    found = agreement_content(document)
    if found is None or found[0] == "as2":
        return
    protocol = member(member(found[1], "sendAgreement"), "protocolSettings")
    allowed = _allowed(found[0], protocol)
    for kind in _MEMBERS:
        settings = _settings(*found, kind)
        for name in (f"{settings.stem}Prefix", f"{settings.stem}Suffix"):
            text = settings.text(name)
            if text and settings.is_digits_alone:
                raise settings.wrong(name, f"X12 {kind} numbers are digits alone: {_EMPTY}.")
            if not allowed.issuperset(text):
                wrong = shown("".join(sorted(set(text) - allowed)))
                raise settings.wrong(
                    name,
                    f"{name} holds '{wrong}', which separates in an envelope or is not in the "
                    "agreement's character set. Letters A to Z and digits are safe.",
                )


_EMPTY = "their prefix and suffix must be empty"


def _allowed(standard: str, protocol: JsonValue) -> frozenset[str]:
    """The characters that a prefix may hold."""
    framing = member(protocol, "framingSettings")
    named = member(framing, "characterSet")
    level = named.lower() if isinstance(named, str) else ""
    codes = [member(framing, name) for name in _SEPARATING]
    own = {chr(code) for code in codes if isinstance(code, int) and 0 < code < 0x80}
    return _SETS.get((standard, level), _PRINTED) - _SEPARATORS[standard] - own


_HIGHEST_SAID = (HIGHEST_NUMBER, 2**31 - 1)
"""What integration accounts write as upper bound where none was chosen."""


@dataclass(frozen=True)
class _Settings:
    """What an agreement says of one kind: an absent or null member is the default, a wrong type is
    refused.

    Whole numbers may be written as ``1.0``: some tools write all numbers so.
    """

    settings: JsonValue = field(repr=False)
    at: str
    stem: str
    standard: str
    kind: Kind

    @property
    def is_digits_alone(self) -> bool:
        """Whether its element takes digits only: ISA13 and GS06."""
        return self.standard == "x12" and self.kind not in _ST02

    @property
    def says_something(self) -> bool:
        """Whether it differs from the defaults: all possible numbers may be used, and they roll
        over."""
        stem = self.stem
        said = {
            f"{stem}LowerBound": (1,),
            f"{stem}Prefix": ("",),
            f"{stem}Suffix": ("",),
            self.rollover: (True,),
            f"{stem}UpperBound": _HIGHEST_SAID,
        }
        found = {name: member(self.settings, name) for name in said}
        return any(v is not None and v not in said[name] for name, v in found.items())

    @property
    def rollover(self) -> str:
        """The name of the member that says whether it rolls over."""
        return f"rollover{self.stem[0].upper()}{self.stem[1:]}"

    def number(self, name: str) -> int | None:
        """A whole number."""
        value = member(self.settings, name)
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, str):
            raise self.wrong(name, f"{name} is a whole number, without quotes.")
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise self.wrong(name, f"{name} is a whole number.")
        return value

    def text(self, name: str) -> str:
        """A text; empty where there is none."""
        value = member(self.settings, name)
        if value is not None and not isinstance(value, str):
            raise self.wrong(name, f"{name} is a text.")
        return value or ""

    def flag(self, name: str, default: bool) -> bool:
        """True or false."""
        value = member(self.settings, name)
        if value is not None and not isinstance(value, bool):
            raise self.wrong(name, f"{name} is true or false, without quotes.")
        return default if value is None else value

    def wrong(self, name: str, message: str) -> Problem:
        """The refusal of one member."""
        return Problem(Code.INVALID_REQUEST, message, target=f"{self.at}/{name}")


def _settings(standard: str, agreement: JsonObject, kind: Kind) -> _Settings:
    """Where an agreement says how a kind is numbered."""
    group, stem = _MEMBERS[kind]
    sides = _ACKNOWLEDGING if kind is Kind.ACKNOWLEDGEMENT else ("sendAgreement",)
    found: list[_Settings] = []
    for side in sides:
        protocol = member(member(agreement, side), "protocolSettings")
        at = f"/document/content/{standard}/{side}/protocolSettings/{group}"
        found.append(_Settings(member(protocol, group), at, stem, standard, kind))
    saying = (one for one in found if one.says_something)
    there = (one for one in found if one.settings is not None)
    return next(saying, None) or next(there, found[0])


_ACKNOWLEDGING = ("receiveAgreement", "sendAgreement")


def _bounds(settings: _Settings) -> Bounds:
    stem = settings.stem
    prefix, suffix = settings.text(f"{stem}Prefix"), settings.text(f"{stem}Suffix")
    low, said = settings.number(f"{stem}LowerBound"), settings.number(f"{stem}UpperBound")
    lower = 1 if low is None else low
    upper = HIGHEST_NUMBER if said is None else said
    highest = HIGHEST_NUMBER
    if settings.standard == "edifact":
        fitting = 10 ** max(0, _REFERENCE_MOST - len(prefix) - len(suffix)) - 1
        highest = min(max(HIGHEST_NUMBER, fitting), HIGHEST_REFERENCE)
        upper = min(upper, highest)
        if said is None:
            upper = max(upper, min(lower, highest))
    if not 1 <= lower <= upper <= highest:
        above = f" and {stem}UpperBound {said}" if said is not None else ""
        raise settings.wrong(
            f"{stem}LowerBound",
            f"{stem}LowerBound is {lower}{above}: the bounds lie between 1 and {highest}, the "
            "lower one first.",
        )
    _require_short(settings, f"{prefix}{upper}{suffix}")
    return Bounds(
        lower=lower,
        upper=upper,
        rollover=settings.flag(settings.rollover, True),
        prefix=prefix,
        suffix=suffix,
        digits=_digits(settings.standard, settings.kind, prefix, suffix),
    )


def _require_short(settings: _Settings, longest: str) -> None:
    """Refuse numbers that are too long for their element of the envelope.

    ISA13 and GS06 are digits only; ST02 has nine characters, the EDIFACT references (0020, 0048,
    0062) fourteen.
    """
    stem = settings.stem
    if settings.is_digits_alone:
        if not longest.isdecimal():
            raise settings.wrong(
                f"{stem}Prefix", f"X12 {settings.kind} numbers are digits alone: {_EMPTY}."
            )
        return
    edifact = settings.standard == "edifact"
    element, most = ("EDIFACT", _REFERENCE_MOST) if edifact else ("ST02", _ST02_MOST)
    if len(longest) > most:
        raise settings.wrong(
            f"{stem}Prefix",
            f"{stem}Prefix, the digits of the upper bound and {stem}Suffix take {len(longest)} "
            f"characters; {element} has {most}. Lower the upper bound or shorten them.",
        )


def _digits(standard: str, kind: Kind, prefix: str, suffix: str) -> int:
    """To how many digits a number is filled up with zeros: ISA13 has nine; ST02 has at least four
    characters including prefix and suffix."""
    if standard != "x12":
        return 0
    if kind in _ST02:
        return max(0, _ST02_LEAST - len(prefix) - len(suffix))
    return _ISA13_DIGITS if kind is Kind.INTERCHANGE else 0


def filled_up(found: Numbering) -> Numbering:
    """The numbering of a row that may have been written before ST02 was filled up; X12 is
    recognised by ISA13, which always is."""
    interchange = found.get(Kind.INTERCHANGE)
    if interchange is None or not interchange.digits:
        return found
    return {
        kind: bounds.model_copy(
            update={"digits": _digits("x12", kind, bounds.prefix, bounds.suffix)}
        )
        for kind, bounds in found.items()
    }


def formatted(bounds: Bounds, value: int) -> str:
    """A number as it is written in the envelope."""
    return f"{bounds.prefix}{value:0{bounds.digits}d}{bounds.suffix}"
