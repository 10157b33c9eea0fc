"""host.json says how long an attempt of an operation may take, and docs/ say it too."""

import json
import re
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMIT = json.loads((ROOT / "host.json").read_text())["functionTimeout"]


def test_an_attempt_may_last_hours() -> None:
    """When it is over, the host ends the process and with it what else runs there."""
    hours, minutes, seconds = map(int, LIMIT.split(":"))
    assert timedelta(hours=hours, minutes=minutes, seconds=seconds) == timedelta(hours=12)


def test_the_limit_is_documented() -> None:
    performance = (ROOT / "docs" / "performance.md").read_text()
    assert "twelve hours at most** (`functionTimeout` in host.json)" in performance
    faults = (ROOT / "docs" / "faults.md").read_text()
    assert re.search(r"longer than the Functions host allows, \[twelve hours\]", faults)
