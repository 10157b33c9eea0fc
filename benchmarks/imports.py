"""A cold start: importing the app, against importing what it cannot do without."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from benchmarks.figures import Figure, figure
from benchmarks.rounds import Measured, interleaved
from benchmarks.run import Run
from localhost.stack import ROOT

_SIDES = {
    "interkeep": "function_app",
    "floor": "azure.functions, pydantic, azure.data.tables.aio, azure.storage.blob.aio",
}
_PROGRAM = "import time; began = time.perf_counter(); import {}; print(time.perf_counter() - began)"


async def imports(run: Run) -> list[Figure]:
    """Each import is in a fresh process; the first of each side, which compiles, is not counted."""
    compiled = run.stage.folder / "compiled"
    turns = [partial(_turn, name, modules, compiled) for name, modules in _SIDES.items()]
    for turn in turns:
        await turn(0)
    timings = await interleaved(run.sizes.imports, turns)
    ours, floor = _SIDES
    return [
        figure(
            "import of function_app (cold start)",
            "azure.functions, pydantic, the table and blob clients",
            timings,
            (ours, floor),
            most=1.2,
        )
    ]


async def _turn(name: str, modules: str, compiled: Path, _number: int) -> Mapping[str, Measured]:
    program = [sys.executable, "-c", _PROGRAM.format(modules)]
    # A shell that forbids bytecode would have each process compile our modules, and ours alone.
    keeping = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(compiled)}
    said = await asyncio.to_thread(
        subprocess.run,
        program,
        cwd=ROOT,
        env={**os.environ, **keeping},
        capture_output=True,
        check=True,
    )
    return {name: Measured(float(said.stdout))}
