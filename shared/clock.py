"""The only module that reads the time and creates random ids.

All other code gets a Clock, so that tests can move time; a test checks this rule.
"""

import os
import time
import uuid
from datetime import UTC, datetime, timedelta

OFFSET_SETTING = "INTERKEEP_CLOCK_OFFSET_SECONDS"
"""Set only by the local host, to show a later day; absent in Azure."""


class Clock:
    """Time and ids for one process."""

    def now(self) -> datetime:
        """The time in UTC, moved by the local host's offset if one is set."""
        offset = os.environ.get(OFFSET_SETTING)
        now = self.machine()
        return now + timedelta(seconds=float(offset)) if offset else now

    def machine(self) -> datetime:
        """The time in UTC by this machine's clock, which is compared with the storage's."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back; for durations, never for dates."""
        return time.monotonic()

    def new_id(self) -> str:
        """A random id: 32 lower-case hexadecimal digits."""
        return uuid.uuid4().hex
