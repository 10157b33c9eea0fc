"""When what a service holds expires, read from what is stored with it."""

from contextlib import suppress
from datetime import UTC, datetime

from shared.model.sections import Section
from shared.model.wire import JsonObject
from shared.state.artifact_rows import expires_at, section_of
from shared.storage.tables import Row


def expiry_of(row: Row) -> datetime | None:
    """When the certificate of an artifact's row expires; None where it is none, or does not say.

    A damaged row is for others to find: the artifact may be whole without what was read from it.
    """
    if section_of(row) == Section.CERTIFICATES:
        with suppress(ValueError, AttributeError):
            return expires_at(row)
    return None


def ssl_expiry(settings: JsonObject) -> datetime | None:
    """When the service's own certificate expires; None where it has none."""
    ssl = settings.get("sslCertificate")
    said = ssl.get("expiresAt") if isinstance(ssl, dict) else None
    if not isinstance(said, str):
        return None
    with suppress(ValueError):
        found = datetime.fromisoformat(said)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None
