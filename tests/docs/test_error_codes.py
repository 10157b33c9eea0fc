"""Every error code of the one list is reached by a test.

A code counts as reached where a test that looks at a code names it: as a text or as ``Code.NAME``,
in its body or its parameters. Tests of pure rules do not count, nor do those of the docs: a code
is reached when the app answers with it, or an operation ends with it. What later routes will
answer is in the list only when they raise it (test_docs holds that), so there are no exceptions.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.model.problem import Code

TESTS = Path(__file__).resolve().parents[1]
NOT_REACHING = {"rules", "docs", "architecture"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def reaching_tests() -> Iterator[Function]:
    """Every test that goes through HTTP or the app's parts."""
    for path in TESTS.rglob("test_*.py"):
        if path.relative_to(TESTS).parts[0] in NOT_REACHING:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, Function) and node.name.startswith("test_"):
                yield node


def looks_at_a_code(test: Function) -> bool:
    """Whether an assert of a test speaks of a code: ``reply.code``, ``["error"]["code"]``."""
    return any(
        "code" in (getattr(inner, "attr", None), getattr(inner, "value", None))
        for node in ast.walk(test)
        if isinstance(node, ast.Assert)
        for inner in ast.walk(node)
    )


def named(test: Function) -> set[str]:
    """The codes that a test names."""
    found = set()
    for node in ast.walk(test):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
        elif isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "Code":
            found.add(Code[node.attr].value)
    return found


@pytest.fixture(scope="module")
def reached() -> set[str]:
    return set().union(*(named(test) for test in reaching_tests() if looks_at_a_code(test)))


@pytest.mark.parametrize("code", Code)
def test_every_error_code_is_reached_by_a_test(reached: set[str], code: Code) -> None:
    assert code.value in reached
