"""A restore whose request was removed from the tables: nothing is restored in its place."""

from shared.installation.installation import Installation
from shared.model.problem import Code
from shared.model.service import State
from shared.state.operations import OperationRow, _partition, _request_key
from tests.support.scenes import COPY, SERVICE, fill, run, start_chosen_restore


async def without_request(app: Installation) -> OperationRow:
    record = await start_chosen_restore(app)
    await app.records._table.delete(_partition(COPY), _request_key(record.operation.id))
    return record


async def require_failed(app: Installation, record: OperationRow) -> None:
    found = await app.records.find(COPY, record.operation.id)
    assert found is not None
    operation = found[0].operation
    assert (operation.status, operation.attempt) == ("Failed", 1)
    assert operation.error is not None
    assert operation.error.code == Code.INTERNAL_ERROR
    assert "Start the restore again" in operation.error.message
    assert await app.records.active(COPY) is None


async def test_nothing_is_restored_and_the_name_is_free(fresh_app: Installation) -> None:
    app = fresh_app
    await fill(app)
    record = await without_request(app)
    await run(app, record)
    await require_failed(app, record)
    assert await app.directory.get(COPY) is None
    backups = [b async for page in app.history.pages(SERVICE) for b in page]
    assert [b.users for b in backups] == [[]], "the backup is let go"
    again = await start_chosen_restore(app)
    await run(app, again)
    assert (await app.services.require(COPY)).service.state is State.SUSPENDED


async def test_a_restore_that_is_done_stays_done(fresh_app: Installation) -> None:
    app = fresh_app
    await fill(app)
    record = await start_chosen_restore(app)
    await run(app, record)
    await app.records._table.delete(_partition(COPY), _request_key(record.operation.id))
    await run(app, record)
    found = await app.records.find(COPY, record.operation.id)
    assert found is not None
    assert found[0].operation.status == "Succeeded"
