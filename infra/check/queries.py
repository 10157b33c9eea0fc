"""``python -m infra.check.queries``: Kusto's own parser over every query of docs and alert rules.

Each is read as written for Application Insights; those of the docs also as docs/telemetry.md says
that they read in its Log Analytics workspace.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from infra.check.source import Source, text
from localhost.node import InstallFailed, alone, find_node, installed

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / ".local" / "query-parser"

_LOCK = Path(__file__).parent / "kusto"
_SECONDS = 120
_FENCE = re.compile(r"^ *```(?:kusto|kql)\n(.*?)^ *```", re.S | re.M)
_INTERPOLATED = re.compile(r"\$\{[^}]*\}")

TABLES = {
    "traces": "timestamp: datetime, message: string, severityLevel: int",
    "requests": "timestamp: datetime, name: string, success: string",
    "AppTraces": "TimeGenerated: datetime, Message: string, SeverityLevel: int",
    "StorageBlobLogs": "TimeGenerated: datetime, Category: string, OperationName: string, "
    "StatusText: string, Uri: string, RequesterObjectId: string, CallerIpAddress: string",
}
"""The columns that queries use, as Application Insights and Log Analytics have them:
https://learn.microsoft.com/azure/azure-monitor/reference/tables-index
"""

_IN_THE_WORKSPACE = {
    "traces": "AppTraces",
    "timestamp": "TimeGenerated",
    "message": "Message",
    "severityLevel": "SeverityLevel",
}


@dataclass(frozen=True)
class Query:
    """A query and where it is.

    :param line: of its first line, from 1.
    :param before: functions that it begins with, which another place of the page defines.
    """

    place: str
    line: int
    text: str
    before: str = ""


def queries_of_page(path: Path, root: Path) -> Iterator[Query]:
    """Those of a page of the docs. One that ends with ``;`` defines what the later ones use."""
    page, before = path.read_text(), ""
    for fence in _FENCE.finditer(page):
        line = page.count("\n", 0, fence.start(1)) + 1
        query = Query(path.relative_to(root).as_posix(), line, fence[1], before)
        if fence[1].rstrip().endswith(";"):
            before += fence[1]
            query = replace(query, text=f"{fence[1]}print 1")
        yield query


def queries_of_bicep(source: Source) -> Iterator[Query]:
    """Those of alert rules; what is put into one is a name."""
    for node in source.nodes("object_property"):
        if text(node.named_children[0]) == "query":
            written = text(node.named_children[1])[1:-1]
            query = _INTERPOLATED.sub("name", written).replace("\\'", "'")
            yield Query(source.name, node.start_point.row + 1, query)


def in_the_workspace(query: Query) -> Query:
    """The same query for the Log Analytics workspace."""

    def named(said: str) -> str:
        for old, new in _IN_THE_WORKSPACE.items():
            said = re.sub(rf"\b{old}\b", new, said)
        return said

    return replace(query, text=named(query.text), before=named(query.before))


def query_problems(queries: Iterable[Query], tables: Mapping[str, str] = TABLES) -> list[str]:
    """What Kusto's parser says of each, with its place.

    :raises localhost.node.InstallFailed: where the parser cannot be installed.
    """
    asked = list(queries)
    texts = [query.before + query.text for query in asked]
    with alone(PACKAGES):
        node = find_node()
        modules = installed(node, _LOCK, PACKAGES, "Kusto's query parser")
    done = subprocess.run(  # noqa: S603 - our own script
        [str(node.binary), str(_LOCK / "parse.cjs"), str(modules)],
        input=json.dumps({"tables": tables, "queries": texts}),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=True,
    )
    return [
        _said(query, one)
        for query, found in zip(asked, json.loads(done.stdout), strict=True)
        for one in found
    ]


def _said(query: Query, found: Mapping[str, str | int]) -> str:
    whole, offset = query.before + query.text, int(found["offset"])
    line = query.line + whole.count("\n", len(query.before), max(offset, len(query.before)))
    return f"{query.place}:{line}: {found['code']}: {found['message']}"


def problems_of(root: Path) -> list[str]:
    """Of every page and every Bicep file.

    :param root: the folder of docs/ and infra/.
    """
    pages = [*sorted(root.glob("*.md")), *sorted((root / "docs").glob("*.md"))]
    of_docs = [query for page in pages for query in queries_of_page(page, root)]
    sources = [Source(path, root) for path in sorted((root / "infra").rglob("*.bicep"))]
    of_rules = [query for source in sources for query in queries_of_bicep(source)]
    found = query_problems([*of_docs, *map(in_the_workspace, of_docs), *of_rules])
    return list(dict.fromkeys(found))


def run() -> int:
    """Print what is wrong; 0 where nothing is, else 1."""
    try:
        problems = problems_of(ROOT)
    except InstallFailed as failed:
        problems = [str(failed)]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(run())
