"""The deletion of a big service: killed on its way again and again, it ends, page by page."""

import asyncio
from typing import Any

import pytest
from azure.core.rest import HttpRequest

from shared.installation.installation import Installation
from shared.model.artifact import Artifact
from shared.model.numbers import Counter, Kind
from shared.model.problem import Code, Problem
from shared.model.runtime import MicAlgorithm, MicValue
from shared.model.sections import Section
from shared.model.service import Service, ServiceSettings
from shared.model.wire import rfc3339
from shared.state.control_numbers import BATCH_ROWS, LedgerRow
from shared.state.edits import BATCH_ARTIFACTS, Put
from shared.state.operations import OperationRow
from tests.support.scenes import ASKED
from tests.support.transport import FaultTransport, ProcessStopped, Way

SERVICE = "Contoso-B2B"
ARTIFACTS, NUMBERS, MICS, CONTENTS = 3_000, 1_500, 300, 60
DOCUMENT = {"text": "x" * 5_000}
BASIC = ServiceSettings.model_validate({"edition": "Basic"})
LARGEST_ANSWER = 1024 * 1024
"""A page of 1,000 keys, or of ledger rows; the artifacts' documents have 15 MB."""

MOST_CALLS = 320
"""Over all attempts: 100 rows a transaction, 1,000 a page, and one for each object of content."""


async def lease_runs_out(app: Installation, record: OperationRow) -> None:
    """What a minute of waiting does: nobody holds the operation any more."""
    found = await app.records.find(SERVICE, record.operation.id)
    assert found is not None
    left = found[0].operation.model_copy(update={"worker": ""})
    await app.records.write(left, found[0].etag)


class Weighing(FaultTransport):
    """Also knows the largest answer: all that is held of what storage holds."""

    largest = 0

    async def send(self, request: HttpRequest, **config: Any) -> Any:
        answer = await super().send(request, **config)
        if request.method == "GET":
            self.largest = max(self.largest, len(answer.content))
        return answer


async def fill(app: Installation) -> Service:
    """A big service, written through the tables: over HTTP it would take minutes."""
    wanted = ServiceSettings.model_validate({"edition": "Premium", "unitCount": 2})
    service = (await app.services.create(SERVICE, wanted, ASKED)).service
    now = app.clock.now()
    artifacts = [
        Artifact(section=Section.SCHEMAS, name=f"s{i:05}", document=DOCUMENT, changed_at=now)
        for i in range(ARTIFACTS)
    ]
    head = await app.configuration.head(service.id)
    for start in range(0, ARTIFACTS, BATCH_ARTIFACTS):
        assert head is not None
        puts = [Put(a, new=True) for a in artifacts[start : start + BATCH_ARTIFACTS]]
        head, _ = await app.configuration.change(service.id, head, puts)
    issued = {Kind.INTERCHANGE: Counter(next=43, last=42, cycle=0)}
    rows = [LedgerRow(f"A{i:05}", service.id, issued, rfc3339(now)) for i in range(NUMBERS)]
    for start in range(0, NUMBERS, BATCH_ROWS):
        await app.ledger.write_all(SERVICE, rows[start : start + BATCH_ROWS])
    mics = [
        MicValue(
            agreement="A",
            message_id=f"m{i}",
            mic="q83v",
            algorithm=MicAlgorithm.SHA1,
            as2_from="a",
            as2_to="b",
            time=now,
        )
        for i in range(MICS)
    ]
    for start in range(0, MICS, 100):
        await app.mics.put_all(service.id, mics[start : start + 100])
    await app.content.prepare()
    puts = (
        app.content.put(service.id, f"{i}".encode(), "text/plain", None) for i in range(CONTENTS)
    )
    await asyncio.gather(*puts)
    return service


async def require_gone(app: Installation, service: Service) -> None:
    """Nothing is left of a service but its ledger, which nobody owns."""
    assert await app.directory.get(SERVICE) is None
    assert [row async for page in app.configuration.keys(service.id) for row in page] == []
    assert [mic async for page in app.mics.pages(service.id) for mic in page] == []
    container = app.accounts.state.get_container_client("artifacts")
    assert [name async for name in container.list_blob_names()] == []
    rows = [row async for page in app.ledger.pages(SERVICE) for row in page]
    assert len(rows) == NUMBERS
    assert {row.owner for row in rows} == {""}
    assert {row.counters[Kind.INTERCHANGE].last for row in rows} == {42}


async def test_a_big_service_is_deleted_however_often_its_worker_dies(
    fresh_app: Installation,
) -> None:
    app = fresh_app
    service = await fill(app)
    record = await app.deletions.start(SERVICE, ASKED)

    transports: list[Weighing] = []

    async def attempt(dies_at: int | None) -> None:
        transports.append(Weighing())
        worker = Installation(app.settings, transport=transports[-1])
        if dies_at is not None:
            transports[-1].break_at(dies_at, Way.PROCESS_STOPS)
        try:
            await worker.engine.run(SERVICE, record.operation.id)
        finally:
            await worker.close()

    # Among the ledger's rows, among the content, among the artifacts.
    for dies_at, among in ((16, "$batch"), (61, "/artifacts/"), (86, "$batch")):
        with pytest.raises(ProcessStopped):
            await attempt(dies_at)
        assert any(among in call for call in transports[-1].log[-2:])
        with pytest.raises(Problem) as refused:
            await app.services.create(SERVICE, BASIC, ASKED)
        assert refused.value.code is Code.SERVICE_NAME_UNAVAILABLE
        await lease_runs_out(app, record)
    await attempt(None)

    found = await app.records.find(SERVICE, record.operation.id)
    assert found is not None
    assert (found[0].operation.status, found[0].operation.attempt) == ("Succeeded", 4)
    assert max(transport.largest for transport in transports) < LARGEST_ANSWER
    assert sum(transport.calls for transport in transports) < MOST_CALLS
    await require_gone(app, service)
    again = (await app.services.create(SERVICE, BASIC, ASKED)).service
    assert again.id != service.id
