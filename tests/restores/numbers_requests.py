"""Requests of the number tests: an agreement's document, numbers, transitions."""

from collections.abc import Awaitable, Callable
from typing import Any

from shared.installation.installation import Installation
from shared.model.backup import BackupBody
from shared.model.numbers import Kind
from shared.rules.states import ServiceOperation
from shared.services.services import Asked
from tests.support.api import nobodys, x12_document
from tests.support.handed_out import Within

OP = ServiceOperation
NAMELESS = "C"
"""Between nobody: its name is its stream."""

Request = Callable[[Installation], Awaitable[Any]]


def document(name: str, guest: str, within: Within) -> Any:
    """An agreement of Northwind's with a guest."""
    found = x12_document(
        interchangeControlNumberLowerBound=within.lower,
        interchangeControlNumberUpperBound=within.upper,
        rolloverInterchangeControlNumber=within.rollover,
    )
    if name == NAMELESS:
        return nobodys(found)
    identity = {"qualifier": "ZZ", "value": guest.upper()}
    return {**found, "guestPartner": guest, "guestIdentity": identity}


def allocating(name: str, agreement: str, count: int) -> Request:
    """A request for numbers."""

    async def allocate(app: Installation) -> list[int]:
        found = await app.allocator.allocate(name, agreement, [Kind.INTERCHANGE], count)
        return [one.value for one in found]

    return allocate


def resuming(name: str) -> Request:
    async def resume(app: Installation) -> None:
        await app.services.move(await app.services.require(name), OP.RESUME, Asked("x"))

    return resume


def suspended_and_backed_up(name: str, backup: str) -> Request:
    """As soon as the one is answered, the other is begun."""

    async def both(app: Installation) -> None:
        await app.services.move(await app.services.require(name), OP.SUSPEND, Asked("x"))
        service = (await app.services.require(name)).service
        body = BackupBody(name=backup, storage_account="offsite")
        record = await app.backups.start(service, body, "x", None)
        await app.engine.run(name, record.operation.id)

    return both
