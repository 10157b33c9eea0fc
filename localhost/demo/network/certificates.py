"""Certificates of the network: self-signed, made when it is built, never stored."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from localhost.demo.network.agreements import agreed_password
from localhost.demo.network.artifact import Artifact, Content, JsonObject

_LIFETIME = timedelta(days=730)
_PARTNERS = (
    ("ostrow-as2", "OSTROW-PROD", "Ostrow Foundry", Encoding.DER),
    ("quarrick-as2", "QUARRICK_EDI", "Quarrick Drives", Encoding.DER),
    ("muehlgrund-as2", "MUEHLGRUND", "Mühlgrund Dichtungen", Encoding.DER),
    ("windlass-as2", "WINDLASS", "Windlass Freight", Encoding.PEM),
)


@dataclass(frozen=True)
class _Pair:
    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def thumbprint(self) -> str:
        """SHA-1 in capitals, as certificate stores list it."""
        data = self.certificate.public_bytes(Encoding.DER)
        return hashlib.sha1(data, usedforsecurity=False).hexdigest().upper()

    def pfx(self, name: str, password: str) -> bytes:
        """Key and certificate in one file."""
        return pkcs12.serialize_key_and_certificates(
            name.encode(),
            self.key,
            self.certificate,
            None,
            BestAvailableEncryption(password.encode()),
        )

    def description(self) -> JsonObject:
        """What a certificate's document says of it in the clear."""
        return {
            "subject": self.certificate.subject.rfc4514_string(),
            "thumbprint": self.thumbprint,
            "notAfter": self.certificate.not_valid_after_utc.isoformat(),
        }


@dataclass(frozen=True)
class ServiceCertificate:
    """The service's own certificate for TLS."""

    pfx: bytes
    password: str
    thumbprint: str

    def settings(self) -> JsonObject:
        """The member ``sslCertificate`` of PUT services/{service}."""
        return {"data": base64.b64encode(self.pfx).decode(), "password": self.password}


def service_certificate(host: str) -> ServiceCertificate:
    """A new certificate for the host name of the service."""
    pair = _pair(host, "Tarnfell Pumps", server=True)
    password = agreed_password(24)
    return ServiceCertificate(pair.pfx(host, password), password, pair.thumbprint)


def certificates() -> list[Artifact]:
    """Tarnfell's own AS2 certificate with its private key, and the partners' public ones."""
    return [_own(), *(_public(*partner) for partner in _PARTNERS)]


def _own() -> Artifact:
    """The private key is a secret of the document; only the public half is content."""
    name = "tarnfell-as2"
    pair = _pair("TARNFELL-AS2", "Tarnfell Pumps")
    password = agreed_password(24)
    document: JsonObject = {
        "certificateType": "Private",
        "usage": ["signing", "decryption"],
        **pair.description(),
        "pfx": base64.b64encode(pair.pfx(name, password)).decode(),
        "password": password,
    }
    return Artifact("certificates", name, document, _file(pair, Encoding.DER))


def _public(name: str, common_name: str, organization: str, encoding: Encoding) -> Artifact:
    pair = _pair(common_name, organization)
    document: JsonObject = {
        "certificateType": "Public",
        "usage": ["encryption", "signatureCheck"],
        **pair.description(),
    }
    return Artifact("certificates", name, document, _file(pair, encoding))


def _file(pair: _Pair, encoding: Encoding) -> Content:
    """A .cer file: partners send DER or PEM under the same ending."""
    media_type = "application/pkix-cert" if encoding is Encoding.DER else "application/x-pem-file"
    return Content(pair.certificate.public_bytes(encoding), media_type)


def _pair(common_name: str, organization: str, *, server: bool = False) -> _Pair:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
        ]
    )
    now = datetime.now(UTC).replace(microsecond=0)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _LIFETIME)
    )
    if server:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(common_name)]), critical=False
        ).add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return _Pair(key, builder.sign(key, hashes.SHA256()))
