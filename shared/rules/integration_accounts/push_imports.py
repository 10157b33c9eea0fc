"""What a schema or a stylesheet takes from elsewhere when it is used."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shared.rules.naming import artifact_key

_MOST = 8 * 1024 * 1024
"""Bytes of a content that are looked at: no more can be in an account."""
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAKING = re.compile(
    r"<(?:[\w.-]+:)?(?:include|import|redefine|override)\b"
    r"((?:[^<>'\"]|'[^'<]*'|\"[^\"<]*\")*)>",
    re.ASCII,
)
_ADDRESS = re.compile(r"\s(?:schemaLocation|href)\s*=\s*(?:'([^'<]*)'|\"([^\"<]*)\")")
_REMOTE = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Import:
    """Another document that one takes."""

    address: str
    """As it is written."""

    @property
    def is_remote(self) -> bool:
        """Whether it is outside of the account: nobody's backup holds it."""
        return _REMOTE.match(self.address) is not None or self.address.startswith("//")

    @property
    def names(self) -> tuple[str, ...]:
        """The names, as they compare, of which an artifact of the account has one if it is meant:
        with and without the end of a file's name."""
        last = self.address.split("?")[0].split("#")[0].replace("\\", "/").rsplit("/", 1)[-1]
        whole = artifact_key(last)
        return (whole, whole.rpartition(".")[0] or whole)


def imports(content: bytes) -> Iterator[Import]:
    """What ``xs:include``, ``xs:import``, ``xs:redefine``, ``xsl:include`` and ``xsl:import`` of a
    content name, each address once.

    Bytes are UTF-8 unless a byte order mark says otherwise. What is no XML has none.
    """
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = content[:_MOST].decode("utf-16" if wide else "utf-8-sig", errors="ignore")
    told: set[str] = set()
    for found in _TAKING.finditer(_COMMENT.sub("", text)):
        address = _ADDRESS.search(found[1])
        said = (address[1] or address[2] or "").strip() if address else ""
        if said and said not in told:
            told.add(said)
            yield Import(said)
