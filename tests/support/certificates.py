"""Certificates made at run time: no key is kept in the project."""

import base64
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import NameOID


class Made:
    """A self-signed certificate.

    :param days: how long it is valid from now; negative for one that has expired.
    """

    def __init__(self, name: str = "b2b.example.com", days: int = 30) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=60))
            .not_valid_after(now + timedelta(days=days))
            .sign(self.key, SHA256())
        )

    @property
    def der(self) -> bytes:
        """The public certificate."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        """The public certificate as text."""
        return self.certificate.public_bytes(Encoding.PEM)

    def private_key(self, encoding: Encoding) -> bytes:
        """The private key in the clear."""
        return self.key.private_bytes(encoding, PrivateFormat.PKCS8, NoEncryption())

    def pfx(self, password: str | None, *, with_key: bool = True) -> str:
        """The certificate with its key, in base64."""
        lock = BestAvailableEncryption(password.encode()) if password else NoEncryption()
        key = self.key if with_key else None
        packed = serialize_key_and_certificates(b"b2b", key, self.certificate, None, lock)
        return base64.b64encode(packed).decode()


def tlv(tag: int, content: bytes) -> bytes:
    """One element in DER."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def pfx_that_takes(rounds: int) -> bytes:
    """A file that asks for so many rounds of key derivation, and that nobody would open."""
    number = tlv(0x02, rounds.to_bytes(rounds.bit_length() // 8 + 1, "big"))
    pbkdf2 = tlv(0x06, bytes.fromhex("2a864886f70d01050c"))
    pbes2 = tlv(0x06, bytes.fromhex("2a864886f70d01050d"))
    derived = tlv(0x30, pbkdf2 + tlv(0x30, tlv(0x04, b"salt" * 4) + number))
    algorithm = tlv(0x30, pbes2 + tlv(0x30, derived))
    data = tlv(0x06, bytes.fromhex("2a864886f70d010701"))
    encrypted = tlv(0x06, bytes.fromhex("2a864886f70d010706"))
    content = tlv(0x30, data + algorithm + tlv(0x80, b"secret" * 8))
    part = tlv(0x30, encrypted + tlv(0xA0, tlv(0x30, tlv(0x02, b"\0") + content)))
    parts = tlv(0x04, tlv(0x30, part))
    return tlv(0x30, tlv(0x02, b"\x03") + tlv(0x30, data + tlv(0xA0, parts)))
