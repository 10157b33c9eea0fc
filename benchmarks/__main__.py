"""``make bench``: every workload in one run, on an emulator of its own."""

import argparse
import asyncio
import logging
import tempfile
from pathlib import Path

from benchmarks.allocate import allocate
from benchmarks.answers import answers
from benchmarks.backup import backup
from benchmarks.figures import Figure, print_figure, write_figures
from benchmarks.filling import Services
from benchmarks.growth import growth
from benchmarks.imports import imports
from benchmarks.latency import latency
from benchmarks.memory import memory
from benchmarks.pulls import pulls
from benchmarks.restore import restore
from benchmarks.run import Run, Workload
from benchmarks.sizes import Sizes, add_arguments, sizes_of
from benchmarks.stage import Stage
from benchmarks.ticks import ticks
from benchmarks.verify import verify
from shared.installation.garbage import collect_less_often

WORKLOADS: dict[str, Workload] = {
    "backup": backup,
    "restore": restore,
    "verify": verify,
    "allocate": allocate,
    "ticks": ticks,
    "memory": memory,
    "pulls": pulls,
    "imports": imports,
    "answers": answers,
    "growth": growth,
    "latency": latency,
}


async def run(names: list[str], sizes: Sizes, folder: Path, *, profile: bool) -> list[Figure]:
    """The workloads, one after another; each prints its figures when it has them."""
    figures: list[Figure] = []
    async with Stage(folder) as stage:
        given = Run(stage, sizes, Services(stage, sizes.mics), profile)
        for name in names:
            for figure in await WORKLOADS[name](given):
                print_figure(figure)
                figures.append(figure)
    return figures


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "workloads", nargs="*", metavar="workload", help=f"some of: {', '.join(WORKLOADS)}"
    )
    parser.add_argument(
        "--profile", action="store_true", help="also tell where a backup's, … time goes"
    )
    add_arguments(parser)
    given = parser.parse_args()
    unknown = [name for name in given.workloads if name not in WORKLOADS]
    if unknown:
        parser.error(f"no workload {unknown[0]}; there are {', '.join(WORKLOADS)}")
    logging.getLogger("interkeep").setLevel(logging.CRITICAL)
    collect_less_often()  # as a process of the app does
    sizes = sizes_of(given)
    with tempfile.TemporaryDirectory() as folder:
        names = given.workloads or list(WORKLOADS)
        figures = asyncio.run(run(names, sizes, Path(folder), profile=given.profile))
    write_figures(figures, vars(sizes))


if __name__ == "__main__":
    main()
