"""What a workload measured, and how it is shown."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    workload: str
    compared_with: str
    ratio: float
    aim: str
    met: bool
    seconds: dict[str, float]
    """What the ratio was made of; of this machine alone, so only for a profile."""


def show(figures: list[Figure]) -> None:
    """Print the table, and write it as JSON."""
    for figure in figures:
        mark = "met" if figure.met else "MISSED"
        print(f"{figure.workload}\n  compared with {figure.compared_with}")
        print(f"  {figure.ratio:.1f} ×   aim: {figure.aim}: {mark}")
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / "latest.json"
    path.write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n")
    print(f"\nwritten to {path.relative_to(Path.cwd())}")
