"""Which artifacts a push takes."""

from shared.model.problem import Code, Problem
from shared.model.restore import Pick
from shared.model.sections import Section
from shared.model.wire import JsonObject
from shared.rules.integration_accounts.push_choice import Choice, Chosen

AGREEMENT: JsonObject = {"hostPartner": "Host", "guestPartner": "GUEST"}
HELD = {
    (Section.PARTNERS, "Host"),
    (Section.PARTNERS, "Guest"),
    (Section.PARTNERS, "Other"),
    (Section.AGREEMENTS, "Agreement"),
    (Section.SCHEMAS, "Order"),
}


def pick(section: Section, name: str | None = None) -> Pick:
    return Pick(section=section, name=name)


def chosen(
    include: list[Pick], exclude: list[Pick], extra: str = ""
) -> tuple[Chosen, list[Problem]]:
    choice = Choice(include, exclude)
    for section, name in sorted(HELD):
        choice.add(section, name, AGREEMENT if section is Section.AGREEMENTS else {})
    if extra:
        choice.add_target(Section.PARTNERS, extra)
    return choice.end()


def taken(found: Chosen) -> set[str]:
    return {name for section, name in HELD if found.takes(section, name)}


def test_everything_is_taken_where_nothing_is_said() -> None:
    found, problems = chosen([], [])
    assert taken(found) == {"Host", "Guest", "Other", "Agreement", "Order"}
    assert found.takes_extra("partners", "Stranger")
    assert problems == []


def test_what_is_included_brings_what_it_names_and_nothing_else() -> None:
    found, problems = chosen([pick(Section.AGREEMENTS, "AGREEMENT")], [])
    assert taken(found) == {"Agreement", "Host", "Guest"}
    assert not found.takes_extra("partners", "Stranger")
    assert not found.takes_extra("agreements", "Stranger")
    assert problems == []


def test_what_is_excluded_is_not_brought() -> None:
    found, problems = chosen(
        [pick(Section.AGREEMENTS)], [pick(Section.PARTNERS, "guest"), pick(Section.SCHEMAS)]
    )
    assert taken(found) == {"Agreement", "Host"}
    assert found.takes_extra("agreements", "Stranger")
    assert not found.takes_extra("schemas", "Stranger")
    assert problems == []


def test_an_artifact_that_the_account_alone_has_can_be_named() -> None:
    found, problems = chosen([pick(Section.PARTNERS, "stranger")], [], extra="Stranger")
    assert taken(found) == set()
    assert found.takes_extra("partners", "Stranger")
    assert not found.takes_extra("partners", "Another")
    assert problems == []


def test_a_name_that_nobody_has_is_told_at_its_place() -> None:
    _, problems = chosen(
        [pick(Section.PARTNERS, "Host"), pick(Section.PARTNERS, "Nobody")],
        [pick(Section.SCHEMAS, "Nothing")],
    )
    assert [(one.code, one.target) for one in problems] == [
        (Code.ARTIFACT_NOT_FOUND, "/include/1"),
        (Code.ARTIFACT_NOT_FOUND, "/exclude/0"),
    ]
