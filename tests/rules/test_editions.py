"""Editions: who has backups, what restores to what, how much each may hold."""

import pytest

from shared.model.problem import Code, Problem
from shared.model.sections import Section
from shared.model.service import Edition
from shared.rules.editions import (
    has_archiving,
    quotas,
    require_archiving,
    require_backup,
    require_quota,
    require_restorable,
    require_units,
)

BACKED_UP = (Edition.BASIC, Edition.STANDARD, Edition.PREMIUM)


@pytest.mark.parametrize("edition", Edition)
def test_backup_is_for_basic_and_above(edition: Edition) -> None:
    if edition in BACKED_UP:
        require_backup("Contoso", edition)
        return
    with pytest.raises(Problem) as refused:
        require_backup("Contoso", edition)
    assert refused.value.code is Code.EDITION_HAS_NO_BACKUP


@pytest.mark.parametrize("backed_up", BACKED_UP)
@pytest.mark.parametrize("target", Edition)
def test_restore_to_the_same_or_a_higher_edition(backed_up: Edition, target: Edition) -> None:
    if target in BACKED_UP and BACKED_UP.index(target) >= BACKED_UP.index(backed_up):
        require_restorable(backed_up, target)
        return
    with pytest.raises(Problem) as refused:
        require_restorable(backed_up, target)
    outside = target not in BACKED_UP
    assert refused.value.code is (Code.EDITION_HAS_NO_BACKUP if outside else Code.EDITION_TOO_LOW)
    assert backed_up in refused.value.message


@pytest.mark.parametrize(
    ("edition", "most"),
    [("Free", 1), ("Developer", 1), ("Basic", 8), ("Standard", 8), ("Premium", 8)],
)
def test_units(edition: str, most: int) -> None:
    for units in (1, most):
        require_units(Edition(edition), units)
    for units in (0, most + 1):
        with pytest.raises(Problem) as refused:
            require_units(Edition(edition), units)
        assert refused.value.code is Code.INVALID_REQUEST


@pytest.mark.parametrize(
    ("edition", "units", "bridges", "agreements", "connections"),
    [
        ("Free", 1, 0, 0, 5),
        ("Developer", 1, 25, 10, 5),
        ("Basic", 1, 25, 50, 10),
        ("Basic", 8, 200, 400, 80),
        ("Standard", 2, 250, 500, 100),
        ("Premium", 8, 4000, 8000, 800),
    ],
)
def test_quotas_are_per_unit(
    edition: str, units: int, bridges: int, agreements: int, connections: int
) -> None:
    assert quotas(Edition(edition), units) == {
        Section.BRIDGES: bridges,
        Section.AGREEMENTS: agreements,
        Section.HYBRID_CONNECTIONS: connections,
    }


def test_the_last_one_within_the_quota_is_taken_and_the_next_refused() -> None:
    require_quota("Contoso", Section.AGREEMENTS, 50, Edition.BASIC, 1)
    with pytest.raises(Problem) as refused:
        require_quota("Contoso", Section.AGREEMENTS, 51, Edition.BASIC, 1)
    assert refused.value.code is Code.QUOTA_EXCEEDED
    assert "50" in refused.value.message
    assert "51" in refused.value.message


def test_sections_without_a_quota_hold_any_number() -> None:
    require_quota("Contoso", Section.SCHEMAS, 10**6, Edition.BASIC, 1)


@pytest.mark.parametrize("edition", Edition)
def test_developer_and_premium_archive(edition: Edition) -> None:
    archives = edition in (Edition.DEVELOPER, Edition.PREMIUM)
    assert has_archiving(edition) == archives
    if archives:
        require_archiving(edition)
        return
    with pytest.raises(Problem) as refused:
        require_archiving(edition)
    assert (refused.value.code, refused.value.target) == (Code.INVALID_REQUEST, "/archivingStore")
    assert "Developer and Premium" in refused.value.message
