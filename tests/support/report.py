"""Which points of the enumeration are run, and what is told of them at the end of a run.

A point is one operation, one of its storage calls, one way to break it. `make test` draws a sample,
another each day; FAULT_POINTS=all runs every point (`make faults`), FAULT_SEED repeats a day.
"""

import asyncio
import os
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest

SEED = os.environ.get("FAULT_SEED") or datetime.now(UTC).strftime("%Y%m%d")
POINTS = os.environ.get("FAULT_POINTS", "1")
"""How many calls of an operation are broken in each way that is drawn, or ``all``."""

_WAYS_A_DAY = 1
_SIDE_BY_SIDE = 6
"""Most of a point is waiting for a lease to run out."""

_PROPERTY = "fault points"


def require_drawn(operation: str, way: StrEnum) -> None:
    """Skip a way of breaking an operation that is not among those of today."""
    if POINTS == "all" or way in random.Random(SEED + operation).sample(
        list(type(way)), _WAYS_A_DAY
    ):
        return
    pytest.skip(f"another day's (FAULT_SEED={SEED}); make faults runs all")


def chosen(request: pytest.FixtureRequest, operation: str, way: StrEnum, calls: int) -> list[int]:
    """The storage calls of an operation that are broken in one way; the end of the run tells them.

    :param calls: how many it makes when nothing breaks.
    """
    every = list(range(1, calls + 1))
    if POINTS != "all":
        drawn = random.Random(SEED + operation + way).sample(every, min(int(POINTS), calls))
        every = sorted(drawn)
    tell(request, operation, calls, len(type(way)), [(way.name, call) for call in every])
    return every


def tell(
    request: pytest.FixtureRequest,
    operation: str,
    calls: int,
    ways: int,
    points: list[tuple[str, int]],
) -> None:
    """Have the end of the run tell which points were run.

    :param calls: storage calls of the operation that can be broken.
    :param ways: in how many ways each can.
    :param points: the ways and calls that are run.
    """
    request.node.user_properties.append((_PROPERTY, [operation, calls, ways, points]))


async def each(
    operation: str, way: str, calls: Iterable[int], play: Callable[[int], Awaitable[None]]
) -> None:
    """Break each of the calls, some side by side: every point has accounts of its own."""
    slots = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def one(call: int) -> None:
        async with slots:
            try:
                await play(call)
            except Exception as error:
                raise AssertionError(f"{operation}, storage call {call} {way}") from error

    async with asyncio.TaskGroup() as group:
        for call in calls:
            group.create_task(one(call))


def told(reports: Iterable[Any]) -> list[str]:
    """The points that were run, as lines of a table: operations by calls and ways."""
    calls: dict[str, int] = {}
    ways: dict[str, int] = {}
    run: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for report in reports:
        for name, value in getattr(report, "user_properties", ()):
            if name == _PROPERTY:
                operation, count, possible, points = value
                calls[operation] = max(count, calls.get(operation, 0))
                ways[operation] = possible
                run[operation] += [(way, call) for way, call in points]
    if not run:
        return []
    lines = [f"Storage calls broken (FAULT_SEED={SEED}): operations × calls × ways"]
    for operation, points in sorted(run.items()):
        possible = calls[operation] * ways[operation]
        lines.append(
            f"  {operation:<16} {calls[operation]:>4} calls × {ways[operation]} ways = "
            f"{possible:>4} points, run: {len(points)}"
        )
        if POINTS != "all":
            named = ", ".join(f"{call} {way.lower()}" for way, call in points)
            lines.append(f"  {'':<16} {named}")
    every = sum(count * ways[operation] for operation, count in calls.items())
    ran = sum(len(points) for points in run.values())
    lines.append(f"  {len(run)} operations: {ran} of {every} points run")
    return lines
