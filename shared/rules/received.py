"""References of received envelopes: which of them are the same."""

from shared.model.numbers import Kind, Numbering
from shared.model.problem import Code, Problem

_NUMERIC = frozenset({Kind.INTERCHANGE, Kind.GROUP})
_X12_MOST = 9
_ST02_LEAST = 4


def reference(
    value: int | str, kind: Kind, numbering: Numbering, target: str = "/value"
) -> int | str:
    """A reference in the form in which it is compared and stored, from the envelope's text or a
    caller's integer.

    X12 compares ISA13 and GS06 as numbers: ``000000641`` is 641. All others are texts, where case
    and leading zeros matter: ST02 (an integer, or fewer digits, are filled up to its four
    characters) and the EDIFACT references. Trailing spaces are ignored (ISO 9735 leaves them out).
    A text that is a number without leading zeros is stored as a number.

    :param numbering: the agreement's; X12 fills up ISA13.
    :param target: where the request has it.
    :raises Problem: InvalidRequest for what is not such a reference.
    """
    text = str(value).rstrip(" ")
    interchange = numbering.get(Kind.INTERCHANGE)
    if interchange is None or not interchange.digits:
        return kept(text)
    if len(text) > _X12_MOST or (kind in _NUMERIC and not _is_digits(text)):
        what = "takes one to nine digits" if kind in _NUMERIC else "has at most nine characters"
        raise Problem(Code.INVALID_REQUEST, f"The {kind} number of X12 {what}.", target=target)
    if kind in _NUMERIC:
        return int(text)
    padded = text.zfill(_ST02_LEAST) if _is_digits(text) else text
    is_usual = _is_digits(padded) and f"{int(padded):0{_ST02_LEAST}d}" == padded
    return int(padded) if is_usual else padded


def kept(text: str) -> int | str:
    """A text as it is stored: a number without leading zeros is stored as that number."""
    return int(text) if _is_digits(text) and str(int(text)) == text else text


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()
