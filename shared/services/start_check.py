"""Checking at start, once a process, that everything that the settings name is usable."""

import logging

from shared.clock import Clock
from shared.services.health import DeepHealth
from shared.storage.patience import answering

log = logging.getLogger("interkeep.health")


class StartCheck:
    """Checks storage, queue and keys once, and logs what is not usable."""

    def __init__(self, health: DeepHealth, clock: Clock) -> None:
        self._health = health
        self._clock = clock
        self._asked = False

    async def once(self) -> None:
        """Do the check, unless this process has done it. Raises nothing, and stops nothing."""
        if self._asked:
            return
        self._asked = True
        with answering(self._clock.monotonic()):
            checks = await self._health.checks()
        failing = [f"- {one['name']}: {one['error']}" for one in checks if one["status"] != "ok"]
        if failing:
            log.error("StartCheck: the app cannot use what it needs:\n%s", "\n".join(failing))
        else:
            log.info("StartCheck: storage, queue and keys can be used")
