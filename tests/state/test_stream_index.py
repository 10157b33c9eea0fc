"""Which service names have rows of a stream."""

from dataclasses import replace

from shared.installation.installation import Installation
from shared.state.control_numbers import LedgerRow

STREAM, OTHER = "a" * 32, "a" * 31 + "b"


def row(agreement: str, stream: str) -> LedgerRow:
    return LedgerRow(agreement, "", {}, "2026-01-01T00:00:00.000Z", stream=stream)


async def test_a_name_is_entered_before_its_first_row_of_a_stream(
    fresh_app: Installation,
) -> None:
    ledger = fresh_app.ledger
    written = await ledger.write("Contoso", row("A", STREAM))
    await ledger.write_all("Contoso-DR", [row("A", STREAM), row("B", OTHER), row("C", "")])
    assert sorted(await ledger.index.names(STREAM)) == ["Contoso", "Contoso-DR"]
    assert await ledger.index.names(OTHER) == ["Contoso-DR"]
    assert await ledger.index.names("a") == []
    assert written.entered == STREAM
    found = await ledger.get("Contoso", "A")
    assert found is not None
    assert found == written


async def test_a_row_that_goes_over_to_another_stream_is_entered_again(
    fresh_app: Installation,
) -> None:
    ledger = fresh_app.ledger
    written = await ledger.write("Contoso", row("A", STREAM))
    await ledger.write("Contoso", replace(written, stream=OTHER))
    assert await ledger.index.names(OTHER) == ["Contoso"]
    assert await ledger.index.names(STREAM) == ["Contoso"], "one too many is harmless"


async def test_what_a_dropped_name_had_is_no_more_in_the_index(fresh_app: Installation) -> None:
    """A verify's scratch service, of which there are many."""
    ledger = fresh_app.ledger
    streams = [f"{i:032x}" for i in range(100)]
    await ledger.write_all("Scratch", [row(f"A{one}", one) for one in streams])
    await ledger.write("Contoso", row("A", streams[0]))
    await ledger.drop_all("Scratch")
    assert [await ledger.index.names(one) for one in streams] == [["Contoso"], *[[]] * 99]


async def test_a_ledger_that_was_there_before_is_entered_as_a_whole(
    fresh_app: Installation,
) -> None:
    ledger = fresh_app.ledger
    await ledger.write_all("Contoso", [row("A", STREAM), row("B", OTHER), row("C", "")])
    await ledger.index.drop("Contoso", [STREAM, OTHER])
    assert await ledger.index.marked() == frozenset()
    for _ in range(2):
        await ledger.enter_all("Contoso")
    assert await ledger.index.names(STREAM) == await ledger.index.names(OTHER) == ["Contoso"]
    assert await ledger.index.marked() == {"contoso"}
