"""What tests of numbers over several names are told with."""

from typing import Any

from shared.installation.installation import Installation
from shared.model.backup import BackupBody
from shared.model.numbers import Kind, SetNextBody
from shared.model.restore import RestoreBody, RestorePlan
from shared.model.service import Service
from shared.rules.states import ServiceOperation
from tests.support.scenes import ASKED, FIRST, SERVICE, run

DR = "Contoso-DR"


async def service_of(app: Installation, name: str) -> Service:
    """The service as it is now."""
    return (await app.services.require(name)).service


async def plan(
    app: Installation, name: str = SERVICE, container: str = FIRST, **numbers: Any
) -> RestorePlan:
    """The plan of a restore under a name."""
    return await app.restores.plan(_body(name, container, numbers))


async def restore(
    app: Installation, name: str = SERVICE, container: str = FIRST, **numbers: Any
) -> RestorePlan:
    """Restore under a name; the plan that was made before."""
    planned = await plan(app, name, container, **numbers)
    record = await app.restores.start(_body(name, container, numbers), "x", None)
    await run(app, record)
    found = await app.records.find(name, record.operation.id)
    assert found is not None
    assert found[0].operation.status == "Succeeded", found[0].operation.error
    return planned


def _body(name: str, container: str, numbers: dict[str, Any]) -> RestoreBody:
    return RestoreBody.model_validate(
        {
            "backup": {"storageAccount": "offsite", "container": container},
            "service": {"name": name},
            "controlNumbers": numbers,
        }
    )


async def resume(app: Installation, name: str = SERVICE) -> None:
    """Make a suspended service Active."""
    await move(app, ServiceOperation.RESUME, name)


async def move(app: Installation, operation: ServiceOperation, name: str = SERVICE) -> None:
    """Move a service through the state chart."""
    await app.services.move(await app.services.require(name), operation, ASKED)


async def issue(
    app: Installation,
    count: int,
    name: str = SERVICE,
    agreement: str = "A",
    kind: Kind = Kind.INTERCHANGE,
) -> list[int]:
    """Numbers that a service issues now."""
    found = await app.allocator.allocate(name, agreement, [kind], count)
    return [one.value for one in found]


async def set_next(app: Installation, following: int, name: str = SERVICE) -> None:
    """Set the next interchange number of the agreement A."""
    body = SetNextBody.model_validate({"kind": "interchange", "next": following})
    await app.counters.set_next(await service_of(app, name), "A", body)


async def back_up(app: Installation, backup: str, name: str = SERVICE) -> None:
    """Back a service up."""
    body = BackupBody(name=backup, storage_account="offsite")
    record = await app.backups.start(await service_of(app, name), body, "x", None)
    await run(app, record)
    found = await app.records.find(name, record.operation.id)
    assert found is not None
    assert found[0].operation.status == "Succeeded", found[0].operation.error


async def delete(app: Installation, name: str = SERVICE) -> None:
    """Delete a service."""
    await run(app, await app.deletions.start(name, ASKED))
