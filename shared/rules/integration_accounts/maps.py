"""Maps: which type fits a stylesheet, and what its content is called."""

import re

from shared.model.wire import JsonObject
from shared.rules.trading import member

LIQUID = "Liquid"
_BY_VERSION = {"1.0": "Xslt", "2.0": "Xslt20", "3.0": "Xslt30"}
_HEAD = 64 * 1024
"""Bytes of a stylesheet in which its first element ends."""
_ELEMENT = re.compile(
    r"<(?:[\w.-]+:)?(?:stylesheet|transform)\b(?:[^<>'\"]|'[^'<]*'|\"[^\"<]*\")*>", re.ASCII
)
_VERSION = re.compile(r"\sversion\s*=\s*(?:'([^'<]*)'|\"([^\"<]*)\")")
_SIMPLIFIED = re.compile(r"\sxsl:version\s*=\s*(?:'([^'<]*)'|\"([^\"<]*)\")")
"""Of a stylesheet that is only a result with the version in its first element."""


def stylesheet_version(content: bytes) -> str | None:
    """The version that a stylesheet says it is of; None for what is no stylesheet.

    Bytes are UTF-8 whatever the text declares, unless a byte order mark says otherwise.
    """
    head = content[:_HEAD]
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = _without_comments(head.decode("utf-16" if wide else "utf-8-sig", errors="ignore"))
    element = _ELEMENT.search(text)
    version = _VERSION.search(element.group()) if element else _SIMPLIFIED.search(text)
    return (version[1] or version[2] or "").strip() if version else None


def _without_comments(text: str) -> str:
    """A stylesheet without its comments, which may hold another one."""
    first, *rest = text.split("<!--")
    return first + "".join(part.partition("-->")[2] for part in rest)


def fitting_map_type(content: bytes) -> str:
    """The ``mapType`` that fits content: by the stylesheet's version, Liquid for what is none.

    A version that ARM has no type for goes by the next lower one.
    """
    version = stylesheet_version(content)
    if version is None:
        return LIQUID
    lower = [known for known in _BY_VERSION if known <= version]
    return _BY_VERSION[max(lower, default="1.0")]


def misfit(document: JsonObject, content: bytes) -> str:
    """The ``mapType`` that would fit, where the document's does not; empty where it does.

    A newer type than the stylesheet's is no misfit: its processor runs older versions too.
    """
    said = member(document, "mapType")
    fitting = fitting_map_type(content)
    if not isinstance(said, str) or said.lower() == fitting.lower():
        return ""
    order = [one.lower() for one in _BY_VERSION.values()]
    if said.lower() in order and fitting.lower() in order:
        return fitting if order.index(said.lower()) < order.index(fitting.lower()) else ""
    return fitting


def content_type_of(document: JsonObject, content: bytes | None) -> str:
    """What a PUT says of a map's content: Liquid is plain text, a stylesheet XML."""
    said = member(document, "mapType")
    if not isinstance(said, str):
        said = fitting_map_type(content) if content is not None else ""
    return "text/plain" if said.lower() == LIQUID.lower() else "application/xml"
