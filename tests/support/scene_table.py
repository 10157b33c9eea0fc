"""The operations of the enumeration, in one table."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shared.installation.installation import Installation
from shared.state.operations import OperationRow
from tests.support.linked import link
from tests.support.restoring import restoring
from tests.support.scenes import (
    CHOSEN,
    COPY,
    EVERYTHING,
    SECOND,
    SERVICE,
    after_backup,
    after_chosen_restore,
    after_delete,
    after_purge,
    after_restore,
    after_rotation,
    after_verify,
    fill,
    run,
    start_backup,
    start_chosen_restore,
    start_delete,
    start_purge,
    start_restore,
    start_rotation,
    start_verify,
    wrap_with_former,
)


@dataclass(frozen=True)
class Scene:
    """One operation of the enumeration."""

    name: str
    prepare: Callable[[Installation], Awaitable[None]]
    start: Callable[[Installation], Awaitable[OperationRow]]
    after: Callable[[Installation, OperationRow], Awaitable[None]]
    meanwhile: Callable[[Installation], Awaitable[None]] | None = None
    """What must hold after a fault, and between any two deliveries."""


async def _filled(app: Installation) -> None:
    await fill(app)


async def _deleted(app: Installation) -> None:
    await fill(app)
    await run(app, await start_delete(app))


async def _linked(app: Installation) -> None:
    await fill(app, link)


async def _linked_deleted(app: Installation) -> None:
    await fill(app, link)
    await run(app, await start_delete(app))


async def _formerly(app: Installation) -> None:
    await fill(app)
    await wrap_with_former(app)


async def _second(app: Installation) -> OperationRow:
    return await start_backup(app, SECOND)


SCENES = {
    scene.name: scene
    for scene in (
        Scene("backup", _filled, _second, after_backup),
        Scene("delete", _filled, start_delete, after_delete),
        Scene(
            "restore",
            _deleted,
            start_restore,
            after_restore,
            restoring(SERVICE, EVERYTHING),
        ),
        Scene(
            "restore-part",
            _filled,
            start_chosen_restore,
            after_chosen_restore,
            restoring(COPY, CHOSEN),
        ),
        Scene("backup-linked", _linked, _second, after_backup),
        Scene("restore-linked", _linked_deleted, start_restore, after_restore),
        Scene("purge", _filled, start_purge, after_purge),
        Scene("rotation", _formerly, start_rotation, after_rotation),
        Scene("verify", _filled, start_verify, after_verify),
    )
}
