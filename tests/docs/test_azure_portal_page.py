"""docs/azure-portal.md: its table has every HTTP function as it is declared, and each row runs."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from localhost.stack import HostProcess
from shared.triggers.doors import routes
from tests.integration_accounts.linked import account
from tests.support.api import Api, unique
from tests.support.arm import Arm
from tests.support.declared import functions

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "azure-portal.md").read_text()
_ROW = re.compile(
    r"^\| `(\w+)` \| (\w+) \| ([^|]*) \| ([^|]*) \| ([^|]*) \| (\d{3})[^|]* \|$", re.M
)
_PAIR = re.compile(r"`(\w+)=([^`]*)`")


@dataclass(frozen=True)
class Row:
    """One function of the table."""

    name: str
    method: str
    path: dict[str, str]
    query: dict[str, str]
    body: str
    status: int

    @property
    def route(self) -> str:
        """The route with the row's parameters filled in."""
        declared = next(route for route in routes() if route.name == self.name)
        filled = declared.path.replace("{*", "{")
        for name, value in self.path.items():
            filled = filled.replace(f"{{{name}}}", value)
        query = "&".join(f"{name}={value}" for name, value in self.query.items())
        return f"{filled}?{query}" if query else filled


def rows(contoso: str = "contoso") -> list[Row]:
    text = re.sub(r"\| (?=\|)", "|  ", PAGE).replace("contoso", contoso)
    return [
        Row(
            name,
            "ANY" if method == "any" else method,
            dict(_PAIR.findall(path)),
            dict(_PAIR.findall(query)),
            body.strip().strip("`"),
            int(status),
        )
        for name, method, path, query, body, status in _ROW.findall(text)
    ]


def test_the_table_has_every_function_as_it_is_declared() -> None:
    declared = {
        route.name: (route.method, re.findall(r"{\*?(\w+)}", route.path)) for route in routes()
    }
    assert {row.name: (row.method, list(row.path)) for row in rows()} == declared


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.name)
def test_a_row_gives_a_body_where_one_is_taken(row: Row) -> None:
    declared = next(route for route in routes() if route.name == row.name)
    assert bool(row.body) == bool(declared.body or declared.takes_bytes)
    if declared.body is not None:
        declared.body.model_validate(json.loads(row.body))
    assert row.query.keys() <= set(declared.query)


def test_the_table_of_the_others_is_complete() -> None:
    # Its portal is opened in a browser, and is no operation to try.
    http = {*(route.name for route in routes()), "portal"}
    all_of_them = {function.get_function_name() for function in functions()}
    section = PAGE.split("## Timers and queue functions")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.M)) == all_of_them - http


async def test_every_row_runs_in_the_tables_order(api: Api, host: HostProcess, azure: Arm) -> None:
    operation, session = "", rows(unique("p"))
    azure.load(
        account(json.loads(row.body)["resourceId"]) for row in session if row.name == "put_link"
    )
    for row in session:
        method = "GET" if row.method == "ANY" else row.method
        path = row.route.replace("<operation id>", operation)
        reply = await api.call(method, path, data=row.body.encode() or None)
        assert reply.status == row.status, f"{row.name}: {reply.status} {reply.body}"
        if reply.status == 202:
            operation = (await api.ended(reply))["id"]
