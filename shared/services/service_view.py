"""A service as answers show it, and the version of everything that they show."""

from dataclasses import dataclass, field

from shared.model.sections import SECTIONS
from shared.model.service import Service
from shared.model.wire import JsonObject
from shared.rules.documents import masked
from shared.rules.holding import most
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
    """An ETag that changes with anything that is shown: state, settings (also masked ones), quota
    use."""


def summary(service: Service) -> JsonObject:
    """What a list of services shows of each one."""
    shown = service.to_json()
    del shown["operations"]
    return shown


def counted_sections(service: Service, head: Head | None) -> list[JsonObject]:
    """Every section, how many artifacts it holds, and how many it may hold.

    :param head: None where the service holds nothing (any more).
    """
    counts = head.counts if head else {}
    limits = most(service)
    return [
        {
            "section": section,
            "count": counts.get(section, 0),
            **({"limit": limits[section]} if section in limits else {}),
            "hasContent": facts.content,
            "backedUp": facts.backed_up,
        }
        for section, facts in SECTIONS.items()
    ]


def service_view(listed: Listed, settings: StoredSettings | None, head: Head | None) -> ServiceView:
    """A service with its settings masked, what its state allows, and its quota use.

    :param settings: None if it has none, or none any more; the same for ``head``.
    """
    service = listed.service
    counts = head.counts if head else {}
    quota: JsonObject = {
        str(section): {"used": counts.get(section, 0), "limit": limit}
        for section, limit in most(service).items()
    }
    shown: JsonObject = {
        **(masked(SERVICE, settings.document) if settings else {}),
        **summary(service),
        "allowedOperations": [*allowed_operations(service.state)],
        "quota": quota,
    }
    version = [listed.etag, settings.etag if settings else "", quota]
    return ServiceView(shown, dumps(version))
