"""Making the sealed descriptor of a backup. It is written last, and once."""

from dataclasses import dataclass

from shared.backups.making.writer import RunResult
from shared.model.backup import Backup
from shared.model.descriptor import Descriptor, digest, file_bytes, format_of
from shared.model.operation import Warning
from shared.model.version import VERSION
from shared.model.wire import JsonObject, rfc3339
from shared.sealing.provider import KeyProvider
from shared.services.cut import ServiceCut
from shared.services.cut_records import LeftOut

PRODUCER = f"interkeep {VERSION}"


@dataclass(frozen=True)
class Run:
    """One run of a backup."""

    name: str
    """``<attempt>-<try>``."""
    held: bool
    """Whether writers waited while the configuration was read."""

    @property
    def is_first(self) -> bool:
        """Whether no other run of the same backup can have begun before."""
        return self.name == "1-1"


def describe(
    backup: Backup,
    cut: ServiceCut,
    result: RunResult,
    left_out: list[LeftOut],
    warnings: list[Warning],
    *,
    run: Run,
    completed_at: str,
) -> JsonObject:
    """The descriptor without its digest and seal."""
    assert result.secrets is not None
    service = cut.service
    return {
        "format": format_of(section.name for section in result.sections),
        "backup": {
            "id": backup.id,
            "name": backup.name,
            "trigger": str(backup.trigger),
            "operationId": backup.operation,
            "run": run.name,
            "startedAt": rfc3339(backup.started_at),
            "completedAt": completed_at,
            "producer": PRODUCER,
            "outcome": "PartiallySucceeded" if result.failures else "Succeeded",
        },
        "service": {
            "id": service.id,
            "name": service.name,
            "edition": str(service.edition),
            "unitCount": service.unit_count,
            "productVersion": _text(result.settings, "productVersion"),
            "region": _text(result.settings, "region"),
            "domainUrl": _text(result.settings, "domainUrl"),
            "state": str(service.state),
        },
        "consistency": {
            "revision": cut.revision,
            "held": "yes" if run.held else "no",
            "runtimeReadFrom": result.runtime_read_from,
            "runtimeReadTo": result.runtime_read_to,
        },
        "sections": [section.to_json() for section in result.sections],
        "content": {"objects": len(result.content), "bytes": sum(result.content.values())},
        "secrets": result.secrets.to_json(),
        "notIncluded": [
            {"what": item.what, "items": item.items, "note": item.note} for item in left_out
        ],
        "warnings": [warning.to_json() for warning in warnings],
        "failures": [failure.to_json() for failure in result.failures],
        "noticed": result.noticing.noticed().to_json(),
    }


def _text(settings: JsonObject, member: str) -> str:
    value = settings.get(member)
    return value if isinstance(value, str) else ""


async def sealed(document: JsonObject, provider: KeyProvider) -> tuple[Descriptor, bytes]:
    """The descriptor with digest and seal, and the bytes of its blob."""
    document = {**document, "digest": digest(document)}
    seal = await provider.seal(str(document["digest"]))
    document["seal"] = seal.to_json()
    return Descriptor.model_validate(document), file_bytes(document)
