"""What a restore replaces in an artifact's document: values that differ between environments."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from shared.model.problem import Code, Problem
from shared.model.restore import Replacement
from shared.model.sections import Section
from shared.model.wire import JsonObject, JsonValue
from shared.rules.acceptable import require_acceptable, require_no_mask
from shared.rules.agreement_numbers import numbering
from shared.rules.documents import SECRET, at, with_value
from shared.rules.naming import artifact_key, shown
from shared.rules.references import references
from shared.rules.trading import parties, partner_identities

_MOST_CHANGING = 10
"""Most refused replacements that are named for one artifact."""


@dataclass(frozen=True)
class ReplacedValue:
    """One value of a document that is replaced."""

    before: JsonValue = field(repr=False)
    after: JsonValue = field(repr=False)


def replaced(
    section: Section, document: JsonObject, replacements: Mapping[int, Replacement]
) -> tuple[JsonObject, dict[int, ReplacedValue], list[Problem]]:
    """A document with values replaced, what changed, and what is wrong with that.

    A replacement changes an address, not the nature of an artifact: the artifacts that it names,
    its identities, and the bounds of its numbers stay as they were backed up.

    :param replacements: by their index in the request.
    """
    found, changes, problems = document, dict[int, ReplacedValue](), list[Problem]()
    pointers: set[str] = set()
    for index, one in replacements.items():
        before = at(found, one.pointer)
        try:
            _require_replaceable(index, one, before, pointers)
        except Problem as problem:
            problems.append(problem)
            continue
        pointers.add(one.pointer)
        after = with_value(found, one.pointer, one.value)
        found, changes[index] = after, ReplacedValue(before, one.value)
    kept, changing = _that_change_its_nature(
        section, document, {index: replacements[index] for index in changes}
    )
    problems += changing.values()
    return kept, {i: change for i, change in changes.items() if i not in changing}, problems


def _require_replaceable(
    index: int, one: Replacement, before: JsonValue, pointers: Collection[str]
) -> None:
    """Refuse a pointer that the document does not have, and a value that no document may hold.

    :param pointers: those that are replaced already.
    :raises Problem: InvalidRequest, ReservedMember, MaskWithoutValue.
    """
    if one.pointer in pointers:
        raise Problem(
            Code.INVALID_REQUEST,
            f"'{shown(one.pointer)}' of {one.section}/{shown(one.name)} is replaced twice. "
            "Keep one of them.",
            f"/replace/{index}/pointer",
        )
    path = one.pointer.split("/")
    # A stand-in for a secret in a backup's section is not a part of the document.
    if before is None or SECRET in path or path[0]:
        raise Problem(
            Code.INVALID_REQUEST,
            f"{one.section}/{shown(one.name)} has no value at '{shown(one.pointer)}'. A "
            "replacement takes a JSON pointer to a value that is there.",
            f"/replace/{index}/pointer",
        )
    nested = one.value
    for _ in path[2:]:
        nested = [nested]
    try:
        require_acceptable({"value": nested}, "")
        require_no_mask(one.value, f"/replace/{index}/value")
    except Problem as problem:
        raise _unacceptable(index, one, problem) from problem


def _that_change_its_nature(
    section: Section, document: JsonObject, replacements: Mapping[int, Replacement]
) -> tuple[JsonObject, dict[int, Problem]]:
    """The document without the replacements that change its nature, and the refusals of these.

    Found by bisection: a document can be long, and checking it once for each replacement is slow.
    """
    nature = _nature(section, document)
    found: dict[int, Problem] = {}

    def look(before: JsonObject, some: Sequence[int]) -> JsonObject:
        """The document after the replacements that keep its nature."""
        if not some or len(found) == _MOST_CHANGING:
            return before
        after = before
        for index in some:
            one = replacements[index]
            if at(after, one.pointer) is None:
                continue  # its place was in a value of another replacement, which is refused
            after = with_value(after, one.pointer, one.value)
        refusal: Problem | None = None
        try:
            if _nature(section, after) == nature:
                return after
        except Problem as problem:
            refusal = problem
        if len(some) == 1:
            one = replacements[some[0]]
            found[some[0]] = (
                _unacceptable(some[0], one, refusal) if refusal else _changing(some[0], one)
            )
            return before
        half = len(some) // 2
        return look(look(before, some[:half]), some[half:])

    kept = look(document, list(replacements))
    return kept, found


def _changing(index: int, one: Replacement) -> Problem:
    return Problem(
        Code.INVALID_REQUEST,
        f"'{shown(one.pointer)}' of {one.section}/{shown(one.name)} says which artifacts "
        "it names, whose identity it has, or how it numbers: a restore keeps that. "
        "Change it afterwards.",
        f"/replace/{index}/pointer",
    )


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
