"""How much an account of each tier holds."""

import pytest

from shared.model.integration_account import Child, Sku
from shared.model.problem import Code, Problem
from shared.rules.integration_accounts.limits import (
    excesses,
    limit,
    limit_of_section,
    require_within,
    usage,
)


@pytest.mark.parametrize(
    ("child", "free", "basic", "standard"),
    [
        (Child.AGREEMENTS, 10, 1, 1000),
        (Child.PARTNERS, 25, 2, 1000),
        (Child.MAPS, 25, 500, 1000),
        (Child.SCHEMAS, 25, 500, 1000),
        (Child.ASSEMBLIES, 10, 25, 1000),
        (Child.CERTIFICATES, 25, 2, 1000),
        (Child.BATCH_CONFIGURATIONS, 5, 1, 50),
        (Child.ROSETTANET_PROCESSES, 10, 1, 500),
        (Child.SESSIONS, None, None, None),
    ],
)
def test_limits_are_microsofts(
    child: Child, free: int | None, basic: int | None, standard: int | None
) -> None:
    assert [limit(sku, child) for sku in (Sku.FREE, Sku.BASIC, Sku.STANDARD)] == [
        free,
        basic,
        standard,
    ]
    assert limit(Sku.PREMIUM, child) is None
    assert limit(Sku.NOT_SPECIFIED, child) is None


def test_limits_by_section() -> None:
    assert limit_of_section(Sku.BASIC, "transforms") == 500
    assert limit_of_section(Sku.BASIC, "rosettanet-processes") == 1
    assert limit_of_section(Sku.BASIC, "bridges") is None


def test_what_is_full_is_within() -> None:
    require_within(Sku.BASIC, {Child.AGREEMENTS: 1, Child.PARTNERS: 2, Child.SESSIONS: 100_000})
    require_within(Sku.PREMIUM, dict.fromkeys(Child, 1_000_000))


def test_all_that_is_too_much_is_told_at_once() -> None:
    counts = {Child.PARTNERS: 3, Child.AGREEMENTS: 2, Child.MAPS: 500}
    assert [one.child for one in excesses(Sku.BASIC, counts)] == [Child.PARTNERS, Child.AGREEMENTS]
    with pytest.raises(Problem) as refused:
        require_within(Sku.BASIC, counts)
    assert refused.value.code is Code.QUOTA_EXCEEDED
    assert [detail.target for detail in refused.value.details] == ["partners", "agreements"]
    assert "would hold 3 partners, and may hold 2" in refused.value.message


def test_usage_has_every_section_of_an_account() -> None:
    shown = usage(Sku.FREE, {Child.MAPS: 4})
    assert shown["transforms"] == {"count": 4, "limit": 25}
    assert shown["partners"] == {"count": 0, "limit": 25}
    assert "sessions" not in shown
    assert usage(Sku.PREMIUM, {})["partners"] == {"count": 0, "limit": None}
