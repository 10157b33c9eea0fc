"""Certificates: public ones in DER or PEM, and ones with their private key in a PFX."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

from shared.model.certificate import CertificateFacts
from shared.model.problem import Code, Problem
from shared.sealing.certificate_forms import (
    Unfit,
    certificate_in,
    require_no_other_form,
)
from shared.sealing.pfx_cost import MOST_ROUNDS, rounds
from shared.sealing.pfx_mac import MacUnknown, PasswordWrong
from shared.sealing.pfx_order import KeyHidden, with_key_first
from shared.sealing.x509_names import issuer_of, subject_of


def public_certificate(data: bytes) -> CertificateFacts:
    """The facts of a certificate in DER or PEM; of a chain in PEM, those of its leaf.

    :raises Problem: InvalidRequest if it is neither, or contains more; the message says what it is
        instead.
    """
    try:
        certificate = certificate_in(data)
    except Unfit as error:
        raise Problem(
            Code.INVALID_REQUEST,
            f"{error} Content of a certificate is one X.509 certificate in DER, or a chain in PEM.",
            target="content",
        ) from error
    except x509.InvalidVersion as error:
        raise _unknown_version(error, "content") from error
    return _facts(certificate, "content")


def _unknown_version(error: x509.InvalidVersion, target: str) -> Problem:
    return Problem(
        Code.INVALID_REQUEST,
        f"The certificate says that it is of X.509 version {error.parsed_version + 1}; versions 1 "
        "and 3 are taken. Have it issued anew.",
        target,
    )


@dataclass
class Spent:
    """The number of hashing rounds that the PFXs of one document have taken so far."""

    rounds: int = 0

    def take(self, packed: bytes, target: str) -> None:
        """Count the rounds of a PFX before it is opened, which blocks everything else in the
        process.

        :raises Problem: InvalidRequest.
        :raises ValueError: for data that is not a PFX.
        """
        self.rounds += rounds(packed)
        if self.rounds > MOST_ROUNDS:
            raise Problem(
                Code.INVALID_REQUEST,
                f"Opening the PFX takes {self.rounds} rounds of key derivation, and {MOST_ROUNDS} "
                "are the most for one document. Export it again with fewer; some hundred "
                "thousand are many.",
                target,
            )


def pfx_certificate(
    data: str, password: str | None, now: datetime | None, target: str, spent: Spent
) -> CertificateFacts:
    """The facts of a PFX (PKCS #12) that has a certificate and its private key.

    Takes up to some seconds, during which the library blocks all other threads.

    :param data: base64.
    :param now: refuse a certificate that has expired by then; None accepts an expired one.
    :param target: JSON pointer of the member that holds the data.
    :raises Problem: InvalidRequest, also for kinds of keys that cannot be used here;
        CertificatePasswordWrong, CertificateHasNoPrivateKey, CertificateExpired.
    """
    try:
        packed = base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Problem(Code.INVALID_REQUEST, "The PFX is to be sent in base64.", target) from error
    try:
        require_no_other_form(packed)
        spent.take(packed, target)
        in_order = with_key_first(packed, password)
        key, certificate, _chain = load_key_and_certificates(
            in_order, password.encode() if password else None
        )
    except Unfit as error:
        raise Problem(Code.INVALID_REQUEST, f"{error}.", target) from error
    except KeyHidden as error:
        raise Problem(
            Code.CERTIFICATE_HAS_NO_PRIVATE_KEY,
            "The PFX shows no private key: it has none, or one within an encrypted part, where "
            "nobody sees what opening it takes. Export it again, with the key.",
            target,
        ) from error
    except MacUnknown as error:
        raise Problem(
            Code.INVALID_REQUEST,
            "The PFX's MAC is of a kind that is not known here, so nobody can tell whether the "
            "file is whole. Export it again, with a MAC of SHA-256.",
            target,
        ) from error
    except UnsupportedAlgorithm as error:
        raise Problem(
            Code.INVALID_REQUEST,
            f"The PFX opens, and what is in it is of a kind that cannot be used: {error}. Use a "
            "key that is RSA, or of a curve such as P-256.",
            target,
        ) from error
    except x509.InvalidVersion as error:
        raise _unknown_version(error, target) from error
    except (ValueError, PasswordWrong) as error:
        raise Problem(
            Code.CERTIFICATE_PASSWORD_WRONG,
            "The PFX does not open with this password, or it is no PFX. Check both, or export "
            "the certificate again.",
            target,
        ) from error
    if key is None or certificate is None:
        raise Problem(
            Code.CERTIFICATE_HAS_NO_PRIVATE_KEY,
            "The PFX holds no certificate with its private key. Export it again, with the key.",
            target,
        )
    facts = _facts(certificate, target)
    if now is not None and facts.expires_at <= now:
        raise Problem(
            Code.CERTIFICATE_EXPIRED,
            f"The certificate of {facts.subject} expired at {facts.expires_at:%Y-%m-%d %H:%M} "
            "UTC. Renew it, then send the new one.",
            target,
        )
    return facts


_MOST_SUBJECT = 1000
"""Most characters that are shown: the maker of a certificate chooses the length of its subject."""


def _short(subject: str) -> str:
    return subject if len(subject) <= _MOST_SUBJECT else f"{subject[:_MOST_SUBJECT]}…"


def _issuer(certificate: x509.Certificate) -> str | None:
    """None where it cannot be read: nothing is decided by it."""
    try:
        return _short(issuer_of(certificate))
    except (ValueError, TypeError, LookupError):
        return None


def _valid_from(certificate: x509.Certificate) -> datetime | None:
    try:
        return certificate.not_valid_before_utc
    except (ValueError, TypeError, LookupError):
        return None


def _facts(certificate: x509.Certificate, target: str) -> CertificateFacts:
    """The facts of a certificate.

    :raises Problem: InvalidRequest if its subject or its expiry cannot be read.
    """
    try:
        return CertificateFacts(
            # The thumbprint is the platform's name of a certificate, not a protection.
            thumbprint=certificate.fingerprint(SHA1()).hex().upper(),  # noqa: S303  # nosec B303
            subject=_short(subject_of(certificate)),
            issuer=_issuer(certificate),
            valid_from=_valid_from(certificate),
            expires_at=certificate.not_valid_after_utc,
        )
    except (ValueError, TypeError, LookupError) as error:
        raise Problem(
            Code.INVALID_REQUEST,
            "The certificate's subject, or the time at which it expires, is none that can be "
            "read. Have it issued anew.",
            target,
        ) from error
