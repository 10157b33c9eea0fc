"""What must hold of partners and agreements, beyond the form of their JSON.

The documents are those of Logic Apps integration accounts; member names compare without regard to
case (real accounts write ``aS2`` and ``AS2``, ``qualifier`` and ``Qualifier``), and what is not
known is kept.
"""

import hashlib
from dataclasses import dataclass

from shared.model.problem import Code, Problem
from shared.model.wire import JsonObject, JsonValue
from shared.rules.naming import shown

STANDARDS = ("x12", "edifact", "as2")
_BETWEEN = "\x1f"
_MOST_KEY = 8000
"""Most characters of an agreement's key; real identities have some dozen."""


@dataclass(frozen=True)
class Identity:
    """A business identity: who a partner is in an envelope (ISA05/06, UNB2)."""

    qualifier: str
    value: str


def member(value: JsonValue, name: str) -> JsonValue:
    """A member of an object, its name compared without regard to case; None where there is none."""
    if not isinstance(value, dict):
        return None
    if name in value:
        return value[name]
    return next((v for k, v in value.items() if k.lower() == name.lower()), None)


def bare(document: JsonObject) -> JsonObject:
    """The artifact itself, also where it comes wrapped as an ARM resource (``properties``)."""
    properties = member(document, "properties")
    return properties if isinstance(properties, dict) else document


def agreement_content(document: JsonObject) -> tuple[str, JsonObject] | None:
    """The standard of an agreement and its settings, None where the document has none."""
    inner = bare(document)
    content = member(inner, "content")
    holder = content if isinstance(content, dict) else inner
    kind = member(inner, "agreementType")
    said = kind.lower() if isinstance(kind, str) else ""
    # Some tools write the settings of all standards, all empty except those of its type.
    for standard in sorted(STANDARDS, key=lambda one: one != said):
        settings = member(holder, standard)
        if isinstance(settings, dict):
            return standard, settings
    return None


def partner_identities(document: JsonObject) -> frozenset[Identity]:
    """The business identities of a partner.

    :raises Problem: InvalidRequest for an identity without qualifier or value, or that comes twice.
    """
    b2b = member(member(bare(document), "content"), "b2b")
    listed = member(b2b, "businessIdentities")
    if listed is None:
        return frozenset()
    if not isinstance(listed, list):
        raise _wrong(
            "businessIdentities is a list of {qualifier, value}.",
            "/document/content/b2b/businessIdentities",
        )
    found: set[Identity] = set()
    for index, item in enumerate(listed):
        identity = _identity(item)
        where = f"/document/content/b2b/businessIdentities/{index}"
        if identity is None:
            raise _wrong("A business identity needs a qualifier and a value.", where)
        if identity in found:
            raise _wrong(f"The identity {_text(identity)} comes twice.", where)
        found.add(identity)
    return frozenset(found)


_CHECKED = {
    "interchange": "checkDuplicateInterchangeControlNumber",
    "group": "checkDuplicateGroupControlNumber",
    "transactionSet": "checkDuplicateTransactionSetControlNumber",
    "message": "checkDuplicateMessage",
}
"""What a receiver can refuse a second time, and the member of validationSettings that asks for
it."""


def duplicate_checks(document: JsonObject) -> tuple[str, ...]:
    """What a receiver refuses a second time by the agreement's document; empty for nothing."""
    content = agreement_content(document)
    receiving = member(content[1] if content else None, "receiveAgreement")
    validation = member(member(receiving, "protocolSettings"), "validationSettings")
    return tuple(what for what, name in _CHECKED.items() if member(validation, name) is True)


def require_members_once(value: JsonValue, at: str = "/document") -> None:
    """Refuse members whose names differ only in case: which of them counts would be a guess.

    :raises Problem: InvalidRequest, naming both.
    """
    left: list[tuple[JsonValue, str]] = [(value, at)]
    while left:
        found, place = left.pop()
        if isinstance(found, list):
            left += [(one, f"{place}/{index}") for index, one in enumerate(found)]
        if not isinstance(found, dict):
            continue
        names: dict[str, str] = {}
        for name, inner in found.items():
            other = names.setdefault(name.lower(), name)
            if other != name:
                raise _wrong(
                    f"The members '{shown(other)}' and '{shown(name)}' differ in case alone. Keep "
                    "the one that is meant.",
                    f"{place}/{name}",
                )
            left.append((inner, f"{place}/{name}"))


@dataclass(frozen=True)
class Parties:
    """The two parties of an agreement, as far as its document names them."""

    host_partner: str | None
    guest_partner: str | None
    host: Identity | None
    guest: Identity | None

    def key(self, standard: str) -> str | None:
        """What two agreements must not share, None where the document does not say enough.

        An interchange is matched to its agreement by standard, sender and receiver: the same two in
        reverse are another agreement, that of the other side.
        """
        if self.host is None or self.guest is None:
            return None
        parts = (self.host.qualifier, self.host.value, self.guest.qualifier, self.guest.value)
        key = _BETWEEN.join((standard, *parts))
        if len(key) <= _MOST_KEY:
            return key
        return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def parties(document: JsonObject) -> Parties:
    """The two parties of an agreement.

    :raises Problem: InvalidRequest for an unknown agreement type, or one that does not match its
        content; for an identity without qualifier or value.
    """
    inner = bare(document)
    kind = member(inner, "agreementType")
    content = agreement_content(document)
    if kind is not None and (not isinstance(kind, str) or kind.lower() not in STANDARDS):
        raise _wrong("agreementType is X12, Edifact or AS2.", "/document/agreementType")
    if isinstance(kind, str) and content is not None and kind.lower() != content[0]:
        raise _wrong(
            f"agreementType is {kind}, and the content is of {content[0]}.",
            "/document/agreementType",
        )
    sides = {}
    for side in ("host", "guest"):
        given = member(inner, f"{side}Identity")
        sides[side] = _identity(given)
        if given is not None and sides[side] is None:
            raise _wrong("An identity needs a qualifier and a value.", f"/document/{side}Identity")
    names = {side: _partner_name(inner, f"{side}Partner") for side in ("host", "guest")}
    if sides["host"] is not None and sides["host"] == sides["guest"]:
        raise _wrong(
            "hostIdentity and guestIdentity are the same: an agreement is between two.",
            "/document/guestIdentity",
        )
    return Parties(names["host"], names["guest"], sides["host"], sides["guest"])


def _partner_name(document: JsonObject, name: str) -> str | None:
    value = member(document, name)
    if value is not None and not isinstance(value, str):
        raise _wrong(f"{name} is the name of a partner.", f"/document/{name}")
    return value or None


def parties_key(document: JsonObject) -> str | None:
    """What no two agreements of a service share, None where the document does not say enough."""
    content = agreement_content(document)
    return parties(document).key(content[0]) if content else None


def parties_key_of_any(document: JsonObject) -> str | None:
    """The same for agreements that nobody checked here, of an account or an old backup: None where
    a caller's would be refused."""
    try:
        return parties_key(document)
    except Problem:
        return None


def stream_of(key: str | None) -> str:
    """The stream that an agreement's numbers belong to, by its parties' key; empty without a key.

    A receiver tells numbers apart by standard, sender and receiver (X12.6: ISA05 to ISA08 with
    ISA13), whatever the agreement is called. Trailing spaces of an identity are ignored: ISA06 and
    ISA08 are padded with them.
    """
    if not key:
        return ""
    parts = _BETWEEN.join(part.rstrip(" ") for part in key.split(_BETWEEN))
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def require_belongs(identity: Identity, partner: str, known: frozenset[Identity], at: str) -> None:
    """Refuse an agreement's identity that its partner does not have.

    :raises Problem: InvalidRequest, listing those that it has.
    """
    if identity in known:
        return
    has = ", ".join(sorted(_text(one) for one in known)) or "none"
    raise _wrong(
        f"The partner '{shown(partner)}' has no identity {_text(identity)}; it has: {has}.", at
    )


def _identity(value: JsonValue) -> Identity | None:
    qualifier, text = member(value, "qualifier"), member(value, "value")
    if isinstance(qualifier, str) and isinstance(text, str) and qualifier and text:
        return Identity(qualifier, text)
    return None


def _text(identity: Identity) -> str:
    return f"{shown(identity.qualifier)}:{shown(identity.value)}"


def _wrong(message: str, target: str) -> Problem:
    return Problem(Code.INVALID_REQUEST, message, target)
