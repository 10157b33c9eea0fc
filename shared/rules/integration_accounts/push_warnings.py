"""Which warnings of a push are told, where there are more than a record holds: those that tell of
danger come first, and what is left out is counted.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from shared.model.operation import Warning
from shared.rules.integration_accounts.findings import FindingCode

MOST = 100
"""Warnings of an operation that are told one by one: the space of a row is limited."""

MOST_OF_A_CODE = 40
"""Warnings of one code that a push keeps while it runs, with what its attempts did."""

LOST = frozenset({"MembersLost", "UndoIncomplete"})
"""The codes of what the account has and loses: told at the end too, when it is gone."""

_HARMLESS = frozenset(
    {
        *(str(code) for code in FindingCode),
        "AnsweredOtherwise",
        "ContentByAddress",
        "FindingsLeftOut",
        "ImportMissing",
        "KeyVersionLeftOut",
        "KeysNotChecked",
        "NameUnfit",
        "NotPushed",
        "RemoteImport",
        "RightsNotChecked",
    }
)
"""Codes that tell of single artifacts, or of what was not checked. Any other tells of danger: that
numbers may come again, that something is lost, or that the account is not as it seems."""


def by_danger(warnings: Iterable[Warning]) -> list[Warning]:
    """Warnings in the order in which they are told: the first of each code that tells of danger,
    the others of such codes, then all others. Those that are equal in that stay in their order."""
    return [one for _, one in sorted(_ranked(warnings), key=lambda ranked: ranked[0])]


def _ranked(warnings: Iterable[Warning]) -> Iterator[tuple[int, Warning]]:
    seen = set[str]()
    for one in warnings:
        if one.code in _HARMLESS:
            yield 2, one
        else:
            yield int(one.code in seen), one
            seen.add(one.code)


def told(warnings: Sequence[Warning], untold: Mapping[str, int] | None = None) -> list[Warning]:
    """At most ``MOST`` of the warnings, each once and by danger; the last says how many more there
    are, and of which codes.

    :param untold: how many others there are already, by code.
    """
    left_out = Counter(untold or {})
    once = {(one.code, one.target, one.message): one for one in warnings}
    ordered = by_danger(once.values())
    if len(ordered) <= MOST and not left_out:
        return ordered
    kept = ordered[: MOST - 1]
    left_out.update(one.code for one in ordered[MOST - 1 :])
    if not left_out:
        return kept
    return [*kept, _left_out(left_out)]


def _left_out(codes: Mapping[str, int]) -> Warning:
    named = ", ".join(f"{count} {code}" for code, count in sorted(codes.items()))
    return Warning(
        code="WarningsLeftOut",
        message=f"{sum(codes.values())} more warnings are not told here: {named}.",
    )
