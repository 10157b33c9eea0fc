"""A PFX whose key comes first, so that nothing hidden in an encrypted part costs anything.

What a key takes to open stands beside it. In an encrypted part nobody sees that before the part is
opened, and the library opens whatever key it meets first, and no second one. So the parts that are
not encrypted go before the others, and a PFX whose only key is in an encrypted part is not opened.
The MAC covers the parts in their former order: it is checked here, and made anew of the new one,
because it also tells the library in which of two ways no password is written.

Structures: RFC 7292, sections 4 and 5.
"""

from shared.sealing.asn1 import FIRST, INTEGER, OCTETS, OID, SEQUENCE, Element, Reader, written
from shared.sealing.pfx_cost import DATA
from shared.sealing.pfx_mac import made_mac, require_mac

_KEYS = (
    bytes.fromhex("2a864886f70d010c0a0101"),
    bytes.fromhex("2a864886f70d010c0a0102"),
)
"""1.2.840.113549.1.12.10.1.1 and 2: a key, and a key that is encrypted by itself."""


class KeyHidden(Exception):
    """The PFX shows no key: it has none, or one within an encrypted part."""


def with_key_first(pfx: bytes, password: str | None) -> bytes:
    """The PFX with its parts in the order in which they are opened; itself where nothing is hidden.

    :raises KeyHidden: where opening it would cost what nobody sees.
    :raises PasswordWrong: where its MAC says so.
    :raises MacUnknown: where its MAC cannot be checked.
    :raises ValueError: for what is no PFX.
    """
    reader = Reader()
    whole = reader.read(pfx)
    content = _content(whole)
    parts = reader.read(content).inner
    plain = [part for part in parts if part.begins_with(DATA)]
    encrypted = [part for part in parts if not part.begins_with(DATA)]
    # Without one, what is encrypted proves the password too.
    macs = [require_mac(mac, content, password) for mac in whole.inner[2:3]]
    if not encrypted:
        return pfx
    if not any(_has_key(reader, part) for part in plain):
        raise KeyHidden
    in_order = written(SEQUENCE, b"".join(part.raw for part in (*plain, *encrypted)))
    data = written(OID, DATA) + written(FIRST, written(OCTETS, in_order))
    mac = b"".join(made_mac(derived_from, in_order) for derived_from in macs)
    return written(SEQUENCE, written(INTEGER, b"\x03") + written(SEQUENCE, data) + mac)


def _content(whole: Element) -> bytes:
    """The list of parts, as the MAC covers it."""
    for one in whole.inner[1:2]:
        if one.begins_with(DATA):
            return _octets_of(one)
    raise ValueError("no list of parts")


def _octets_of(data: Element) -> bytes:
    """The bytes of what is of the type data."""
    for wrapped in data.inner[1:2]:
        for one in wrapped.inner[:1]:
            if one.is_octets:
                return one.octets
    raise ValueError("data without bytes")


def _has_key(reader: Reader, part: Element) -> bool:
    """Whether a key is among the contents of a part, where the library looks for it."""
    bags = reader.read(_octets_of(part)).inner
    return any(bag.begins_with(kind) for bag in bags for kind in _KEYS)
