"""What a workload measured, and how it is shown."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.counting import Calls
from benchmarks.rounds import Ratio, Timings

RESULTS = Path(__file__).parent / "results"

_UNIT = "×"


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    workload: str
    compared_with: str
    ratio: float
    aim: str
    met: bool
    seconds: Mapping[str, float]
    """What the ratio was made of; of this machine alone, so only for a profile."""
    low: float | None = None
    """The lowest ratio of all rounds."""
    high: float | None = None
    calls: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Storage calls of one operation, by side and by what they are."""
    remarks: tuple[str, ...] = ()
    unit: str = _UNIT


def figure(
    workload: str,
    compared_with: str,
    timings: Timings,
    sides: tuple[str, str],
    *,
    most: float | None = None,
    least: float | None = None,
    remarks: tuple[str, ...] = (),
) -> Figure:
    """How one side compares with another.

    :param sides: the one that is measured, and the one that it is compared with.
    :param most: the aim, as the highest ratio of their times.
    :param least: the aim, as the lowest ratio of the other's time to the one's.
    """
    one, other = sides
    faster = least is not None
    ratio = timings.ratio(other, one) if faster else timings.ratio(one, other)
    counted = {name: timings.calls(name) for name in sides}
    return Figure(
        workload=workload,
        compared_with=compared_with,
        ratio=ratio.median,
        aim=f"≥ {least:g} {_UNIT} faster" if faster else f"≤ {most:g} {_UNIT}",
        met=_is_met(ratio, most, least),
        seconds={name: timings.seconds(name) for name in sides},
        low=ratio.low,
        high=ratio.high,
        calls={name: _kinds(calls) for name, calls in counted.items() if calls},
        remarks=remarks,
    )


def _is_met(ratio: Ratio, most: float | None, least: float | None) -> bool:
    return (most is None or ratio.median <= most) and (least is None or ratio.median >= least)


def _kinds(calls: Calls) -> dict[str, int]:
    return {"all": calls.all, **dict(sorted(calls.kinds.items(), key=lambda kind: -kind[1]))}


def print_figure(one: Figure) -> None:
    """A line of the table, as soon as it is known."""
    span = f" ({one.low:.2f} to {one.high:.2f})" if one.low is not None else ""
    mark = "met" if one.met else "MISSED"
    print(f"{one.workload}\n    against {one.compared_with}")
    print(f"    {one.ratio:8.2f} {one.unit}{span}   aim {one.aim}: {mark}")
    if one.calls:
        sides = (f"{side} {kinds['all']}" for side, kinds in one.calls.items())
        print(f"    storage calls: {', '.join(sides)}")
    for remark in one.remarks:
        print(f"    {remark}")
    print(flush=True)


def write_figures(figures: list[Figure], sizes: Mapping[str, object]) -> None:
    """The summary, and everything as JSON."""
    width = max(len(one.workload) for one in figures)
    print("-" * (width + 48))
    for one in figures:
        mark = "met" if one.met else "MISSED"
        print(f"{one.workload:<{width}}  {one.ratio:8.2f} {one.unit:<5}  {one.aim:<18} {mark}")
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / "latest.json"
    written = {"sizes": dict(sizes), "figures": [asdict(one) for one in figures]}
    path.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n")
    print(f"\nwritten to {path.relative_to(Path.cwd())}")
