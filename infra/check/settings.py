"""The settings that Bicep gives the app, and those that the app reads: the same set."""

import ast
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from tree_sitter import Node

from infra.check.source import Source, literal, text, walk
from shared.settings.environment import SettingsInvalid, read_settings
from shared.settings.timers import DEFAULT_TIMERS

OF_THE_HOST = frozenset(
    {
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
        "APPLICATIONINSIGHTS_CONNECTION_STRING",
        "AzureWebJobsStorage__accountName",
        "AzureWebJobsStorage__blobServiceUri",
        "AzureWebJobsStorage__clientId",
        "AzureWebJobsStorage__credential",
        "AzureWebJobsStorage__queueServiceUri",
        "AzureWebJobsStorage__tableServiceUri",
        "STATE_STORAGE__credential",
    }
)
"""What Bicep sets for the Functions host, and the app does not read."""

OF_THE_PLATFORM = frozenset({"WEBSITE_AUTH_ENABLED", "WEBSITE_SITE_NAME"})
"""What App Service puts into the environment by itself."""

OF_OTHER_PLACES = frozenset(
    {
        "STATE_STORAGE__accountName",  # short for the addresses, in the public cloud alone
        "STATE_STORAGE",  # a connection string, which holds a key; here an identity and endpoints
        "SEALING_KEY",  # a local key; here the vault's
        "ARM_STAND_IN",  # something on this machine in the place of Azure's own
    }
)
"""What the app reads where it runs without Azure's identities and vault."""


NEVER_DEPLOYED = frozenset({"ARM_STAND_IN"})
"""What would have the deployed app ask something else than Azure, without its identity."""


def setting_problems(app: Source, code: Path) -> list[str]:
    """Which settings one side has and the other lacks.

    :param app: the Bicep file with the app's settings.
    :param code: the folder of the app's modules.
    """
    given = set(given_settings(app))
    asked = read_by_app() | set(read_elsewhere(code.rglob("*.py")))
    return [
        *(
            f"{app.name}: does not set {name}, which the app reads"
            for name in sorted(asked - given - OF_OTHER_PLACES - OF_THE_PLATFORM)
        ),
        *(
            f"{app.name}: sets {name}, which neither shared/settings nor the host reads"
            for name in sorted(given - asked - OF_THE_HOST)
        ),
        *(
            f"{app.name}: sets {name}, which is for a machine without Azure"
            for name in sorted(given & NEVER_DEPLOYED)
        ),
    ]


def given_settings(app: Source) -> Iterator[str]:
    """The names in the app's settings, through the variables that they are put together from."""
    variables = {text(node.named_children[0]): node for node in app.nodes("variable_declaration")}
    for resource in app.nodes("resource_declaration"):
        properties = {
            text(node.named_children[0]): node.named_children[1]
            for node in resource.named_children[-1].named_children
            if node.type == "object_property"
        }
        if "name" in properties and literal(properties["name"]) == "appsettings":
            yield from _keys(properties["properties"], variables)


def _keys(expression: Node, variables: dict[str, Node]) -> Iterator[str]:
    for node in walk(expression):
        if node.type == "object_property":
            yield text(node.named_children[0])
        elif node.type == "identifier" and text(node) in variables:
            yield from _keys(variables[text(node)].named_children[-1], variables)


def read_by_app() -> set[str]:
    """Every name that ``read_settings`` asks for where it runs on identities and a vault."""
    asked = _Asked({"STATE_STORAGE__blobServiceUri": "https://…", "KEY_PROVIDER": "keyvault"})
    with suppress(SettingsInvalid):
        read_settings(asked)
    return asked.names | set(DEFAULT_TIMERS)


class _Asked(dict[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(values)
        self.names: set[str] = set()

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.names.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> str:
        self.names.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.names.add(str(key))
        return super().__contains__(key)


def read_elsewhere(modules: Iterable[Path]) -> Iterator[str]:
    """Names that a module takes from ``os.environ`` itself."""
    for path in modules:
        for node in ast.walk(ast.parse(path.read_text())):
            name = _environment_name(node)
            if name is not None:
                yield name


def _environment_name(node: ast.AST) -> str | None:
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("os.environ.get", "os.getenv"):
        first: ast.AST = node.args[0]
    elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
        first = node.slice
    else:
        return None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
