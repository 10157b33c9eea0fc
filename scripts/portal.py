"""``python scripts/portal.py``: build the portal, where its source changed since it was built.

Needs Python alone: Node.js is the machine's, or comes from PyPI. ``make run``, ``demo`` and
``test`` do it first, and azd before it packages the app.

``--check`` holds the source to its types instead, those of the API's answers among them: they are
made from the app's own OpenAPI document, so that a member that the API no longer has is an error.
"""

import argparse
import hashlib
import json
import subprocess
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from localhost.node import InstallFailed, Node, alone, environment, find_node, installed

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "shared" / "web" / "portal" / "page"
SITE = PAGE.with_name("site")
STAMP = ".source"
"""In the site: the hash of the source that it was built from."""

OLDEST_NODE = 20
_TYPES = PAGE / "src" / "api" / "schema.d.ts"
_OPTIONAL = "--default-non-nullable=false"
"""A member with a default may be left out of a request."""
_MADE = {"node_modules", _TYPES.name, ".installed", "openapi.json", ".lock"}


class BuildFailed(Exception):
    """The source is not right; the message has what the tool said."""


def source_hash() -> str:
    """What the source of the page hashes to: names and bytes of all its files."""
    whole = hashlib.sha256()
    for path in sorted(PAGE.rglob("*")):
        name = path.relative_to(PAGE)
        if path.is_file() and not _MADE & set(name.parts):
            whole.update(
                f"{name.as_posix()}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode()
            )
    return whole.hexdigest()


def build(*, anew: bool = False) -> bool:
    """Build the site from its source, unless it is there already; whether it was built now.

    :param anew: also where it is there.
    :raises InstallFailed: where Node.js or the packages cannot be had.
    :raises BuildFailed: where the source cannot be built.
    """
    with alone(PAGE):
        stamp = SITE / STAMP
        wanted = source_hash()
        if not anew and stamp.is_file() and stamp.read_text() == wanted:
            return False
        print("Building the portal …", flush=True)
        node, _ = _tools()
        _run(node, PAGE / "build.mjs", str(SITE))
        stamp.write_text(wanted)
        return True


def check() -> None:
    """Hold the source to its types and to those of the API's answers.

    :raises InstallFailed: where Node.js or the packages cannot be had.
    :raises BuildFailed: where a type does not fit.
    """
    from shared.triggers.doors import doors
    from shared.web.api.document import document

    doors()
    with alone(PAGE):
        node, modules = _tools()
        described = PAGE / "openapi.json"
        described.write_text(json.dumps(document()))
        made = ("openapi-typescript", "bin", "cli.js")
        _run(node, modules.joinpath(*made), str(described), "-o", str(_TYPES), _OPTIONAL)
        _run(node, modules / "typescript" / "bin" / "tsc", "--noEmit", "-p", str(PAGE))


def packages() -> Path:
    """The ``node_modules`` of the page, installed where they are not there.

    :raises InstallFailed: where Node.js or the packages cannot be had.
    """
    with alone(PAGE):
        return _tools()[1]


def _tools() -> tuple[Node, Path]:
    node = find_node(OLDEST_NODE)
    return node, installed(node, PAGE, PAGE, "what builds the portal")


def _run(node: Node, script: Path, *arguments: str) -> None:
    ended = subprocess.run(  # noqa: S603 - scripts of the packages that the lock names
        [str(node.binary), str(script), *arguments],
        cwd=PAGE,
        env=environment(node),
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode != 0:
        raise BuildFailed(f"{script.name} failed:\n{(ended.stdout + ended.stderr)[-6000:]}")


def main() -> int:
    """The command; 1 where the page cannot be built or does not fit its types."""
    parser = argparse.ArgumentParser(prog="scripts/portal.py", description="Build the portal.")
    parser.add_argument("--check", action="store_true", help="its types, and those of the API")
    parser.add_argument("--anew", action="store_true", help="build it also where it is built")
    given = parser.parse_args()
    try:
        if given.check:
            check()
        else:
            build(anew=given.anew)
    except (BuildFailed, InstallFailed, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
