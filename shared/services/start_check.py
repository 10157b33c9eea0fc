"""What a started app cannot use, told once a process: a look at all that its settings name."""

import logging

from shared.clock import Clock
from shared.services.health import DeepHealth
from shared.storage.patience import answering

log = logging.getLogger("interkeep.health")


class StartCheck:
    """Asks storage, queue and keys once, and logs what does not answer."""

    def __init__(self, health: DeepHealth, clock: Clock) -> None:
        self._health = health
        self._clock = clock
        self._asked = False

    async def once(self) -> None:
        """Ask, if nobody did in this process. Nothing is raised, and nothing stops working."""
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
