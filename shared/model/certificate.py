"""What is shown of a certificate; read from its bytes, never from a caller."""

from shared.model.wire import Stored, Time


class CertificateFacts(Stored):
    """Whose a certificate is, who issued it, and when it is valid."""

    thumbprint: str
    """SHA-1 of its DER as 40 upper-case hexadecimal digits, as Azure and Windows show it."""
    subject: str
    """RFC 4514."""
    issuer: str | None = None
    """RFC 4514. None where it cannot be read, and for what was stored before it was kept."""
    valid_from: Time | None = None
    """None as for the issuer."""
    expires_at: Time
