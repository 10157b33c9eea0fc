"""Writing what a pull staged: forward only, from the staged rows alone, by whoever gets to it.

Of each transaction, the artifacts, their staged rows and the head go together. What belongs to an
artifact elsewhere (the log of drift, an ended right to issue numbers) is written before it, so that
a crash repeats that and loses nothing.
"""

from datetime import datetime

from shared.integration_accounts.pulling.noting import Notes, Seen
from shared.integration_accounts.pulling.session_writing import SessionWriter
from shared.integration_accounts.pulling.sessions import SESSION, Found
from shared.integration_accounts.pulling.stores import PullStores
from shared.model.sections import Section
from shared.model.service import Service
from shared.model.wire import JsonObject, rfc3339
from shared.numbers.claims import release
from shared.rules.problems import service_deleted
from shared.state.configuration import Head, Phase
from shared.state.drift import Drifted
from shared.state.edits import PutSettings
from shared.state.staging import Staged
from shared.storage.tables import RowChanged

ACCOUNT = "account"
"""The key of what the settings are to say of the account."""


_VAIN_TRIES = 5
"""Tries that are refused although nobody changed the head: then something else is wrong, and the
operation's next attempt looks again."""


class StagedWriter:
    """Writes what was staged into a service."""

    def __init__(self, stores: PullStores, service: Service) -> None:
        self._stores = stores
        self._service = service

    async def write(self, head: Head) -> Head:
        """Write all that the head's stage has, and unmark the head. Idempotent.

        :raises Problem: ServiceNotFound if the service is being deleted.
        """
        stage, vain = head.stage, 0
        while head.stage == stage:
            try:
                head = await self._all(head)
            except RowChanged:  # a settings update in between, or another worker was quicker
                before, head = head.etag, await self._head_again()
                vain = vain + 1 if head.etag == before else 0
                if vain > _VAIN_TRIES:
                    raise
        return head

    async def _all(self, head: Head) -> Head:
        stage, staging, service_id = head.stage, self._stores.staging, self._service.id
        summary = await staging.summary(service_id)
        found_at = summary.found_at if summary else self._stores.clock.now()
        drifts = summary.drifts if summary else False
        async for artifacts in staging.artifacts(service_id, stage):
            await self._beside(artifacts, stage, found_at, drifts=drifts)
            head = await staging.write(service_id, head, artifacts)
        key = await self._stores.keys.data_key(service_id)
        is_first = not drifts
        if summary is not None and Seen.model_validate(summary.seen).sessions_known:
            is_first = False
        sessions = SessionWriter(self._stores, self._service, key, found_at, first=is_first)
        async for values in staging.values(service_id, stage):
            for one in values:
                if one.key == ACCOUNT:
                    head = await self._write_account(head, one.value)
            await sessions.write([Found.of(v) for v in values if v.key.startswith(SESSION)])
            await staging.drop_values(service_id, stage, values)
        if summary is not None:
            await Notes(self._stores, self._service).done(summary)
        return await staging.unmark(service_id, head)

    async def _write_account(self, head: Head, member: JsonObject) -> Head:
        """Write what the service's settings say of its account; the others stay."""
        settings = await self._stores.configuration.settings(self._service.id)
        document = {**(settings.document if settings else {}), **member}
        edit = PutSettings(document, rfc3339(self._stores.clock.now()), head.stage)
        return (await self._stores.configuration.change(self._service.id, head, [edit]))[0]

    async def _beside(
        self, artifacts: list[Staged], operation: str, found_at: datetime, *, drifts: bool
    ) -> None:
        if drifts:
            entries = [
                Drifted(found_at, operation, one.section, one.name, one.drift) for one in artifacts
            ]
            await self._stores.drift.put_all(self._service.id, entries)
        for one in artifacts:
            if not one.gone:
                continue
            if one.section is Section.AGREEMENTS:
                await release(self._stores.ledger, service=self._service.name, agreement=one.name)
            if one.section is Section.BATCHES:
                await self._stores.batches.drop(self._service.id, one.name)

    async def _head_again(self) -> Head:
        """The head as another writer left it.

        :raises Problem: ServiceNotFound if the service is being deleted.
        """
        head = await self._stores.configuration.head(self._service.id)
        if head is None or head.phase is not Phase.OPEN:
            raise service_deleted(self._service.name)
        return head
