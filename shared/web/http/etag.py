"""ETags and conditional requests (RFC 9110, section 13)."""

import hashlib
import re

from shared.model.condition import Condition, unconditional
from shared.model.problem import Code, Problem
from shared.model.wire import JsonObject
from shared.web.http.call import Answer, Call


def strong(version: str) -> str:
    """The ETag of a stored version: opaque, and strong, as a row changes only as a whole."""
    return '"' + hashlib.sha256(version.encode()).hexdigest()[:16] + '"'


_OF_PACKED = '-gzip"'
VARIES = {"Vary": "Accept-Encoding"}
"""Of an answer that may come packed or not, and of the 304 that stands for it."""


def tag_of_packed(tag: str) -> str:
    """The ETag of the packed form of an answer; conditions take both for the same version."""
    return tag.removesuffix('"') + _OF_PACKED


_IS_TAG = re.compile(r'\*|"[^"]*"')


def condition(call: Call) -> Condition:
    """The condition of If-Match and If-None-Match on the stored version (None: nothing is stored).

    The function that is returned raises ConditionNotMet; without these headers it is
    ``unconditional``, and no version need be read for it.

    :raises Problem: InvalidRequest for a header without a tag, since its sender meant a condition.
    """
    if_match = _given_tags(call, "If-Match")
    if_none_match = _given_tags(call, "If-None-Match")
    if not if_match and not if_none_match:
        return unconditional

    def check(version: str | None) -> None:
        current = strong(version) if version is not None else None
        if if_match and (current is None or not ({"*", current} & if_match)):
            raise Problem(
                Code.CONDITION_NOT_MET,
                "It was changed since you read it (If-Match). Read it again and repeat.",
                target="If-Match",
            )
        if if_none_match and current is not None and ({"*", current} & if_none_match):
            raise Problem(
                Code.CONDITION_NOT_MET,
                "It exists (If-None-Match). Leave the header out to replace it.",
                target="If-None-Match",
            )

    return check


def unless_unchanged(call: Call, version: str, shown: JsonObject) -> Answer:
    """The answer to a GET: 304 if the caller has this version, otherwise what is shown."""
    if is_unchanged(call, version):
        return unchanged(call, version)
    return Answer(shown, headers={"ETag": strong(version)})


def unchanged(call: Call, version: str) -> Answer:
    """The 304 to a GET of what may come packed: it names the form that the caller has."""
    tag = strong(version)
    given, of_packed = _listed(call.header("if-none-match")), tag_of_packed(tag)
    held = of_packed if tag not in given and of_packed in given else tag
    return Answer(status=304, headers={"ETag": held, **VARIES})


def is_unchanged(call: Call, version: str) -> bool:
    """Whether a GET may be answered with 304: the caller has this version."""
    return bool({"*", strong(version)} & _tags(call.header("if-none-match")))


def _given_tags(call: Call, name: str) -> set[str]:
    given = call.header(name.lower())
    tags = _tags(given)
    if given is not None and not (tags and all(map(_IS_TAG.fullmatch, tags))):
        raise Problem(
            Code.INVALID_REQUEST,
            f"{name} holds no ETag. Send the one that you read, with its quotes, or *, or leave "
            "the header out.",
            target=name,
        )
    return tags


def _tags(header: str | None) -> set[str]:
    return {_of_plain(tag) for tag in _listed(header)}


def _listed(header: str | None) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in (header or "").split(",") if tag.strip()}


def _of_plain(tag: str) -> str:
    return tag.removesuffix(_OF_PACKED) + '"' if tag.endswith(_OF_PACKED) else tag
