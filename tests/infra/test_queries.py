"""``python -m infra.check.queries``: Kusto's own parser takes every query, and no wrong one."""

import re
import shutil
from pathlib import Path

import pytest

from infra.check.queries import problems_of, queries_of_page

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of docs/ and infra/."""
    for folder in ("docs", "infra"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def changed(root: Path, name: str, old: str, new: str) -> int:
    """Changes one text of a file; the line that it was in."""
    path = root / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return text.count("\n", 0, text.index(old)) + 1


def test_every_query_is_clean() -> None:
    assert problems_of(ROOT) == []


def test_a_keyword_as_the_name_of_a_column_is_refused(copy: Path) -> None:
    line = changed(copy, "docs/telemetry.md", "summarize lastGood =", "summarize last =")
    (said, *_) = problems_of(copy)
    assert said.startswith(f"docs/telemetry.md:{line}: KS228: The name 'last' needs")


def test_wherever_a_query_is_wrong_it_is_told_with_its_place(copy: Path) -> None:
    pages = {
        "docs/telemetry.md": ("where toint(event.attempt) > 1", "where toint(event.attempt > 1"),
        "docs/operations.md": ("| order by timestamp asc", "| order by timestmp asc"),
        "infra/modules/alerts.bicep": ('where name == "run_schedules"', 'where nam == "x"'),
    }
    places = {f"{name}:{changed(copy, name, *change)}" for name, change in pages.items()}
    assert {re.match(r"[^:]*:\d+", said)[0] for said in problems_of(copy)} == places


def test_no_fence_with_a_query_is_passed_over() -> None:
    for page in sorted((ROOT / "docs").glob("*.md")):
        fences = re.findall(r"```(\w*)\n(.*?)```", page.read_text(), re.S)
        looks_so = [
            text for _, text in fences if re.search(r"^\s*\| (where|project|extend) ", text, re.M)
        ]
        found = [query.text for query in queries_of_page(page, ROOT)]
        assert all(any(text.strip() in query for query in found) for text in looks_so), page.name
