"""The one place that asks what time it is and draws ids.

Everything else is given a Clock, so that a test can move time and a lint can hold the rule.
"""

import os
import time
import uuid
from datetime import UTC, datetime, timedelta

OFFSET_SETTING = "INTERKEEP_CLOCK_OFFSET_SECONDS"
"""Set by the thin local host alone, to show a day ahead; absent in Azure."""


class Clock:
    """Time and ids for one process."""

    def now(self) -> datetime:
        """The time in UTC, moved by the local host's offset where one is set."""
        offset = os.environ.get(OFFSET_SETTING)
        now = self.machine()
        return now + timedelta(seconds=float(offset)) if offset else now

    def machine(self) -> datetime:
        """The time in UTC as this machine has it: what is compared with the storage's clock."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that only go forward; for lengths, never for dates."""
        return time.monotonic()

    def new_id(self) -> str:
        """A random id: 32 lower-case hexadecimal digits."""
        return uuid.uuid4().hex
