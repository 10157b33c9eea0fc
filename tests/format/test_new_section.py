"""A section more is one row more: shown in a copy of the project whose table has it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shared.backups.archive.reader import undamaged_descriptor
from shared.model.descriptor import digest
from shared.model.problem import Code, Problem
from tests.format.test_versions import VERSION_1
from tests.support.scenes import FIRST

ROOT = Path(__file__).resolve().parents[2]
_PROJECT = ("shared", "localhost", "tests", "function_app.py", "host.json", "pyproject.toml")
_TABLE = Path("shared/model/sections.py")
_ROWS = {
    '    PARTNERS = "partners"\n': '    LOOKUPS = "lookups"\n',
    "    Section.PARTNERS: SectionRow(": (
        "    Section.LOOKUPS: SectionRow(\n"
        '        content=True, names={"schema": Section.SCHEMAS}, first=False\n'
        "    ),\n"
    ),
}
"""What stands in the table, and what is put before it: in the middle of the order."""


def test_a_section_in_the_middle_of_the_order(tmp_path: Path) -> None:
    """Earlier backups verify and restore, a new backup holds it, an import takes it."""
    for name in _PROJECT:
        source, target = ROOT / name, tmp_path / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    (tmp_path / ".local").symlink_to(ROOT / ".local")
    table = (tmp_path / _TABLE).read_text()
    for there, row in _ROWS.items():
        assert table.count(there) == 1
        table = table.replace(there, row + there)
    (tmp_path / _TABLE).write_text(table)
    tests = ("tests/format/new_section.py", "tests/format/test_versions.py")
    command = [sys.executable, "-m", "pytest", "-q", *tests]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout[-6000:]


def test_a_backup_with_a_section_that_is_not_known_is_of_a_newer_version() -> None:
    """Without that section, a restore would be called whole and would not be."""
    path = f"{FIRST}.txt"
    document = json.loads((VERSION_1 / path).read_text())
    document["sections"].append({**document["sections"][1], "name": "lookups"})
    document["digest"] = digest(document)
    with pytest.raises(Problem, match="section 'lookups'") as refused:
        undamaged_descriptor(path, json.dumps(document).encode())
    assert refused.value.code is Code.FORMAT_UNKNOWN
