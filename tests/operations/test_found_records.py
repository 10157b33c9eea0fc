"""The record of a message: found by its key in one call, and by its id where the key leads
elsewhere."""

import pytest

from shared.installation.installation import Installation
from shared.state.operations import OperationRow, place
from tests.support.scenes import SECOND, SERVICE, fill, start_backup


async def another(app: Installation) -> OperationRow:
    """The record of another operation of the same service."""
    pages = app.records.pages(SERVICE)
    return (await anext(aiter(pages)))[-1]


@pytest.mark.parametrize("key", ["its own", "none", "another's", "of no record", "of an index row"])
async def test_a_record_is_found_whatever_key_its_message_has(
    fresh_app: Installation, key: str
) -> None:
    app = fresh_app
    await fill(app)
    other = await another(app)
    record = await start_backup(app, SECOND)
    operation = record.operation
    keys = {
        "its own": place(operation),
        "none": "",
        "another's": place(other.operation),
        "of no record": "t!0!nothing",
        "of an index row": f"i!{operation.id}",
    }
    found = await app.records.at(SERVICE, operation.id, keys[key])
    assert found is not None
    assert found.operation.id == operation.id != other.operation.id
    await app.engine.run(SERVICE, operation.id, keys[key])
    ended = await app.records.at(SERVICE, operation.id, "")
    assert ended is not None
    assert ended.operation.status == "Succeeded"
