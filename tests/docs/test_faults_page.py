"""docs/faults.md: every fault names tests that there are, and every fault's test is named."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "faults.md").read_text()


def test_every_fault_names_files_that_there_are() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]
    faults = [row for row in rows if not re.match(r"\| (fault|bug|---)", row)]
    for row in faults:
        files = re.findall(r"`(tests/[a-z_/]+\.py)`", row)
        assert files, row
        assert [file for file in files if not (ROOT / file).exists()] == [], row


def test_every_bug_of_others_names_a_test_that_there_is() -> None:
    named = re.findall(r"`(test_\w+)` in `(tests/[a-z_/]+\.py)`", PAGE)
    assert len(named) == PAGE.split("## Bugs that others had")[1].count("| `test_")
    for name, file in named:
        assert f"def {name}(" in (ROOT / file).read_text(), name


def test_every_file_of_faults_is_named() -> None:
    files = [f"tests/faults/{path.name}" for path in (ROOT / "tests" / "faults").glob("test_*.py")]
    assert [file for file in files if file not in PAGE] == []
