"""The names in a certificate as text, whatever types of strings its name has.

Real certificates have names that the library refuses: umlauts in Latin-1 in a T61String, bit
strings. They are written as RFC 4514 says: T61String is read as Latin-1, as openssl does, and
values that are not text are written as bytes.
"""

from collections.abc import Iterator

from cryptography.x509 import Certificate, ObjectIdentifier
from cryptography.x509.oid import NameOID

from shared.sealing.asn1 import FIRST, Element, Reader

_SHORT = {
    NameOID.COMMON_NAME: "CN",
    NameOID.LOCALITY_NAME: "L",
    NameOID.STATE_OR_PROVINCE_NAME: "ST",
    NameOID.ORGANIZATION_NAME: "O",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "OU",
    NameOID.COUNTRY_NAME: "C",
    NameOID.STREET_ADDRESS: "STREET",
    NameOID.DOMAIN_COMPONENT: "DC",
    NameOID.USER_ID: "UID",
}
"""Short names of attribute types, RFC 4514, section 3."""

_ENCODINGS = {
    0x0C: "utf-8",
    0x12: "ascii",
    0x13: "ascii",
    0x14: "latin-1",
    0x16: "ascii",
    0x1A: "ascii",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}
"""Encodings by the tag of a string: UTF8, Numeric, Printable, T61, IA5, Visible, Universal, BMP."""

_ESCAPED = frozenset('",+;<>\\')


def subject_of(certificate: Certificate) -> str:
    """The subject as RFC 4514 writes it.

    :raises ValueError: if it is not a name.
    """
    try:
        return certificate.subject.rfc4514_string()
    except (ValueError, TypeError):
        return ",".join(_parts(_fields(certificate)[4]))


def issuer_of(certificate: Certificate) -> str:
    """The issuer as RFC 4514 writes it.

    :raises ValueError: if it is not a name.
    """
    try:
        return certificate.issuer.rfc4514_string()
    except (ValueError, TypeError):
        return ",".join(_parts(_fields(certificate)[2]))


def issuer_and_subject(certificate: Certificate) -> tuple[bytes, bytes]:
    """Both names as they are encoded; empty where they cannot be read."""
    try:
        fields = _fields(certificate)
        return fields[2].raw, fields[4].raw
    except (ValueError, LookupError):
        return b"", b""


def _fields(certificate: Certificate) -> list[Element]:
    """Serial number, algorithm, issuer, validity, subject and what follows."""
    fields = Reader().read(certificate.tbs_certificate_bytes).inner
    return fields[1:] if fields[0].tag == FIRST else fields  # the version may be left out


def _parts(name: Element) -> Iterator[str]:
    for part in reversed(name.inner):
        yield "+".join(_attribute(*one.inner) for one in part.inner)


def _attribute(kind: Element, value: Element) -> str:
    oid = ObjectIdentifier(_dotted(kind.content))
    return f"{_SHORT.get(oid, oid.dotted_string)}={_text(value)}"


def _text(value: Element) -> str:
    encoding = _ENCODINGS.get(value.tag)
    try:
        text = value.content.decode(encoding) if encoding else None
    except UnicodeDecodeError:
        text = None
    return f"#{value.raw.hex()}" if text is None else _escaped(text)


def _escaped(text: str) -> str:
    found = "".join(f"\\{c}" if c in _ESCAPED else "\\00" if c == "\0" else c for c in text)
    if found[:1] in {" ", "#"}:
        found = f"\\{found}"
    return f"{found[:-1]}\\ " if found.endswith(" ") and len(found) > 1 else found


def _dotted(oid: bytes) -> str:
    """An object identifier in numbers (X.690, 8.19)."""
    numbers, number = list[int](), 0
    for byte in oid:
        number = number << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(number)
            number = 0
    if not numbers or oid[-1] & 0x80:
        raise ValueError("an object identifier that is cut")
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))
