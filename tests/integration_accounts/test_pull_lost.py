"""What a linked service lost comes back by a pull, and what a pull staged is not lost meanwhile."""

from datetime import timedelta

import pytest

from shared.installation.installation import Installation
from shared.integration_accounts.pulling.pull import Puller
from shared.integration_accounts.pulling.writing import StagedWriter
from shared.model.pull import PullBody
from shared.services.collection import Collector
from shared.state.configuration import Head
from shared.state.operations import place
from tests.integration_accounts.linked import IA, service
from tests.integration_accounts.pulled import held, pull
from tests.integration_accounts.small import AGREEMENT, LATER, schema
from tests.services.test_collection import StorageLater
from tests.support.arm import Arm

A_DAY_LATER = timedelta(hours=24, minutes=1)


async def test_content_that_was_lost_is_fetched_again(pulled: Installation) -> None:
    before, of = await held(pulled), await service(pulled)
    with_content = [path for path, (_, content) in before.items() if content is not None]
    container = pulled.accounts.state.get_container_client("artifacts")
    lost = [name async for name in container.list_blob_names(name_starts_with=f"{of.id}/")]
    assert lost
    for name in lost:
        await container.delete_blob(name)
    result = (await pull(pulled)).result
    assert result is not None
    assert (result["added"], result["changed"], result["removed"]) == ({}, {}, {})
    assert 0 < result["contentFetched"] <= len(with_content)
    assert await held(pulled) == before
    again = (await pull(pulled)).result
    assert again is not None
    assert again["contentFetched"] == 0


async def test_content_of_a_half_written_pull_is_not_collected(
    pulled: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = await service(pulled)
    arm.load([schema("Brandnew", "<brandnew/>", LATER)])

    async def stopped(_writer: StagedWriter, _head: Head) -> Head:
        raise OSError("the process stops here")

    with monkeypatch.context() as patch:
        patch.setattr(StagedWriter, "write", stopped)
        record = await pulled.pulls.start(of, PullBody(), "somebody", None)
        await pulled.engine.run(of.name, record.operation.id, place(record.operation))
    head = await pulled.configuration.head(of.id)
    assert head is not None
    assert head.stage
    # Nothing is under way any more: its attempts have ended.
    await pulled.in_flight.drop(of.name, record.operation.id)
    for ahead in (timedelta(), A_DAY_LATER):
        later = Installation(pulled.settings, transport=StorageLater(ahead))
        assert await Collector(later._collection_stores()).run() == 0
        await later.close()
    await Puller(pulled.pull_stores).complete(of)
    assert (await held(pulled))["schemas/Brandnew"][1] == b"<brandnew/>"


@pytest.mark.parametrize("sku", ["Premium", "Standard"])
async def test_numbers_of_a_premium_account_without_sessions_are_told_as_unknown(
    pulled: Installation, arm: Arm, sku: str
) -> None:
    arm.account(IA).resource["sku"] = {"name": sku}
    assert (await pull(pulled)).warnings == []
    arm.account(IA).items["sessions"].clear()
    told = [(one.code, one.target) for one in (await pull(pulled)).warnings]
    gone = ("NumberSetBack", f"sessions/{AGREEMENT}-Icn")
    assert told == [("NumbersNotCovered", IA) if sku == "Premium" else gone]
