"""What is shown of a certificate; read from its bytes, never from a caller."""

from shared.model.wire import Stored, Time


class CertificateFacts(Stored):
    """The subject and the expiry of a certificate."""

    thumbprint: str
    """SHA-1 of its DER as 40 upper-case hexadecimal digits, as Azure and Windows show it."""
    subject: str
    """RFC 4514."""
    expires_at: Time
