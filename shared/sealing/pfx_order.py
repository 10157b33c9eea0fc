"""Reordering a PFX so that its key comes first, and nothing hidden in an encrypted part costs
anything.

The cost of opening a key is stored next to it. In an encrypted part it is not visible before the
part is opened; and the library opens the first key that it meets, and no second one. So the parts
that are not encrypted are moved before the others, and a PFX whose only key is in an encrypted part
is not opened. The MAC covers the parts in their former order: it is checked here, and made again
for the new order, because it also tells the library which of the two encodings of an empty password
is used.

Structures: RFC 7292, sections 4 and 5.
"""

from shared.sealing.asn1 import FIRST, INTEGER, OCTETS, OID, SEQUENCE, Element, Reader, written
from shared.sealing.pfx_cost import DATA
from shared.sealing.pfx_mac import made_mac, require_mac

_KEYS = (
    bytes.fromhex("2a864886f70d010c0a0101"),
    bytes.fromhex("2a864886f70d010c0a0102"),
)
"""1.2.840.113549.1.12.10.1.1 and 2: a plain key, and an encrypted key."""


class KeyHidden(Exception):
    """The PFX has no visible key: it has none, or only one within an encrypted part."""


def with_key_first(pfx: bytes, password: str | None) -> bytes:
    """The PFX with its parts in the order in which they are opened; unchanged if nothing is hidden.

    :raises KeyHidden: if the cost of opening it is not visible.
    :raises PasswordWrong: if its MAC does not match.
    :raises MacUnknown: if its MAC cannot be checked.
    :raises ValueError: for data that is not a PFX.
    """
    reader = Reader()
    whole = reader.read(pfx)
    content = _content(whole)
    parts = reader.read(content).inner
    plain = [part for part in parts if part.begins_with(DATA)]
    encrypted = [part for part in parts if not part.begins_with(DATA)]
    # Without a MAC, decryption checks the password too.
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
    """The bytes of the list of parts, which the MAC covers."""
    for one in whole.inner[1:2]:
        if one.begins_with(DATA):
            return _octets_of(one)
    raise ValueError("no list of parts")


def _octets_of(data: Element) -> bytes:
    """The bytes of an element of the type data."""
    for wrapped in data.inner[1:2]:
        for one in wrapped.inner[:1]:
            if one.is_octets:
                return one.octets
    raise ValueError("data without bytes")


def _has_key(reader: Reader, part: Element) -> bool:
    """Whether a part contains a key where the library looks for it."""
    bags = reader.read(_octets_of(part)).inner
    return any(bag.begins_with(kind) for bag in bags for kind in _KEYS)
