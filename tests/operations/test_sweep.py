"""The sweep drops what has had its time, and nothing else."""

from datetime import datetime, timedelta

from shared.clock import Clock
from shared.installation.installation import Installation
from shared.model.numbers import Kind
from shared.model.runtime import ReceivedBody
from shared.operations.sweep import LOG_DAYS
from tests.support.scenes import SERVICE, fill


class Later(Clock):
    """A clock that can be moved."""

    offset = timedelta()

    def now(self) -> datetime:
        return super().now() + self.offset


async def test_the_sweep(fresh_app: Installation) -> None:
    app, clock = fresh_app, Later()
    await fill(app)
    listed = await app.services.require(SERVICE)
    for value, days in ((1, 1), (2, 400)):
        body = ReceivedBody(kind=Kind.INTERCHANGE, value=value, validity_days=days, message_id="m")
        await app.inbound.receive(listed.service, "A", body)
    app.sweep._clock = clock
    assert await app.sweep.run() == 0

    clock.offset = timedelta(days=LOG_DAYS - 1)
    assert await app.sweep.run() == 1, "the number that was valid for a day"
    assert await app.received.get(listed.service.id, "A", Kind.INTERCHANGE, 1) is None
    assert await app.received.get(listed.service.id, "A", Kind.INTERCHANGE, 2) is not None

    records = [r.operation async for page in app.records.pages(SERVICE) for r in page]
    assert len(records) == 2
    clock.offset = timedelta(days=LOG_DAYS, hours=1)
    assert await app.sweep.run() == 4 * len(records), "record, index, request of each"
    assert [r async for page in app.records.pages(SERVICE) for r in page] == []
    for record in records:
        assert await app.records.find(SERVICE, record.id) is None
    assert await app.records.active(SERVICE) is None
    assert (await app.services.require(SERVICE)).service == listed.service
