"""The forms of certificate files: DER and PEM are read, others are recognised and refused.

Content is stored and served unchanged, so it may contain only certificates. In PEM, text between
the blocks is accepted (see RFC 7468); other kinds of blocks, and keys without their PEM lines, are
not.
"""

import base64
import binascii
import re
from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from shared.rules.naming import shown
from shared.rules.secret_looks import is_key_in_base64
from shared.sealing.asn1 import INTEGER, SEQUENCE, Reader
from shared.sealing.pfx_cost import DATA
from shared.sealing.x509_names import issuer_and_subject

_BLOCK = re.compile(rb"-----BEGIN ((?:X509 )?CERTIFICATE)-----[^-]*-----END \1-----")
"""Both labels have the same content: ``X509 CERTIFICATE`` is what SSLeay wrote, and is still in
use."""

_ANY_BLOCK = re.compile(rb"-----BEGIN ([ -,.-~]{1,64})-----")
_BEGIN = b"-----BEGIN "
_KEY = b"private key"
_BEFORE_KEY = re.compile(rb"begin [a-z0-9 ]{0,40}\Z")
_OTHER_KEYS = (b"putty-user-key-file", b"private-key: (")
"""In lower case: lines of keys, also with too few dashes, and what openssl prints of a key.
Searched as bytes, since a regular expression over long content would block the process."""

_NO_TEXT = bytes({*range(0x20), 0x7F} - {*b"\t\n\v\f\r\x1a\x1b"})
_UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"-\0-\0", b"\0-\0-")
_UTF_8_MARK = b"\xef\xbb\xbf"
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
"""1.2.840.113549.1.7.2, signedData: the content of .p7b files."""

_MOST_OF_A_CHAIN = 100
"""Most certificates of a chain; more are a bundle of authorities."""

_PRIVATE = "put it as pfx and password into the document, where it is sealed"
_OF_BLOCKS = {
    "TRUSTED CERTIFICATE": "Behind the certificate it has what OpenSSL trusts it for. Write it "
    "without: openssl x509 -in FILE -out FILE.pem",
    "CERTIFICATE REQUEST": "It asks for a certificate, and is none. Send what the authority made "
    "of it",
    "PKCS7": "Take its certificates out: openssl pkcs7 -in FILE -print_certs -out FILE.pem",
    "X509 CRL": "It lists certificates that are revoked, and is none",
}
_OF_BLOCKS |= {
    "NEW CERTIFICATE REQUEST": _OF_BLOCKS["CERTIFICATE REQUEST"],
    "PKCS #7 SIGNED DATA": _OF_BLOCKS["PKCS7"],
    "CMS": _OF_BLOCKS["PKCS7"],
}


class Unfit(ValueError):
    """The bytes are in a form that is not accepted; the message says which it is, and what to
    do."""


def certificate_in(data: bytes) -> x509.Certificate:
    """The certificate in DER or PEM; of several in PEM, the one that did not issue any of the
    others.

    :raises Unfit: if there is none, or something besides certificates.
    :raises x509.InvalidVersion: if a certificate has an unknown version.
    """
    if not data.strip():
        raise Unfit("There are no bytes.")
    if data[:2] in _UTF_16 or data[:4] in _UTF_16:
        raise Unfit("The text is in UTF-16, as PowerShell writes it. Save it as ASCII or UTF-8.")
    if _is_certificate(data):  # checked first, since a name within it may contain any text
        return _from_der(data)
    if _BEGIN in data:
        return _leaf(_from_pem(data))
    if _has_key_lines(data):
        raise Unfit(f"It is a private key, which does not belong here: {_PRIVATE}.")
    if _is_text(data):
        raise _no_pem(data)
    return _from_der(data)


def _leaf(certificates: list[x509.Certificate]) -> x509.Certificate:
    """The leaf of a chain, at any place in it; the first certificate if that cannot be decided."""
    if not 1 < len(certificates) <= _MOST_OF_A_CHAIN:
        return certificates[0]
    names = [issuer_and_subject(one) for one in certificates]
    issuers = {issuer for issuer, subject in names if issuer != subject}
    leaves = (
        one for one, (_, subject) in zip(certificates, names, strict=True) if subject not in issuers
    )
    return next(leaves, certificates[0])


def _from_pem(data: bytes) -> list[x509.Certificate]:
    between = _BLOCK.sub(b"", data)
    _require_text(between)
    found: list[x509.Certificate] = []
    for number, block in enumerate(_BLOCK.finditer(data), 1):
        try:
            found += x509.load_pem_x509_certificates(block[0])
        except x509.InvalidVersion:
            raise
        except ValueError as error:
            raise Unfit(
                f"Certificate {number} cannot be read: between its lines BEGIN and END there is "
                r"no whole certificate in base64. Where line ends came as \n, write them as such."
            ) from error
    if not found:
        raise Unfit("A line BEGIN CERTIFICATE has no line END CERTIFICATE.")
    return found


def _require_text(between: bytes) -> None:
    """Refuse anything between certificates that is not plain text about them."""
    if _has_key_lines(between) or any(map(is_key_in_base64, _lines(between))):
        raise Unfit(f"A private key does not belong here: {_PRIVATE}.")
    if block := _ANY_BLOCK.search(between):
        label = block[1].decode()
        if label.removeprefix("X509 ") == "CERTIFICATE":
            raise Unfit(f"A line BEGIN {label} has no line END {label}.")
        advice = _OF_BLOCKS.get(label, "Send the certificates alone")
        raise Unfit(f"A block '{shown(label)}' is no certificate. {advice}.")
    if b"-----" in between:
        raise Unfit("A line of dashes belongs to no block of a certificate. Send them whole.")
    if not _is_text(between):
        raise Unfit("Beside the blocks there are bytes that are no text. Send the blocks alone.")


def _has_key_lines(data: bytes) -> bool:
    small = data.lower()
    if any(one in small for one in _OTHER_KEYS):
        return True
    place = small.find(_KEY)
    while place >= 0:
        if _BEFORE_KEY.search(small, max(0, place - 50), place):
            return True
        place = small.find(_KEY, place + 1)
    return False


def _is_text(data: bytes) -> bool:
    return len(data.translate(None, _NO_TEXT)) == len(data)


def _lines(text: bytes) -> Iterator[str]:
    return (line.decode("latin-1") for line in text.splitlines())


def _no_pem(data: bytes) -> Unfit:
    """The refusal of a text without PEM lines."""
    packed = b"".join(data.removeprefix(_UTF_8_MARK).split())
    if is_key_in_base64(packed.decode("latin-1")):
        return Unfit(f"It is a private key or a PFX, which does not belong here: {_PRIVATE}.")
    try:
        within = base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        return Unfit("It is a text without a line -----BEGIN CERTIFICATE-----.")
    if _BEGIN in within:
        return Unfit("It is PEM that was put into base64 once more. Send what is in it.")
    if within[:1] == bytes((SEQUENCE,)):
        return Unfit(
            "It is base64 without the lines BEGIN CERTIFICATE and END CERTIFICATE. Add them, or "
            "send the bytes that it stands for."
        )
    return Unfit("It is a text without a line -----BEGIN CERTIFICATE-----.")


def _from_der(data: bytes) -> x509.Certificate:
    try:
        certificate = x509.load_der_x509_certificate(data)
    except x509.InvalidVersion:
        raise
    except ValueError as error:
        raise _no_certificate(data) from error
    if certificate.public_bytes(Encoding.DER) != data:
        raise Unfit("Behind the certificate there are more bytes. Send the certificate alone.")
    return certificate


def _no_certificate(data: bytes) -> Unfit:
    """The refusal of bytes that are not a certificate, by how they begin."""
    try:
        whole = Reader().read(data)
    except ValueError:
        return Unfit("The bytes are no certificate in DER, or are cut.")
    if whole.end < len(data) and _is_certificate(whole.raw):
        return Unfit("Behind the certificate there are more bytes. Send the certificate alone.")
    if whole.begins_with(_SIGNED_DATA):
        advice = "Take its certificates out: openssl pkcs7 -inform DER -in FILE -print_certs"
        return Unfit(f"It is a PKCS #7 file (p7b), and no certificate. {advice}.")
    first = whole.inner[0] if whole.inner else None
    if first is not None and first.tag == INTEGER and whole.tag == SEQUENCE:
        is_pfx = any(one.begins_with(DATA) for one in whole.inner[1:2])
        what = "a PFX" if is_pfx else "a private key, as it looks"
        return Unfit(f"It is {what}, which does not belong here: {_PRIVATE}.")
    return Unfit("The bytes are ASN.1, and no certificate in DER.")


def _is_certificate(data: bytes) -> bool:
    """Whether the bytes are a certificate in DER.

    :raises x509.InvalidVersion: as ``certificate_in``.
    """
    try:
        x509.load_der_x509_certificate(data)
    except ValueError:
        return False
    return True


_KEY_STORES = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")
"""First bytes of Java's own key stores, JKS and JCEKS."""


def require_no_other_form(data: bytes) -> None:
    """Refuse files of other common kinds that were sent as a PFX.

    :raises Unfit: saying what it is. Anything else that is not a PFX fails when it is opened.
    """
    is_asn1 = data[:1] == bytes((SEQUENCE,))  # a name in it may contain any text
    if _BEGIN in data and not is_asn1:
        raise Unfit(
            "It is PEM. Make a PFX of key and certificate: openssl pkcs12 -export -in FILE -out "
            "FILE.pfx"
        )
    if data.startswith(_KEY_STORES):
        raise Unfit(
            "It is a key store of Java. Make a PFX of it: keytool -importkeystore -srckeystore "
            "FILE -destkeystore FILE.pfx -deststoretype PKCS12"
        )
    if is_key_in_base64(data[:64].decode("latin-1")):
        raise Unfit("It is in base64 twice. Put it into base64 once")
    if _is_certificate(data):
        raise Unfit(
            "It is a certificate without a private key, and no PFX. Where it is a partner's, PUT "
            "it as content"
        )
    if is_asn1 and Reader().read(data).begins_with(_SIGNED_DATA):
        raise Unfit("It is a PKCS #7 file (p7b), which has no private key, and no PFX")
