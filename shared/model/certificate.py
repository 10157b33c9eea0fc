"""What is shown of a certificate: read from its bytes, never typed by a caller."""

from shared.model.wire import Stored, Time


class CertificateFacts(Stored):
    """Whose certificate it is, and until when."""

    thumbprint: str
    """SHA-1 of its DER, 40 hexadecimal capitals, as Azure and Windows show it."""
    subject: str
    """RFC 4514."""
    expires_at: Time
