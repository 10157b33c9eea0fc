"""``python -m infra.check``: every Bicep file of a folder, and the settings in them."""

import sys
from pathlib import Path

from infra.check.names import module_problems, name_problems, parameter_file_problems
from infra.check.settings import setting_problems
from infra.check.source import Source

ROOT = Path(__file__).resolve().parents[2]


def problems_of(infra: Path, code: Path) -> list[str]:
    """All that is wrong, each with its place. Names are looked at where the syntax is right.

    :param infra: the folder of the Bicep files, as this repository lays them out.
    :param code: the folder of the app's modules.
    """
    sources = {
        path.resolve(): Source(path, infra.parent) for path in sorted(infra.rglob("*.bicep"))
    }
    broken = [problem for source in sources.values() for problem in source.syntax_problems()]
    if broken:
        return broken
    main = sources[(infra / "main.bicep").resolve()]
    app = sources[(infra / "modules" / "app.bicep").resolve()]
    return [
        *(problem for source in sources.values() for problem in name_problems(source)),
        *(problem for source in sources.values() for problem in module_problems(source, sources)),
        *parameter_file_problems(infra / "main.parameters.json", main),
        *setting_problems(app, code),
    ]


def run(arguments: list[str]) -> int:
    """Print what is wrong; 0 where nothing is, else 1."""
    infra = Path(arguments[0]) if arguments else ROOT / "infra"
    problems = problems_of(infra, ROOT / "shared")
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
