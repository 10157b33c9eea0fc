"""What a caller's document may not hold: too many values, members that Interkeep reserves, and
masks without a value to keep."""

from collections.abc import Iterable

from shared.model.problem import Code, Problem
from shared.model.wire import MASK, JsonObject, JsonValue
from shared.rules.documents import NESTED, SEALED, SECRET, escaped, pointer_of

MAX_DEPTH = 64
"""Deepest nesting of a document; the deepest real agreement has 9 levels."""

MAX_VALUES = 250_000
"""Most members and elements of a document. Checking more takes seconds, during which no other call
is served; the largest real agreement has a few thousand."""


def require_acceptable(
    document: JsonObject, target: str = "/document", *, reserved: bool = True
) -> None:
    """Refuse what a caller's document may not hold.

    :param reserved: also refuse Interkeep's own members.
    :raises Problem: ReservedMember for a member that replaces a secret in stored documents;
        InvalidRequest for a document that is nested too deep or has a text with half a surrogate
        pair; DocumentTooLarge for a document with too many values.
    """
    path: list[str] = []
    values = 0

    def look(value: JsonObject | list[JsonValue]) -> None:
        nonlocal values
        values += len(value)
        if values > MAX_VALUES:
            raise Problem(
                Code.DOCUMENT_TOO_LARGE,
                f"The document has more than {MAX_VALUES} members and elements. Put what is that "
                "large as content of the artifact instead.",
                target=target,
            )
        if value and len(path) >= MAX_DEPTH - 1:
            raise Problem(
                Code.INVALID_REQUEST,
                f"The document is nested deeper than {MAX_DEPTH} levels.",
                target=target,
            )
        if isinstance(value, list):
            for index, inner in enumerate(value):
                if isinstance(inner, NESTED):
                    path.append(str(index))
                    look(inner)
                    path.pop()
                elif isinstance(inner, str) and not inner.isascii():
                    _require_whole_text(inner, target, [*path, str(index)])
            return
        for member, inner in value.items():
            if reserved and member in _RESERVED:
                raise Problem(
                    Code.RESERVED_MEMBER,
                    f"The member name {member} is Interkeep's own. Send the secret itself, or "
                    f"{MASK} to keep the stored one.",
                    target=f"{target}{pointer_of([*path, member])}",
                )
            if not member.isascii():
                _require_whole_text(member, target, path)
            if isinstance(inner, NESTED):
                path.append(member)
                look(inner)
                path.pop()
            elif isinstance(inner, str) and not inner.isascii():
                _require_whole_text(inner, target, [*path, member])

    look(document)


_RESERVED = frozenset({SEALED, SECRET})


def require_no_mask(value: JsonValue, target: str) -> None:
    """Refuse the mask of a secret where there is no stored secret that it could keep.

    :param target: where the value is in the body, a JSON pointer.
    :raises Problem: MaskWithoutValue.
    """
    if isinstance(value, dict):
        for member, inner in value.items():
            require_no_mask(inner, f"{target}/{escaped(member)}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            require_no_mask(inner, f"{target}/{index}")
    elif value == MASK:
        raise Problem(
            Code.MASK_WITHOUT_VALUE,
            f"{MASK} stands for a secret that is stored, and a restore takes what it is not given "
            "from the backup. Send the secret itself, or leave the member out.",
            target=target,
        )


def require_whole(text: str, target: str) -> None:
    """Refuse a text with half of a surrogate pair: it has no UTF-8.

    :param target: where it is in the body, a JSON pointer.
    :raises Problem: InvalidRequest.
    """
    if not text.isascii():
        _require_whole_text(text, target, ())


def _require_whole_text(text: str, target: str, path: Iterable[str]) -> None:
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise Problem(
            Code.INVALID_REQUEST,
            "A text holds half of a surrogate pair; send whole Unicode characters.",
            target=f"{target}{pointer_of(path)}",
        )
