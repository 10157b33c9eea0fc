"""What a restore replaces: values that are there, and nothing of what an artifact is."""

from typing import Any

import pytest

from shared.model.problem import Code
from shared.model.restore import Replacement
from shared.model.sections import Section
from shared.rules.restoring import replacing
from shared.rules.restoring.replacing import replaced


def asked(*pairs: tuple[str, Any]) -> dict[int, Replacement]:
    return {
        index: Replacement(section=Section.BRIDGES, name="B", pointer=pointer, value=value)
        for index, (pointer, value) in enumerate(pairs)
    }


DOCUMENT: Any = {
    "source": {"type": "HTTP", "address": "a"},
    "stages": [{"transform": "Map"}, {"url": "u"}],
    "a/b~c": 1,
}


def test_each_is_made_on_what_those_before_it_left() -> None:
    found, changes, problems = replaced(
        Section.BRIDGES,
        DOCUMENT,
        asked(
            ("/source", {"type": "FTP", "address": "x"}), ("/source/address", "y"), ("/a~1b~0c", 2)
        ),
    )
    assert problems == []
    assert found["source"] == {"type": "FTP", "address": "y"}
    assert found["a/b~c"] == 2
    assert [(change.before, change.after) for change in changes.values()] == [
        (DOCUMENT["source"], {"type": "FTP", "address": "x"}),
        ("x", "y"),
        (1, 2),
    ]
    assert DOCUMENT["source"]["address"] == "a", "the backup's own document is not touched"


def test_those_that_change_what_an_artifact_names_are_found_among_others() -> None:
    pairs: list[tuple[str, Any]] = [(f"/extra/{n}", n) for n in range(40)]
    pairs[7] = ("/stages/0/transform", "Other")
    pairs[21] = ("/stages/1/url", {"schema": "S"})
    pairs[22] = ("/stages/1/url/schema", "T")
    document = {**DOCUMENT, "extra": ["x"] * 40}
    found, changes, problems = replaced(Section.BRIDGES, document, asked(*pairs))
    assert {problem.target for problem in problems} == {"/replace/7/pointer", "/replace/21/pointer"}
    assert found["stages"] == DOCUMENT["stages"]
    assert found["extra"][8] == 8
    assert 7 not in changes


def test_a_long_document_is_not_looked_at_once_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    nature = replacing._nature

    def counted(section: Section, document: Any) -> object:
        nonlocal looks
        looks += 1
        return nature(section, document)

    monkeypatch.setattr(replacing, "_nature", counted)
    document = {"extra": ["x"] * 1000}
    good = asked(*((f"/extra/{n}", n) for n in range(1000)))
    assert replaced(Section.BRIDGES, document, good)[2] == []
    assert looks == 2
    bad = asked(*((f"/extra/{n}", {"schema": "S"}) for n in range(1000)))
    assert len(replaced(Section.BRIDGES, document, bad)[2]) == 10
    assert looks < 200


@pytest.mark.parametrize(
    "pointer",
    [
        "source",
        "/",
        "/source/",
        "//source",
        "/source/ADDRESS",
        "/stages/-",
        "/stages/-1",
        "/stages/2",
        "/stages/00/transform",
        "/stages/1e0",
        "/stages/\u0661",
        "/stages/1/url/x",
    ],
)
def test_a_pointer_leads_to_one_value_in_one_way(pointer: str) -> None:
    one = Replacement.model_construct(section=Section.BRIDGES, name="B", pointer=pointer, value="x")
    found, changes, [problem] = replaced(Section.BRIDGES, DOCUMENT, {0: one})
    assert (found, changes, problem.code) == (DOCUMENT, {}, Code.INVALID_REQUEST)


def nested(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


def test_a_document_does_not_grow_too_deep() -> None:
    deep = asked(("/stages/1/url", nested(60)), ("/stages/1/url" + "/0" * 59, nested(60)))
    _, changes, [problem] = replaced(Section.BRIDGES, DOCUMENT, deep)
    assert list(changes) == [0]
    assert (problem.code, problem.target) == (Code.INVALID_REQUEST, "/replace/1/value")
    assert "nested deeper" in problem.message
