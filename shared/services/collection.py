"""Deleting content that no artifact refers to: it is marked first, and deleted a day later.

What must hold, whatever runs at the same time:

- A PUT of bytes that exist rewrites their metadata, and so their ETag, before it writes their
    reference. The collector marks and deletes on the condition of the ETag in its listing, which it
    reads before the references: a PUT after that makes the delete fail.
- A backup reads the references first and copies the bytes later. The collector checks which
    services have an operation after it has read the references: a backup that begins after that
    finds the same references.
- A service that is being restored or deleted writes bytes and rows in another order: it is skipped.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from shared.blobs.content_listing import ContentListing, ListedContent, PlaceUnknown
from shared.operations.under_way import record_of
from shared.rules.collection import Step, step
from shared.state.configuration import Configuration, Phase
from shared.state.content_references import ContentReferences
from shared.state.cursors import Cursors
from shared.state.operations import InFlightIndex, Operations
from shared.state.services import Directory
from shared.storage.tables import SchemaTooNew

PAGES = 20
"""The most pages of blobs that one run reads."""

PAGE_BLOBS = 500
_CURSOR = "content"

log = logging.getLogger("interkeep.management")


@dataclass(frozen=True)
class CollectionStores:
    """What the collector reads, and the blobs that it marks and deletes."""

    content: ContentListing
    configuration: Configuration
    references: ContentReferences
    directory: Directory
    in_flight: InFlightIndex
    records: Operations
    cursors: Cursors
    installation: Callable[[], Awaitable[str]]
    """Returns the id of this installation."""


class Collector:
    """Deletes content that nothing refers to, a bounded amount a run."""

    def __init__(
        self, stores: CollectionStores, *, pages: int = PAGES, page_blobs: int = PAGE_BLOBS
    ) -> None:
        self._stores = stores
        self._pages = pages
        self._page_blobs = page_blobs

    async def run(self) -> int:
        """Process the next pages, from where the last run stopped; return how many blobs were
        deleted."""
        stores = self._stores
        owner = await stores.content.owner()
        if owner is None:
            return 0
        if owner != await stores.installation():
            log.warning("the content store was made by the installation '%s': left alone", owner)
            return 0
        place, _ = await stores.cursors.get(_CURSOR)
        removed = pages = 0
        try:
            async for page in stores.content.pages(place, self._page_blobs):
                removed += await self._collect(page.blobs)
                place, pages = page.following, pages + 1
                if pages == self._pages:
                    break
        except PlaceUnknown:
            log.warning("the content's listing begins anew: its place is not known any more")
            place = ""
        await stores.cursors.put(_CURSOR, (place, ""))
        if removed:
            log.info("collected: %d blobs that no artifact referred to", removed)
        return removed

    async def _collect(self, blobs: Sequence[ListedContent]) -> int:
        steps: list[tuple[ListedContent, Step]] = []
        for service_id, listed in groupby(blobs, lambda blob: blob.service_id):
            try:
                steps += await self._steps(service_id, list(listed))
            except SchemaTooNew as error:
                log.error("the content of service %s is left alone: %s", service_id, error)
        todo = [(blob, what) for blob, what in steps if what is not Step.KEEP]
        if not todo:
            return 0
        busy = await self._busy()
        removed = 0
        for blob, what in todo:
            if blob.service_id not in busy:
                removed += await self._do(blob, what)
        return removed

    async def _steps(
        self, service_id: str, blobs: Sequence[ListedContent]
    ) -> list[tuple[ListedContent, Step]]:
        if not await self._is_settled(service_id):
            return []
        asked = {blob.sha256 for blob in blobs}
        named: set[str] = set()
        async for page in self._stores.references.pages(service_id):
            named |= page & asked
        return [(b, step(referenced=b.sha256 in named, marked=b.marked, age=b.age)) for b in blobs]

    async def _is_settled(self, service_id: str) -> bool:
        """Whether the references of a service are complete: it exists, or was deleted for good.

        Those of a pull that is half written are in its staged rows, which name content too.
        """
        head = await self._stores.configuration.head(service_id)
        if head is not None:
            return head.phase is Phase.OPEN and not head.stage
        # A service that is in the directory without a configuration was not deleted.
        async for page in self._stores.directory.pages():
            if any(listed.service.id == service_id for listed in page):
                return False
        return True

    async def _busy(self) -> set[str]:
        """The ids of the services that have an operation in progress."""
        found: set[str] = set()
        async for page in self._stores.in_flight.pages():
            for entry in page:
                record = await record_of(self._stores.records, entry.service, entry.operation_id)
                if record is not None and record.operation.service_id:
                    found.add(record.operation.service_id)
        return found

    async def _do(self, blob: ListedContent, what: Step) -> int:
        match what:
            case Step.MARK:
                await self._stores.content.mark(blob)
            case Step.UNMARK:
                await self._stores.content.unmark(blob)
            case Step.DELETE:
                return int(await self._stores.content.remove(blob))
        return 0
