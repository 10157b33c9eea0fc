"""Active messages of batches: reported by the runtime, and lost where a backup is restored."""

from collections.abc import AsyncIterator

from shared.clock import Clock
from shared.model.condition import Condition, unconditional
from shared.model.sections import Section
from shared.model.service import Service
from shared.model.wire import rfc3339
from shared.rules.problems import artifact_not_found
from shared.rules.states import require_active
from shared.state.batch_activity import BatchActivities, BatchActivity
from shared.state.configuration import Configuration
from shared.storage.versioned import Versioned, optimistic


class Batches:
    """What the runtime reports of batches."""

    def __init__(
        self, *, configuration: Configuration, activities: BatchActivities, clock: Clock
    ) -> None:
        self._configuration = configuration
        self._activities = activities
        self._clock = clock

    def pages(self, service: Service, after: str = "") -> AsyncIterator[list[BatchActivity]]:
        """The reports of a service's batches, a page at a time.

        :param after: the batch after which the first page begins.
        """
        batches = self._configuration.names(service.id, Section.BATCHES, after=after)
        return self._activities.pages(service.id, batches, after)

    @optimistic
    async def report(
        self,
        service: Service,
        batch: str,
        active_messages: int,
        condition: Condition = unconditional,
    ) -> Versioned[BatchActivity]:
        """Record how many messages wait in a batch.

        :raises Problem: ServiceNotActive, ArtifactNotFound if there is no such batch,
            ConditionNotMet.
        """
        require_active(service.name, service.state)
        stored = await self._configuration.artifact(service.id, Section.BATCHES, batch)
        if stored is None:
            raise artifact_not_found(service.name, Section.BATCHES, batch, "batch")
        agreement = stored.value.document.get("agreement")
        activity = BatchActivity(
            stored.value.name,
            agreement if isinstance(agreement, str) else "",
            active_messages,
            rfc3339(self._clock.now()),
        )
        known = await self._activities.get(service.id, batch)
        condition(known.etag if known else None)
        etag = await self._activities.put(service.id, activity, known.etag if known else None)
        return Versioned(activity, etag)
