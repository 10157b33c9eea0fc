"""Certificates on their way in: opened, so that a wrong one is refused at once."""

from datetime import datetime

from shared.model.problem import Code, Problem
from shared.model.wire import MASK, JsonObject, JsonValue
from shared.sealing.certificates import pfx_certificate, public_certificate


def with_ssl_facts(settings: JsonObject, stored: JsonObject | None, now: datetime) -> JsonObject:
    """A service's settings with thumbprint, subject and expiry of its SSL certificate.

    :param stored: the settings as they are, secrets in the clear; masks stand for theirs.
    :raises Problem: InvalidRequest, CertificatePasswordWrong, CertificateHasNoPrivateKey, and
        CertificateExpired for one that is put now; one that was put before may have expired.
    """
    ssl = settings.get("sslCertificate")
    if not isinstance(ssl, dict):
        return settings
    before = (stored or {}).get("sslCertificate")
    known = before if isinstance(before, dict) else {}
    if ssl.get("data") is None:
        raise Problem(
            Code.INVALID_REQUEST,
            "sslCertificate needs data, the PFX in base64; leave sslCertificate out for none.",
            target="/sslCertificate/data",
        )
    data, password = _real(ssl, known, "data"), _real(ssl, known, "password")
    if data is None or (ssl.get("password") == MASK and password is None):
        return settings  # a mask where nothing is stored: refused where secrets are sealed
    fresh = now if ssl["data"] != MASK else None
    facts = pfx_certificate(data, password, fresh, "/sslCertificate/data")
    own = {"data": ssl["data"], "password": ssl.get("password")}
    given = {name: value for name, value in own.items() if value is not None}
    return {**settings, "sslCertificate": {**given, **facts.to_json()}}


def _real(given: JsonObject, known: JsonObject, member: str) -> str | None:
    value: JsonValue = given.get(member)
    if value == MASK:
        value = known.get(member)
    return value if isinstance(value, str) else None


def require_usable_pfx(document: JsonObject, now: datetime) -> None:
    """Refuse a certificate artifact whose PFX does not open, or has expired.

    A mask is what was looked at before.

    :raises Problem: as ``pfx_certificate``.
    """
    pfx, password = document.get("pfx"), document.get("password")
    if isinstance(pfx, str) and pfx not in ("", MASK) and password != MASK:
        text = password if isinstance(password, str) else None
        pfx_certificate(pfx, text, now, "/document/pfx")


__all__ = ["public_certificate", "require_usable_pfx", "with_ssl_facts"]
