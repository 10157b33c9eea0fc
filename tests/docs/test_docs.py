"""The docs say what the code does: every route, setting and error code."""

import ast
import re
from pathlib import Path

import pytest

from shared.model.alert import AlertType
from shared.model.problem import Code, DetailCode
from shared.model.sections import CONFIGURATION_SECTIONS, WITH_CONTENT, Section
from shared.model.service import State
from shared.rules.roles import Role
from shared.rules.states import allowed_operations
from shared.settings import environment as settings
from shared.settings import integration_accounts as account_settings
from shared.settings import timers as timer_settings
from tests.support.declared import SHOWN

ROOT = Path(__file__).resolve().parents[2]
API = (ROOT / "docs" / "api.md").read_text()
ERRORS = (ROOT / "docs" / "errors.md").read_text()
SETTINGS = (ROOT / "docs" / "settings.md").read_text()
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]

_OF_THE_SMOKE_TEST = {
    "INTERKEEP_KEY",
    "INTERKEEP_TOKEN",
    "INTERKEEP_SMOKE_INTEGRATION_ACCOUNT",
}
"""What scripts/smoke.py reads."""


_LISTS = {"problem.py", "shared_errors.py", "error_examples.py"}
"""Where all codes stand, raised or not."""


def _raising(path: Path) -> str:
    """The code of a module without the decorators of its functions, which declare codes."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef):
            node.decorator_list = []
    return ast.unparse(tree)


def test_every_route_is_documented_and_no_other() -> None:
    documented = set(re.findall(r"^\| `((?:GET|PUT|POST|DELETE|PATCH) [^`]+)` \|", API, re.M))
    assert documented == {f"{declared.method} {declared.path}" for declared in SHOWN}


def test_every_error_code_is_documented_with_its_status() -> None:
    documented = dict(re.findall(r"^\| `([A-Za-z0-9]+)` \| (\d{3}) \|", ERRORS, re.M))
    assert documented == {code.value: str(code.status) for code in Code}


def test_every_error_code_is_raised_somewhere() -> None:
    sources = "\n".join(
        _raising(path) for path in (ROOT / "shared").rglob("*.py") if path.name not in _LISTS
    )
    assert not [code.name for code in Code if f"Code.{code.name}" not in sources]


def test_every_code_of_a_detail_is_documented() -> None:
    details = ERRORS.split("## Codes of details")[1].split("## ")[0]
    assert set(re.findall(r"^\| `([A-Za-z]+)` \|", details, re.M)) == set(DetailCode)


def test_every_warning_is_documented_and_no_other() -> None:
    sources = "\n".join(path.read_text() for path in (ROOT / "shared").rglob("*.py"))
    codes = set(re.findall(r"Warning\(\s*code=\"([A-Za-z]+)\"", sources))
    warnings = ERRORS.split("## Warnings")[1]
    assert set(re.findall(r"^\| `([A-Za-z]+)` \|", warnings, re.M)) == codes


@pytest.mark.parametrize("part", ERRORS.split("\n## "), ids=lambda part: part.split("\n")[0])
def test_no_code_has_two_rows_of_a_table(part: str) -> None:
    first_cells = re.findall(r"^\| (`.*?) \|", part, re.M)
    codes = [code for cell in first_cells for code in re.findall(r"`([A-Za-z0-9]+)`", cell)]
    assert sorted(codes) == sorted(set(codes))


def test_every_setting_is_documented() -> None:
    names = {
        *settings._NAMES.values(),
        *timer_settings.DEFAULT_TIMERS,
        "STATE_STORAGE",
        "STORAGE_ACCOUNTS",
        *account_settings.NAMES,
        "AzureWebJobsStorage",
    }
    documented = set(re.findall(r"^\| `([A-Za-z_]+)` \|", SETTINGS, re.M))
    assert documented == names


def test_the_runbook_has_every_alert_and_every_state_that_is_stuck() -> None:
    runbook = (ROOT / "docs" / "operations.md").read_text()
    assert [alert for alert in AlertType if f"\n### {alert}\n" not in runbook] == []
    assert [state for state in State if state.endswith("Failed") and state not in runbook] == []


def test_every_state_is_documented_with_what_it_allows() -> None:
    table = API.split("## States")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.M)
    documented = {state: re.findall(r"`(\w+)`", allowed) for state, allowed in rows}
    assert documented == {str(state): allowed_operations(state) for state in State}


def test_every_section_is_documented() -> None:
    sentence = next(line for line in API.splitlines() if line.startswith("Sections:"))
    named, with_content = sentence.split("Content belongs to")
    assert set(re.findall(r"`([a-z0-9-]+)`", named)) == set(Section)
    assert all(section in with_content for section in WITH_CONTENT)
    page = (ROOT / "docs" / "backup-format.md").read_text().split("## Sections")[1]
    assert re.findall(r"`([a-z0-9-]+)`", page.split(", then the run-time state")[0]) == [
        *CONFIGURATION_SECTIONS
    ]


def anchors(page: Path) -> set[str]:
    """The fragments that a page's headings have, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target, fragment in re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", page.read_text()):
        if "://" not in target:
            found = page.parent / target if target else page
            assert found.exists(), target
            assert not fragment or fragment in anchors(found), f"{target}#{fragment}"


def test_the_index_has_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert set(re.findall(r"\]\(([a-z-]+\.md)\)", index)) == pages


def test_the_threat_model_has_every_role() -> None:
    security = (ROOT / "SECURITY.md").read_text()
    assert [role for role in Role if f"\n| `{role}` |" not in security] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_a_page_names_files_that_exist(page: Path) -> None:
    for path in re.findall(
        r"`((?:shared|tests|docs|localhost)/[a-z_/]+\.(?:py|md))`", page.read_text()
    ):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_a_page_names_targets_and_parameters_that_exist(page: Path) -> None:
    text = page.read_text()
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.M)) <= targets
    parameters = (ROOT / "infra" / "main.parameters.json").read_text()
    outputs = (ROOT / "infra" / "main.bicep").read_text()
    named = set(re.findall(r"\bINTERKEEP_[A-Z_]+\b", text)) - _OF_THE_SMOKE_TEST
    assert [name for name in sorted(named) if name not in parameters + outputs] == []


def test_the_modules_that_the_architecture_names_are_there() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    named = re.findall(r"`([a-z_/]+\.py)`", page)
    assert [
        name for name in named if not any((d / name).exists() for d in (ROOT, ROOT / "shared"))
    ] == []
