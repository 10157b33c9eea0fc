"""The cost of opening a PFX (PKCS #12), read from it before it is opened.

A password is turned into keys by rounds of hashing, and the file itself says how many: up to 2^63
of them, during which the library blocks everything else. The numbers are in the file in the clear
(RFC 7292): next to the salt of its MAC, of each encrypted part and of each encrypted key.
"""

from shared.sealing.asn1 import INTEGER, OID, Element, Reader

MOST_ROUNDS = 2_000_000
"""Most rounds of one document in total: about a second, during which nothing else runs. Usual files
take thousands, careful ones some hundred thousand."""

_LEVELS = 2
"""Levels of elements within octet strings that are parsed: the list of parts, and the content of
unencrypted parts."""

DATA = bytes.fromhex("2a864886f70d010701")
"""1.2.840.113549.1.7.1, data: its octets contain further elements."""

_SCRYPT = bytes.fromhex("2b06010401da47040b")
"""1.3.6.1.4.1.11591.4.11, scrypt: its cost is the product of its numbers."""

_COUNTABLE = 2**64
"""Numbers above this are not counts, but for example the order of a curve."""


def rounds(pfx: bytes) -> int:
    """How many rounds opening a PFX takes, as far as that is visible without its password.

    :raises ValueError: for data that is not ASN.1 in BER, or has more elements than any PFX.
    """
    reader = Reader()
    found = 0
    left = [(reader.read(pfx), 0)]
    while left:
        element, level = left.pop()
        found += _beside_salts(element.inner)
        left += [(inner, level) for inner in element.inner]
        if level < _LEVELS and element.begins_with(DATA):
            parts = [one for wrapped in element.inner for one in wrapped.inner]
            left += [(reader.read(one.octets), level + 1) for one in parts if one.is_octets]
    return found


def _beside_salts(elements: list[Element]) -> int:
    """The sum of the numbers that come directly after a salt; for scrypt, the product of its
    numbers."""
    found = 0
    for index, element in enumerate(elements):
        numbers = _numbers_from(elements, index + 1)
        if element.is_octets and numbers:
            found += numbers[0]
        if element.tag == OID and element.content == _SCRYPT:
            found += _scrypt_cost(elements[index + 1 :])
    return found


def _numbers_from(elements: list[Element], start: int) -> list[int]:
    found: list[int] = []
    for element in elements[start:]:
        if element.tag != INTEGER:
            break
        found.append(element.number if element.number < _COUNTABLE else 0)
    return found


def _scrypt_cost(parameters: list[Element]) -> int:
    found = 0
    for one in parameters[:1]:
        cost, size, side_by_side, *_ = [*_numbers_from(one.inner, 1), 1, 1, 1]
        found += cost * size * side_by_side
    return found
