"""Peak memory: a process backs up, restores, verifies a service, another one ten times as large."""

import asyncio
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.backup import a_backup
from benchmarks.figures import Figure
from benchmarks.filling import Filled
from benchmarks.operations import start_backup, start_restore, start_verify, timed
from benchmarks.run import Run
from benchmarks.sizes import SESSIONS, part
from benchmarks.stage import App
from localhost.stack import ROOT
from shared.installation.installation import current
from shared.model.pull import PullBody

MOST_MB = 20.0
TIMES = 10
_STATUS = Path("/proc/self/status")


async def memory(run: Run) -> list[Figure]:
    """The aim is of 1 and 10 times the whole; the sizes say which part of it is compared here."""
    small, large = run.sizes.small * run.sizes.scale, run.sizes.small * run.sizes.scale * TIMES
    whole = await _compared(run, [await run.services.of(scale) for scale in (small, large)])
    counts = [part(SESSIONS, run.sizes.sessions / times) for times in (TIMES, 1)]
    linked = await _compared(run, [await run.services.with_sessions(count) for count in counts])
    return [*whole, *linked]


async def _compared(run: Run, sizes: list[Filled]) -> list[Figure]:
    peaks: dict[str, list[float]] = {"back up": [], "restore": [], "verify": []}
    for filled in sizes:
        alias = run.stage.alias()
        given = ("backup", filled.service.name, alias, "measured")
        peaks["back up"].append(await peak_mb(filled.app, *given))
        made = await a_backup(run, filled, "for-memory")
        checked = ("verify", filled.service.name, made.alias, made.name)
        peaks["verify"].append(await peak_mb(filled.app, *checked))
        peaks["restore"].append(
            await peak_mb(run.stage.app(), "restore", filled.service.name, made.alias, made.name)
        )
    return [_figure(what, found, sizes) for what, found in peaks.items()]


def _figure(what: str, peaks: list[float], sizes: list[Filled]) -> Figure:
    small, large = peaks
    return Figure(
        workload=f"peak memory: {what} {sizes[1].described}",
        compared_with=f"a tenth of it; {large - small:+.1f} MB",
        ratio=large / small,
        aim=f"within {MOST_MB:.0f} MB",
        met=large - small <= MOST_MB,
        seconds={},
        remarks=(f"{small:.1f} MB and {large:.1f} MB",),
    )


async def peak_mb(app: App, *arguments: str) -> float:
    """The peak of a process that does one thing with an app's services, in MB."""
    environment = {**_own(), **app.environment, "STATE_STORAGE": app.state}
    command = [sys.executable, "-m", "benchmarks.memory", *arguments]
    said = await asyncio.to_thread(
        subprocess.run, command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True
    )
    return float(said.stdout)


def _own() -> Mapping[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}


async def _child(what: str, service: str, alias: str = "", name: str = "") -> None:
    parts = current()
    app = App(parts, None, "", {})
    try:
        if what == "restore":
            await timed(app, start_restore(app, alias, name))
            return
        listed = await parts.services.require(service)
        if what == "pull":
            await timed(app, parts.pulls.start(listed.service, PullBody(), "bench", None))
        elif what == "verify":
            await timed(app, start_verify(app, listed.service, name))
        else:
            await timed(app, start_backup(app, listed.service, alias, name))
    finally:
        await parts.close()


def _own_peak_mb() -> float:
    """Of this process's own memory: ``ru_maxrss`` has that of whoever forked it in it."""
    if _STATUS.exists():
        peak = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) / 1024
    kilobytes = 1024 if sys.platform == "darwin" else 1
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / kilobytes


if __name__ == "__main__":
    asyncio.run(_child(*sys.argv[1:]))
    print(_own_peak_mb())
