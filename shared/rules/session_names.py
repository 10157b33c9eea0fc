"""Which agreement a session of an integration account belongs to, by its name.

``{agreement}-Icn`` (Gcn, Tscn; the same with ``-ACK``) is a generated control number,
``{X12|Edifact}-ICN-{agreement}-{number}`` a received one. Agreements and references may hold
hyphens, so that a name is resolved against the agreements that there are, the longest first.
"""

import re
from collections.abc import Container, Iterator

from shared.rules.naming import artifact_key

_GENERATED = re.compile(r"(.+)-(?:icn|gcn|tscn)(?:-ack)?", re.DOTALL)
_RECEIVED = re.compile(r"(?:x12|edifact)-(?:icn|gcn|tscn)-(.+)", re.DOTALL)


def agreement_of_session(name: str, agreements: Container[str]) -> str | None:
    """The key of a session's agreement; None for a session of none of these.

    :param agreements: the keys of all agreements.
    """
    return next((one for one in _candidates(artifact_key(name)) if one in agreements), None)


def _candidates(key: str) -> Iterator[str]:
    generated = _GENERATED.fullmatch(key)
    if generated is not None:
        yield generated[1]
    received = _RECEIVED.fullmatch(key)
    if received is not None:
        rest = received[1]
        end = rest.rfind("-")
        while end > 0:
            yield rest[:end]
            end = rest.rfind("-", 0, end)
