"""The rules of the house: who imports whom, how large a module is, who asks for the time."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT / "shared"

ALONE = {
    "account_settings",
    "clock",
    "fence",
    "identity",
    "meters",
    "pace",
    "patience",
    "refusals",
    "repeating",
    "settings",
    "storage",
    "telemetry",
    "timer_settings",
}
"""Modules at the root of shared/ that every room may use; installation.py wires all of them."""

MAY_IMPORT: dict[str, set[str]] = {
    "model": set(),
    "rules": {"model"},
    "streams": {"model"},
    "sealing": {"model", "rules"},
    "state": {"streams", "model", "rules"},
    "blobs": {"streams", "model", "rules"},
    "operations": {"streams", "state", "rules", "model"},
    "runtime": {"streams", "state", "rules", "model"},
    "management": {
        "streams",
        "operations",
        "runtime",
        "state",
        "blobs",
        "sealing",
        "rules",
        "model",
    },
    "alerts": {"model"},
    "backup": {
        "streams",
        "alerts",
        "operations",
        "runtime",
        "state",
        "blobs",
        "sealing",
        "rules",
        "model",
    },
    "restore": {
        "streams",
        "backup",
        "management",
        "operations",
        "runtime",
        "state",
        "blobs",
        "sealing",
        "rules",
        "model",
    },
    "schedules": {"streams", "alerts", "backup", "operations", "state", "blobs", "rules", "model"},
    "verification": {
        "streams",
        "alerts",
        "backup",
        "restore",
        "operations",
        "state",
        "blobs",
        "sealing",
        "rules",
        "model",
    },
    "http": {"installation", "state", "rules", "model"},
    "triggers": {
        "installation",
        "http",
        "alerts",
        "management",
        "operations",
        "backup",
        "restore",
        "runtime",
        "state",
        "rules",
        "model",
    },
}
PURE = {"model", "rules"}
"""Rooms without I/O: they use none of the modules at the root either."""

MODULES = sorted(SHARED.rglob("*.py"))


def room(path: Path) -> str:
    parts = path.relative_to(SHARED).parts
    return parts[0] if len(parts) > 1 else path.stem


def imported(path: Path) -> Iterator[str]:
    """Every module of ours that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [node.module] + [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name for name in names if name.startswith("shared."))
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.startswith("shared"))


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    here = room(path)
    if here in {"installation", "stores", "__init__"}:
        return
    for name in imported(path):
        there = name.split(".")[1]
        if there == here or (
            not (SHARED / there).is_dir() and not (SHARED / f"{there}.py").exists()
        ):
            continue
        if here in ALONE:
            known = there in ALONE or (here, there) == ("settings", "model")
            assert known, f"{name} in a module that every room uses"
        elif there in ALONE:
            assert here not in PURE, f"{name} in a room without I/O"
        else:
            assert there in MAY_IMPORT[here], f"{here} may not import {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_has_one_subject(path: Path) -> None:
    lines = path.read_text().count("\n")
    assert lines <= 400, f"{lines} lines: split it by subject"


TELLS = {SHARED / "refusals.py"}
"""What storage said is told by its code, here alone."""

SENDS = {SHARED / "repeating.py"}
"""Sends requests again: it looks at what HTTP itself brings, an answer or none."""

ASKS_VAULTS = {SHARED / "sealing" / "vault_key.py"}
"""Key vaults are no storage: their codes are others, and this module has them."""

_OF_THE_SDK = {"status_code", "error_code", "HttpResponseError"}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_nobody_else_decides_by_a_status_or_the_class_of_an_error(path: Path) -> None:
    """409 says that a blob exists, that it is archived, that a policy forbids a write."""
    if path in TELLS | SENDS | ASKS_VAULTS:
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


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_public_functions_say_what_they_do(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree), "the module has no docstring"
    for owner in [tree, *(n for n in ast.walk(tree) if isinstance(n, ast.ClassDef))]:
        for node in owner.body:
            named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            if named and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{node.name} at line {node.lineno}"
