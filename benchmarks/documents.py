"""Documents of a service, of 1 to 20 KB: the same in every run."""

import json
import random

from shared.model.sections import Section
from shared.model.wire import JsonObject

SMALLEST, LARGEST = 1_000, 20_000
"""Bytes of a document as JSON."""

_WORDS = (
    *("purchase", "order", "invoice", "shipment", "notice", "acknowledgement", "segment"),
    *("element", "qualifier", "receiver", "sender", "interchange", "group", "transaction"),
    *("release", "version", "mandatory", "optional", "conditional", "rule"),
)


class Documents:
    """Makes documents, one after the other.

    :param largest: bytes of the largest of them.
    """

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest = largest
        self._chance = random.Random(8)
        self._members = [self._member(number) for number in range(400)]

    def next(self, section: Section, name: str) -> JsonObject:
        """A document for an artifact; an agreement's counts four kinds and has a password."""
        document = _agreement(name) if section is Section.AGREEMENTS else {"description": name}
        wanted = self._chance.randint(SMALLEST, self._largest) - len(json.dumps(document))
        rules: list[JsonObject] = []
        while wanted > 0:
            member, size = self._chance.choice(self._members)
            rules.append(member)
            wanted -= size
        return {**document, "validationRules": list(rules)}

    def _member(self, number: int) -> tuple[JsonObject, int]:
        words = self._chance.choices(_WORDS, k=12)
        member: JsonObject = {
            "segment": f"{words[0][:3].upper()}{number:02}",
            "description": " ".join(words),
            "usage": words[-1].capitalize(),
            "minimumLength": self._chance.randint(1, 9),
            "maximumLength": self._chance.randint(10, 80),
            "trailingSeparators": bool(number % 2),
        }
        return member, len(json.dumps(member))


def _agreement(name: str) -> JsonObject:
    envelope: JsonObject = {
        f"{kind}ControlNumber{bound}": value
        for kind in ("interchange", "group", "transactionSet")
        for bound, value in (("LowerBound", 1), ("UpperBound", 999_999_999))
    }
    settings: JsonObject = {
        "envelopeSettings": envelope,
        "securitySettings": {"passwordValue": f"of {name}", "passwordQualifier": "01"},
    }
    return {
        "agreementType": "X12",
        "content": {
            "x12": {
                "sendAgreement": {"protocolSettings": settings},
                "receiveAgreement": {"protocolSettings": {}},
            }
        },
    }
