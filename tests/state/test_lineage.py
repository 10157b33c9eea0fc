"""Which names share numbers."""

import pytest

from shared.installation.installation import Installation
from shared.state.lineage import Descent


async def entered(app: Installation, *pairs: tuple[str, str]) -> None:
    for source, target in pairs:
        await app.ledger.lineage.enter(Descent(source, target, "backup", "2026-01-01T00:00:00Z"))


@pytest.mark.parametrize(
    ("name", "kin"),
    [
        ("Source", ["Copy", "Second", "Third"]),
        ("copy", ["Second", "Source", "Third"]),
        ("THIRD", ["Copy", "Second", "Source"]),
        ("Stranger", []),
    ],
)
async def test_names_share_numbers_over_any_number_of_restores(
    fresh_app: Installation, name: str, kin: list[str]
) -> None:
    pairs = [("Source", "Copy"), ("copy", "Third"), ("SOURCE", "Second"), ("Third", "source")]
    await entered(fresh_app, *pairs)
    await entered(fresh_app, *pairs)
    found = (await fresh_app.ledger.lineage.read()).kin(name)
    assert [one.lower() for one in found] == [one.lower() for one in kin]


async def test_two_services_that_are_rehearsed_under_one_name_are_no_kin(
    fresh_app: Installation,
) -> None:
    """They are related: where they trade as the same two, they share numbers."""
    await entered(fresh_app, ("One", "Drill"), ("Other", "Drill"))
    relations = await fresh_app.ledger.lineage.read()
    assert relations.kin("One") == ["Drill"]
    assert relations.kin("Other") == ["Drill"]
    assert relations.kin("Drill") == ["One", "Other"]
    assert relations.sharing("One", "Other", "Drill") == []
    assert relations.related("ONE") == ["Drill", "Other"]
    assert relations.related("Stranger") == []


async def test_names_that_share_streams_are_known_to_their_kin_and_to_nobody_else(
    fresh_app: Installation,
) -> None:
    await entered(fresh_app, ("One", "Copy"), ("Other", "Third"))
    lineage = fresh_app.ledger.lineage
    for _ in range(2):
        await lineage.enter_sharing("other", "Copy")
    relations = await lineage.read()
    assert relations.kin("One") == ["Copy"], "they share no names of agreements"
    assert [one.lower() for one in relations.sharing("One")] == ["other"]
    assert relations.sharing("Third") == ["Copy"]
    assert relations.sharing("Stranger") == []
    assert relations.shares("COPY", "OTHER")
    assert not relations.shares("One", "Other")
