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
