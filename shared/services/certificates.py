"""Certificates in requests: they are opened, so that a wrong one is refused at once."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from shared.model.certificate import CertificateFacts
from shared.model.problem import Code, Problem
from shared.model.wire import MASK, JsonObject, JsonValue
from shared.rules.documents import at, escaped

if TYPE_CHECKING:
    from shared.sealing.certificates import Spent


async def public_certificate(data: bytes) -> CertificateFacts:
    """The facts of a certificate in DER or PEM; see sealing/certificates.py.

    Parsed in a thread, since content may be long.

    :raises Problem: InvalidRequest.
    """
    # Imported here: X.509 takes a tenth of the time of the app's imports, and few requests need it.
    from shared.sealing import certificates

    return await asyncio.to_thread(certificates.public_certificate, data)


def _pfx_certificate(
    data: str, password: str | None, now: datetime | None, target: str, spent: "Spent | None" = None
) -> CertificateFacts:
    from shared.sealing import certificates

    return certificates.pfx_certificate(data, password, now, target, spent or certificates.Spent())


async def with_ssl_facts(
    settings: JsonObject, stored: JsonObject | None, now: datetime
) -> JsonObject:
    """A service's settings with thumbprint, subject and expiry of its SSL certificate.

    The certificate is opened in a thread, since that is slow by design.

    :param stored: the present settings, secrets in the clear; a mask keeps the secret of these.
    :raises Problem: InvalidRequest, CertificatePasswordWrong, CertificateHasNoPrivateKey, and
        CertificateExpired for a new certificate; one that was stored before may have expired.
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
        return settings  # a mask without a stored secret is refused later, when secrets are sealed
    fresh = now if ssl["data"] != MASK else None
    facts = await asyncio.to_thread(_pfx_certificate, data, password, fresh, "/sslCertificate/data")
    own = {"data": ssl["data"], "password": ssl.get("password")}
    given = {name: value for name, value in own.items() if value is not None}
    shown = facts.model_copy(update={"issuer": None, "valid_from": None})  # as its model has them
    return {**settings, "sslCertificate": {**given, **shown.to_json()}}


def _real(given: JsonObject, known: JsonObject, member: str) -> str | None:
    value: JsonValue = given.get(member)
    if value == MASK:
        value = known.get(member)
    return value if isinstance(value, str) else None


async def pfx_facts(
    document: JsonObject, opened: JsonObject, now: datetime | None
) -> CertificateFacts | None:
    """The facts of the PFX of a certificate artifact, None if it has none; of several, the first.

    Member names are compared without regard to case, and a PFX may be in any object of the
    document, with its password next to it. It is opened in a thread, since that is slow by design.

    :param document: as the caller sent it: a PFX that is not a mask must not have expired.
    :param opened: the same with the stored secrets in place of masks.
    :param now: None accepts an expired one too.
    :raises Problem: as ``pfx_certificate`` of sealing; InvalidRequest for a value that is not a
        text.
    """
    return await asyncio.to_thread(_pfx_facts, document, opened, now)


def _pfx_facts(
    document: JsonObject, opened: JsonObject, now: datetime | None
) -> CertificateFacts | None:
    from shared.sealing.certificates import Spent

    found: CertificateFacts | None = None
    spent = Spent()
    for pointer, holder in pfx_holders(opened, "/document"):
        name = _only(holder, "pfx", pointer)
        pfx, target = _text(holder, name, pointer), f"{pointer}/{escaped(name or '')}"
        password = _text(holder, _only(holder, "password", pointer), pointer)
        if pfx:
            is_kept = at({"document": document}, target) == MASK
            facts = _pfx_certificate(pfx, password, None if is_kept else now, target, spent)
            found = found or facts
    return found


async def restored_pfx_facts(document: JsonObject) -> CertificateFacts | None:
    """The facts of the PFX of a backed-up artifact. It is restored unchanged, even if it cannot be
    opened."""
    try:
        return await pfx_facts(document, document, None)
    except Problem:
        return None


def pfx_holders(value: JsonValue, pointer: str) -> Iterator[tuple[str, JsonObject]]:
    """The objects with a member pfx, with their pointers."""
    if isinstance(value, dict):
        if any(name.lower() == "pfx" for name in value):
            yield pointer, value
        for name, inner in value.items():
            yield from pfx_holders(inner, f"{pointer}/{escaped(name)}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from pfx_holders(inner, f"{pointer}/{index}")


def _only(holder: JsonObject, member: str, pointer: str) -> str | None:
    """The name of a member as it is spelled in this object, in any case; None if it is absent."""
    names = [name for name in holder if name.lower() == member]
    if len(names) > 1:
        raise Problem(
            Code.INVALID_REQUEST,
            f"{' and '.join(names)} are the same member here. Send one of them.",
            target=f"{pointer}/{escaped(names[1])}",
        )
    return names[0] if names else None


def _text(holder: JsonObject, name: str | None, pointer: str) -> str | None:
    value = holder[name] if name is not None else None
    if value is None or isinstance(value, str):
        return value
    raise Problem(
        Code.INVALID_REQUEST,
        f"{name} takes a text.",
        target=f"{pointer}/{escaped(name or '')}",
    )


__all__ = ["pfx_facts", "pfx_holders", "public_certificate", "restored_pfx_facts", "with_ssl_facts"]
