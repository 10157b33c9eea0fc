"""The rules of the house: who imports whom, how large a module is, who asks for the time."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT / "shared"

PAGE = ROOT / "docs" / "architecture.md"

_ROW = re.compile(r"^\| `([a-z/]+)` \| (?:[^|]+) \| ([^|]*) \|$", re.M)
_ROOM = re.compile(r"`([a-z/]+)`")


def rooms() -> dict[str, set[str]]:
    """The rooms of the page's table from the top floor down, and what each may use."""
    table = PAGE.read_text().split("## The house")[1].split("### Where do I")[0]
    return {room: set(_ROOM.findall(used)) for room, used in _ROW.findall(table)}


MAY_USE = rooms()

PURE = {"model", "rules"}
"""Rooms without I/O and without a clock."""

MODULES = sorted(SHARED.rglob("*.py"))


def room(path: Path) -> str:
    """The room that a file is in: its folder, or the one around it."""
    folder = path.relative_to(SHARED).parent
    while folder.as_posix() not in MAY_USE and folder != folder.parent:
        folder = folder.parent
    return folder.as_posix()


def imported(path: Path) -> Iterator[Path]:
    """The file of every module of ours that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names] + [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            file = (ROOT / name.replace(".", "/")).with_suffix(".py")
            if name.startswith("shared.") and file.exists():
                yield file


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_is_in_a_room(path: Path) -> None:
    folders = {"backups", "web"}
    """Around rooms: they hold nothing themselves."""
    inside = path.relative_to(SHARED).parent.as_posix()
    if path.name == "__init__.py" and inside in {".", *folders}:
        return
    assert path == SHARED / "clock.py" or room(path) in MAY_USE


@pytest.mark.parametrize("here", MAY_USE)
def test_the_page_says_what_a_room_uses(here: str) -> None:
    used = {
        room(there)
        for path in MODULES
        if room(path) == here
        for there in imported(path)
        if there != SHARED / "clock.py"
    }
    assert used - {here} == MAY_USE[here]


def test_rooms_use_only_what_is_below_them() -> None:
    floors = list(MAY_USE)
    for floor, (here, used) in enumerate(MAY_USE.items()):
        assert used <= {*floors[floor + 1 :]}, here


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_rules_and_types_know_no_clock(path: Path) -> None:
    assert room(path) not in PURE or SHARED / "clock.py" not in imported(path)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_has_one_subject(path: Path) -> None:
    lines = path.read_text().count("\n")
    assert lines <= 400, f"{lines} lines: split it by subject"


TELLS = {SHARED / "storage" / "refusals.py"}
"""What storage said is told by its code, here alone."""

SENDS = {SHARED / "storage" / "retrying.py"}
"""Sends requests again: it looks at what HTTP itself brings, an answer or none."""

ASKS_VAULTS = {SHARED / "sealing" / "vault_key.py"}
"""Key vaults are no storage: their codes are others, and this module has them."""

ASKS_ARM = {SHARED / "arm" / "refusals.py"}
"""ARM is no storage either."""

_OF_THE_SDK = {"status_code", "error_code", "HttpResponseError"}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_nobody_else_decides_by_a_status_or_the_class_of_an_error(path: Path) -> None:
    """409 says that a blob exists, that it is archived, that a policy forbids a write."""
    if path in TELLS | SENDS | ASKS_VAULTS | ASKS_ARM:
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "azure.core.exceptions":
            assert [alias.name for alias in node.names] == ["AzureError"], node.lineno
        elif isinstance(node, ast.Attribute):
            assert node.attr not in _OF_THE_SDK, f"line {node.lineno}: ask refusals.said"
        elif isinstance(node, ast.Constant):
            assert node.value not in _OF_THE_SDK, f"line {node.lineno}: ask refusals.said"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_the_clock_asks_for_the_time_and_draws_ids(path: Path) -> None:
    if path == SHARED / "clock.py":
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute):
            assert node.attr not in {"utcnow", "today", "uuid4", "monotonic_ns"}, node.lineno
            base = node.value
            owner = base.id if isinstance(base, ast.Name) else ""
            assert (owner, node.attr) not in {
                ("datetime", "now"),
                ("time", "time"),
                ("time", "monotonic"),
            }, node.lineno


def test_function_app_registers_and_nothing_else() -> None:
    text = (ROOT / "function_app.py").read_text()
    assert text.count("\n") < 40
    tree = ast.parse(text)
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)]


def test_no_room_is_called_a_drawer() -> None:
    drawers = {"util", "utils", "common", "helpers", "misc", "manager", "data", "info"}
    assert not [path for path in MODULES if drawers & {*path.parts, path.stem}]


def _documented(owner: ast.Module | ast.ClassDef) -> set[str]:
    """The names of what has a docstring in the body of a class or module."""
    return {
        node.name
        for node in owner.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and ast.get_docstring(node)
    }


CLASSES = {
    node.name: node
    for path in MODULES
    for node in ast.walk(ast.parse(path.read_text()))
    if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
}
"""The public classes by name: bases are found in it, imported or not."""


def _inherited(owner: ast.Module | ast.ClassDef) -> set[str]:
    """The names of methods whose docstrings a class inherits from those that it names as bases."""
    if isinstance(owner, ast.Module):
        return set()
    bases = [CLASSES.get(ast.unparse(base).partition("[")[0]) for base in owner.bases]
    return {
        name
        for base in bases
        if base is not None and base is not owner
        for name in _documented(base) | _inherited(base)
    }


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_public_functions_say_what_they_do(path: Path) -> None:
    """An override may leave that to the method of its base class or protocol."""
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree), "the module has no docstring"
    for owner in [tree, *(n for n in ast.walk(tree) if isinstance(n, ast.ClassDef))]:
        said = _documented(owner) | _inherited(owner)
        for node in owner.body:
            named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            if named and not node.name.startswith("_"):
                assert node.name in said, f"{node.name} at line {node.lineno}"
