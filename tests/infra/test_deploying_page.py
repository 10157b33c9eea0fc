"""docs/deploying.md says what infra/ does: parameters, roles, resources, alerts."""

import json
import re
from pathlib import Path

from infra.check.names import parameters
from infra.check.source import Source, literal, text

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "deploying.md").read_text()
MAIN = Source(ROOT / "infra" / "main.bicep", ROOT)
SOURCES = [Source(path, ROOT) for path in sorted((ROOT / "infra").rglob("*.bicep"))]


def section(title: str) -> str:
    """What stands below a heading."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    """The cells of the tables below a heading, without their head."""
    prose = re.sub(r"```.*?```", "", section(title), flags=re.S)
    lines = [line for line in prose.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines][2:]


def environment_names() -> dict[str, str]:
    """What azd calls each parameter."""
    listed = json.loads((ROOT / "infra" / "main.parameters.json").read_text())["parameters"]
    return {name: entry["value"].strip("${}") for name, entry in listed.items()}


def defaults() -> dict[str, str]:
    """Each parameter's default where it is a plain value, as Bicep has it."""
    found = {}
    for node in MAIN.nodes("parameter_declaration"):
        value = node.named_children[-1]
        if value.type in ("string", "number", "boolean", "array", "object"):
            found[text(node.named_children[0])] = literal(value) or text(value)
    return found


def test_every_parameter_is_documented_with_its_name_for_azd_and_no_other() -> None:
    documented = [row[0].strip("`") for row in rows("Parameters")]
    assert documented == list(environment_names().values())
    assert list(environment_names()) == list(parameters(MAIN))


def test_defaults_are_those_of_the_file() -> None:
    said = {row[0].strip("`"): row[1] for row in rows("Parameters")}
    names = environment_names()
    for parameter, default in defaults().items():
        cell = said[names[parameter]].strip("`").replace('"', "'")
        if "${" not in default:
            assert cell == default.replace("''", ""), parameter


def test_every_parameter_describes_itself() -> None:
    for node in MAIN.nodes("parameter_declaration"):
        before = node.prev_named_sibling
        assert before is not None
        assert "@description(" in text(before), text(node)


def test_every_role_that_is_given_is_documented() -> None:
    ids = {
        "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
        "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
        "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
        "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
        "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
        "e147488a-f6f5-4113-8e2d-b22465e65bf6": "Key Vault Crypto Service Encryption User",
        "12338af0-0e69-4776-bea7-57ae8d297424": "Key Vault Crypto User",
        "acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
        "87a39d53-fc1b-424a-814c-f7e04687dc9e": "Logic App Contributor",
    }
    pattern = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
    given = {found for source in SOURCES for found in pattern.findall(text(source.tree))}
    assert given == set(ids)
    assert {row[1] for row in rows("Roles")} == set(ids.values())


def test_the_four_roles_are_those_of_the_registration() -> None:
    made = json.loads((ROOT / "infra" / "app-roles.json").read_text())
    assert [f"`{role['value']}`" for role in made] == [
        row[0] for row in rows("App Service authentication")
    ]
    assert len({role["id"] for role in made}) == len(made)


def test_every_alert_rule_is_documented() -> None:
    alerts = next(source for source in SOURCES if source.path.name == "alerts.bicep")
    types = [*re.findall(r"type: '(\w+)'", text(alerts.tree)), "SchedulesSilent"]
    assert [row[0].strip("`") for row in rows("Alerts")] == types


def test_no_module_comes_from_a_registry() -> None:
    for source in SOURCES:
        for node in source.nodes("module_declaration"):
            place = literal(node.named_children[1])
            assert place
            assert place.endswith(".bicep")
            assert ":" not in place


def test_writes_to_backups_are_logged_and_the_pages_say_of_which_account() -> None:
    storage = next(source for source in SOURCES if source.path.name == "storage.bicep")
    assert "logsWrites ? ['StorageDelete', 'StorageWrite'] : ['StorageDelete']" in text(
        storage.tree
    )
    modules = {
        text(node.named_children[0]): text(node) for node in MAIN.nodes("module_declaration")
    }
    assert [name for name, said in modules.items() if "logsWrites: true" in said] == ["backups"]
    runbook = (ROOT / "docs" / "operations.md").read_text()
    assert "The logs of the backup account name who wrote and who deleted" in runbook
    assert "written to the backup account" in section("What is made")


def test_a_private_app_is_opened_for_each_deployment() -> None:
    """And its endpoint deleted: a deployment of Bicep deletes nothing."""
    said = section("Private endpoints")
    block = said.split("```bash\n")[2].split("```")[0]
    steps = ("PRIVATE_APP false", "azd provision", "private-endpoint delete", "azd deploy")
    places = [block.index(step) for step in (*steps, "PRIVATE_APP true")]
    assert places == sorted(places)
    assert block.rstrip().endswith("azd provision")
    endpoint = next(text(n) for n in MAIN.nodes("module_declaration") if "appEndpoint" in text(n))
    assert "name: 'pe-app-${token}'" in endpoint
    assert "starts_with(name, 'pe-app-')" in block
    assert "open the app meanwhile" in section("Upgrading, and back")


def test_only_what_is_written_after_locking_is_called_locked() -> None:
    said = section("Immutable backups")
    assert "Locking applies only to what is written from then on" in said
    assert "back up every service again after locking" in said
    assert "nobody who has a role on it" not in said
