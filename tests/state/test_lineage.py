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
    installation: Installation, name: str, kin: list[str]
) -> None:
    pairs = [("Source", "Copy"), ("copy", "Third"), ("SOURCE", "Second"), ("Third", "source")]
    await entered(installation, *pairs)
    await entered(installation, *pairs)
    found = await installation.ledger.lineage.kin(name)
    assert [one.lower() for one in found] == [one.lower() for one in kin]


async def test_two_services_that_are_rehearsed_under_one_name_share_nothing(
    installation: Installation,
) -> None:
    await entered(installation, ("One", "Drill"), ("Other", "Drill"))
    assert await installation.ledger.lineage.kin("One") == ["Drill"]
    assert await installation.ledger.lineage.kin("Other") == ["Drill"]
    assert await installation.ledger.lineage.kin("Drill") == ["One", "Other"]
