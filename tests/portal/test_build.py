"""What is built: small, of few parts, the same each time, and nothing from elsewhere."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from localhost.node import InstallFailed, Node, environment, find_node
from scripts import portal
from shared.web.api.page.style import STYLE

ROOT = Path(__file__).resolve().parents[2]
SOURCE = portal.PAGE / "src"
MODULES = sorted(
    path
    for path in [*portal.PAGE.glob("*.mjs"), *SOURCE.rglob("*")]
    if path.suffix in {".ts", ".tsx", ".css", ".mjs"} and path.name != "schema.d.ts"
)

FIRST, SCRIPTS, STYLES, PACKAGES = 135_000, 190_000, 15_000, 12
"""Bytes as brotli: of the scripts that the first page reads, of all, of styles; and how many
packages are in production."""

_STATIC = re.compile(r'(?:from|import)"\./([^"]+)"')


def test_it_is_small(site: Path) -> None:
    def packed(ending: str) -> int:
        return sum(path.stat().st_size for path in site.rglob(f"*{ending}.br"))

    assert 0 < packed(".js") <= SCRIPTS
    assert 0 < packed(".css") <= STYLES


def test_the_first_page_reads_what_it_needs(site: Path) -> None:
    """The wizard, accounts, artifacts, contents and import are read when they are opened."""
    (entry,) = (site / "assets").glob("portal-*.js")
    wanted, read = {entry.name}, set[str]()
    while wanted:
        name = wanted.pop()
        read.add(name)
        found = set(_STATIC.findall((site / "assets" / name).read_text()))
        wanted |= {one for one in found if one.endswith(".js")} - read
    assert sum((site / "assets" / f"{name}.br").stat().st_size for name in read) <= FIRST
    for later in ("accounts", "artifacts", "import-page", "installation", "restoring"):
        assert len(list((site / "assets").glob(f"{later}-*.js"))) == 1
        assert not [name for name in read if name.startswith(later)]


def test_it_is_made_of_few_packages() -> None:
    lock = json.loads((portal.PAGE / "package-lock.json").read_text())
    named = json.loads((portal.PAGE / "package.json").read_text())
    # Types are for the compiler: what has them as a peer takes no byte of them along.
    bundled = [
        name
        for name, one in lock["packages"].items()
        if name and not one.get("dev") and not one.get("devOptional")
    ]
    assert len(bundled) <= PACKAGES, bundled
    assert set(named["dependencies"]) == {
        "@tanstack/react-query",
        "openapi-fetch",
        "react",
        "react-dom",
        "wouter",
    }
    exact = {**named["dependencies"], **named["devDependencies"]}.values()
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in exact)


def test_the_lock_names_no_registry() -> None:
    lock = json.loads((portal.PAGE / "package-lock.json").read_text())
    assert not [name for name, one in lock["packages"].items() if "resolved" in one]
    assert all("integrity" in one for name, one in lock["packages"].items() if name)


def nodes() -> list[Node]:
    """Every Node.js at hand that can build: the machine's, and PyPI's."""
    found = []
    for oldest in (portal.OLDEST_NODE, 24):
        try:
            found.append(find_node(oldest))
        except InstallFailed:
            continue
    return list({node.binary: node for node in found}.values())


def test_every_node_builds_the_same(site: Path, tmp_path: Path) -> None:
    portal.packages()
    wanted = {path.name: path.read_bytes() for path in site.rglob("*") if path.is_file()}
    del wanted[portal.STAMP]
    for number, node in enumerate(nodes()):
        folder = tmp_path / str(number)
        subprocess.run(
            [str(node.binary), "build.mjs", str(folder)],
            cwd=portal.PAGE,
            env=environment(node),
            check=True,
        )
        made = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        assert made.keys() == wanted.keys()
        assert [name for name in made if made[name] != wanted[name]] == []


def test_it_is_built_only_where_its_source_changed(site: Path) -> None:
    before = (site / "index.html").stat().st_mtime_ns
    assert portal.build() is False
    assert (site / "index.html").stat().st_mtime_ns == before


def test_what_is_built_names_no_machine(site: Path) -> None:
    for path in site.rglob("*"):
        if path.is_file() and path.suffix in {".js", ".css", ".html"}:
            assert str(ROOT) not in path.read_text()
            assert "node_modules" not in path.read_text()


def test_the_index_names_its_own_files_alone(site: Path) -> None:
    named = re.findall(r'(?:src|href)="([^"]+)"', (site / "index.html").read_text())
    assert len(named) == 3
    for address in named:
        assert address.startswith("/api/portal/assets/")
        assert (site / address.removeprefix("/api/portal/")).is_file()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(portal.PAGE).as_posix())
def test_a_module_has_one_subject(path: Path) -> None:
    lines = path.read_text().count("\n")
    assert lines <= 400, f"{lines} lines: split it by subject"


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if path.suffix == ".tsx"],
    ids=lambda path: path.relative_to(SOURCE).as_posix(),
)
def test_what_a_person_reads_is_in_the_words(path: Path) -> None:
    """Between tags, and in what is read aloud, stand expressions and no words of their own."""
    text = re.sub(r"=>|<=|>=", "  ", path.read_text())
    between = re.findall(r"(?<=[\"'}\w])>\s*([A-Za-z][^<>{}()=;]*?)\s*<", text)
    said = re.findall(r"(?:title|aria-label|placeholder|alt|label)=\"([^\"]+)\"", text)
    assert [*between, *said] == []


def test_its_tokens_are_those_of_the_docs_page() -> None:
    """One look: what both have, both have alike, in light and in dark."""
    token = re.compile(r"--([a-z-]+): (#[0-9a-f]{6})")

    def tokens(style: str) -> list[dict[str, str]]:
        light, dark = style.split("prefers-color-scheme: dark")[:2]
        return [dict(token.findall(light)), dict(token.findall(dark.split("* {")[0]))]

    page = tokens((SOURCE / "style" / "tokens.css").read_text())
    for ours, docs in zip(page, tokens(STYLE), strict=True):
        shared = {"paper", "ink", "quiet", "line", "tint", "link"}
        assert shared <= ours.keys()
        assert {name: ours[name] for name in shared} == {name: docs[name] for name in shared}


def test_the_licences_of_all_that_is_bundled_are_in_it(site: Path) -> None:
    """Each package in production by name and version, with the whole text that it came with."""
    lock = json.loads((portal.PAGE / "package-lock.json").read_text())["packages"]
    wanted = {
        (name.rpartition("node_modules/")[2], one["version"], one["license"]): name
        for name, one in lock.items()
        if name and not one.get("dev") and not one.get("devOptional")
    }
    (built,) = (site / "assets").glob("licences-*.json")
    found = json.loads(built.read_text())
    assert [(one["name"], one["version"], one["licence"]) for one in found] == sorted(wanted)
    for one in found:
        folder = portal.PAGE / wanted[one["name"], one["version"], one["licence"]]
        own = [path for path in folder.iterdir() if path.name.lower().startswith("licen")]
        texts = own or [portal.PAGE / "licences" / f"{one['licence']}.txt"]
        for path in texts:
            assert path.read_text().strip() in one["text"], one["name"]
    script = "".join(path.read_text() for path in (site / "assets").glob("*.js"))
    assert f"/api/portal/assets/{built.name}" in script
