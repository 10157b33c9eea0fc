"""How much an account of each tier holds."""

import pytest

from shared.model.integration_account import Child, Sku
from shared.rules.integration_accounts.limits import limit, limit_of_section


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
