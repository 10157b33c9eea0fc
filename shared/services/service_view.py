"""A service as answers show it, and the version of all that they show."""

from dataclasses import dataclass, field

from shared.model.service import Service
from shared.model.wire import JsonObject
from shared.rules.documents import masked
from shared.rules.editions import quotas
from shared.rules.states import allowed_operations
from shared.services.documents import SERVICE
from shared.state.columns import dumps
from shared.state.configuration import Head, StoredSettings
from shared.state.services import Listed


@dataclass(frozen=True)
class ServiceView:
    """What an answer shows of a service."""

    shown: JsonObject = field(repr=False)
    version: str
    """Another one as soon as any of it changed: state, settings (masked ones too), quota use."""


def summary(service: Service) -> JsonObject:
    """What a list of services shows of each."""
    shown = service.to_json()
    del shown["operations"]
    return shown


def service_view(listed: Listed, settings: StoredSettings | None, head: Head | None) -> ServiceView:
    """A service with its settings masked, what its state allows, and its quota use.

    :param settings: None where it has none (any more); so is ``head``.
    """
    service = listed.service
    counts = head.counts if head else {}
    quota: JsonObject = {
        str(section): {"used": counts.get(section, 0), "limit": limit}
        for section, limit in quotas(service.edition, service.unit_count).items()
    }
    shown: JsonObject = {
        **(masked(SERVICE, settings.document) if settings else {}),
        **summary(service),
        "allowedOperations": [*allowed_operations(service.state)],
        "quota": quota,
    }
    version = [listed.etag, settings.etag if settings else "", quota]
    return ServiceView(shown, dumps(version))
