"""Removals that a pull does not carry out by itself."""

import pytest

from shared.model.problem import Code, Problem
from shared.rules.integration_accounts.removals import ALL, Removal, require_accepted


@pytest.mark.parametrize(
    ("held", "removed", "too_much"),
    [
        (1, 1, False),
        (2, 2, False),
        (3, 2, False),
        (3, 3, True),
        (9, 8, False),
        (9, 9, True),
        (10, 5, False),
        (10, 6, True),
        (11, 5, False),
        (11, 6, True),
        (1000, 500, False),
        (1000, 501, True),
        (0, 0, False),
    ],
)
def test_more_than_half_of_ten_or_all_of_three_is_too_much(
    held: int, removed: int, too_much: bool
) -> None:
    assert Removal("partners", held, removed).is_too_much is too_much
    assert Removal("rosettanet-processes", held, removed).is_too_much is too_much


@pytest.mark.parametrize("section", ["sessions", "control-numbers", "received-control-numbers"])
def test_run_time_state_may_go(section: str) -> None:
    assert not Removal(section, 1000, 1000).is_too_much


def test_too_much_is_refused_with_every_section_unless_it_is_accepted() -> None:
    removals = [
        Removal("partners", 20, 11),
        Removal("schemas", 20, 10),
        Removal("agreements", 3, 3),
    ]
    require_accepted(removals, added=0, accepted=True)
    require_accepted(removals[1:2], added=0, accepted=False)
    with pytest.raises(Problem) as refused:
        require_accepted(removals, added=0, accepted=False)
    assert refused.value.code is Code.PULL_REMOVES_TOO_MUCH
    assert refused.value.code.status == 409
    assert [detail.target for detail in refused.value.details] == ["partners", "agreements"]
    assert "11 of 20 partners" in refused.value.message
    assert "acceptRemovals: true" in refused.value.message


@pytest.mark.parametrize(
    ("removals", "added", "says"),
    [
        # All that an account of the tier Basic can hold of these kinds.
        ([("agreements", 1, 1), ("certificates", 2, 2), ("partners", 2, 2)], 0, "5 of 5"),
        ([("agreements", 1, 1), ("partners", 2, 2)], 1, None),
        ([("partners", 1, 1)], 0, "1 of 1"),
        ([("partners", 0, 0), ("sessions", 9, 9)], 0, None),
        ([(section, 9, 8) for section in ("agreements", "transforms", "partners")], 5, "24 of 27"),
        ([("transforms", 9, 8), ("partners", 9, 1)], 0, None),
        ([("transforms", 9, 8), ("partners", 2, 1), ("sessions", 99, 0)], 0, "9 of 11"),
    ],
)
def test_all_sections_count_together(
    removals: list[tuple[str, int, int]], added: int, says: str | None
) -> None:
    given = [Removal(*one) for one in removals]
    require_accepted(given, added=added, accepted=True)
    if says is None:
        require_accepted(given, added=added, accepted=False)
        return
    with pytest.raises(Problem, match=f"{says} artifacts would go") as refused:
        require_accepted(given, added=added, accepted=False)
    assert refused.value.target == ALL
