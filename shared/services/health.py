"""Deep health: whether storage, queue and keys are usable, when each was asked and how long its
answer took, and which keys are needed."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from azure.core.exceptions import AzureError

from shared.blobs.accounts import Accounts, containers
from shared.clock import Clock
from shared.model.problem import Problem
from shared.model.wire import JsonObject, JsonValue, rfc3339
from shared.sealing.provider import KeyProvider
from shared.state.configuration import Configuration
from shared.state.history import History
from shared.state.left_behind_index import LeftBehindIndex
from shared.state.services import Directory
from shared.storage.clients import MessageQueue
from shared.storage.refusals import Said, expecting, meaning

_MOST_SECONDS = 60
"""Time limit of one check; all of them run concurrently."""

_AT_ONCE = 16
"""Services that are read concurrently."""

_MOST_LISTED = 100
"""The most operations left behind that are listed; a count says how many there are."""

_TIMES = ("checkedAt", "milliseconds")
"""What every result has: when it was asked, and how long that took."""

_PROBE_DIGEST = "0" * 64

log = logging.getLogger("interkeep.health")


@dataclass(frozen=True)
class DeepHealth:
    """Checks everything that an operation needs."""

    directory: Directory
    history: History
    accounts: Accounts
    queue: MessageQueue
    provider: KeyProvider
    configuration: Configuration
    left: LeftBehindIndex
    clock: Clock
    most_services: int = 10_000
    """The most services whose wrapping key is read: one call each."""
    most_backups: int = 50_000
    """The most backups whose needed keys are read: some hundred calls."""

    async def report(self) -> tuple[bool, JsonObject]:
        """Whether everything is usable, and the report.

        A key that backups or services need and that cannot be used counts as a failure too: those
        backups cannot be restored, and those services' secrets cannot be opened.
        """
        results = await self.checks()
        (keys, keys_well), left = await asyncio.gather(self._keys(), self._left_behind())
        well = keys_well and all(result["status"] == "ok" for result in results)
        return well, {
            "status": "ok" if well else "failing",
            "checks": [*results],
            "keys": keys,
            "leftBehind": left,
        }

    async def checks(self) -> list[JsonObject]:
        """Everything that an operation needs, each with ``name``, ``status``, when it was asked
        (``checkedAt``), how many ``milliseconds`` that took, and ``error`` if it failed."""
        asked: dict[str, Callable[[], Awaitable[None]]] = {
            "stateTables": self._tables,
            "queue": self._queue,
            **{f"storageAccount/{a}": self._account(a) for a in self.accounts.aliases},
            "wrappingKey": self._wrapping,
            "sealKey": self._seal,
        }
        return await asyncio.gather(*(self._checked(name, ask) for name, ask in asked.items()))

    async def _tables(self) -> None:
        await anext(self.directory.pages(size=1), None)

    async def _queue(self) -> None:
        with expecting(Said.GONE):  # it is created with the first message
            await self.queue.client.get_queue_properties()

    def _account(self, alias: str) -> Callable[[], Awaitable[None]]:
        async def ask() -> None:
            await containers(self.accounts.require(alias, "storageAccount"), "", 1)

        return ask

    async def _wrapping(self) -> None:
        await self.provider.unwrap(await self.provider.wrap(b"\0" * 32))

    async def _seal(self) -> None:
        await self.provider.check(_PROBE_DIGEST, await self.provider.seal(_PROBE_DIGEST))

    async def _keys(self) -> tuple[JsonObject, bool]:
        """The keys that stored backups and services need, and whether each is available."""
        taken = self._stopwatch()
        try:
            async with asyncio.timeout(_MOST_SECONDS):
                (backups, all_backups), (services, all_services) = await asyncio.gather(
                    self._needed_by_backups(), self._needed_by_services()
                )
        except Exception as error:  # noqa: BLE001 - any error is a result of the check
            log.warning("deep health: the keys that are needed: %s", error)
            return {**taken(), "error": _said(error)}, False
        asked = [
            self._checked(key_id, partial(self.provider.probe, key_id))
            for key_id in sorted({*backups, *services})
        ]
        found = await asyncio.gather(*asked)
        well = all(one["status"] == "ok" for one in found)
        return {
            **taken(),
            "wrapping": self.provider.wrapping_key_id,
            "neededByBackups": _listed(found, backups, "backups"),
            "neededByServices": _listed(found, services, "services"),
            "complete": all_backups and all_services,
        }, well

    async def _left_behind(self) -> JsonObject:
        """What recovery could not finish: for an operator to look at, but not a failure by
        itself."""
        listed: list[JsonValue] = []
        count = 0
        taken = self._stopwatch()
        try:
            async with asyncio.timeout(_MOST_SECONDS):
                async for page in self.left.pages():
                    count += len(page)
                    listed += [one.to_json() for one in page[: _MOST_LISTED - len(listed)]]
        except Exception as error:  # noqa: BLE001 - any error is a result of the check
            log.warning("deep health: what was left behind: %s", error)
            return {**taken(), "error": _said(error)}
        return {**taken(), "count": count, "operations": listed}

    async def _checked(self, name: str, ask: Callable[[], Awaitable[None]]) -> JsonObject:
        taken = self._stopwatch()
        try:
            async with asyncio.timeout(_MOST_SECONDS):
                await ask()
        except Exception as error:  # noqa: BLE001 - any error is a result of the check
            log.warning("deep health: %s: %s", name, error)
            return {"name": name, "status": "failing", **taken(), "error": _said(error)}
        return {"name": name, "status": "ok", **taken()}

    def _stopwatch(self) -> Callable[[], JsonObject]:
        """Begins now; says when that was, and how many milliseconds ago."""
        at, began = rfc3339(self.clock.now()), self.clock.monotonic()
        return lambda: {
            "checkedAt": at,
            "milliseconds": round((self.clock.monotonic() - began) * 1000),
        }

    async def _needed_by_backups(self) -> tuple[Counter[str], bool]:
        """How many backups need each key, and whether all backups were read."""
        needed: Counter[str] = Counter()
        backups = 0
        async for key_ids in self.history.key_ids():
            if backups == self.most_backups:
                return needed, False
            backups += 1
            needed.update(key_ids)
        return needed, True

    async def _needed_by_services(self) -> tuple[Counter[str], bool]:
        """How many services need each key, and whether all services were read."""
        needed: Counter[str] = Counter()
        services = 0
        async for page in self.directory.pages():
            for start in range(0, len(page), _AT_ONCE):
                if services >= self.most_services:
                    return needed, False
                some = page[start : start + _AT_ONCE]
                services += len(some)
                keys = await asyncio.gather(
                    *(self.configuration.key(listed.service.id) for listed in some)
                )
                needed.update(key.key_id for key in keys if key is not None)
        return needed, True


def _listed(found: Sequence[JsonObject], needed: Counter[str], what: str) -> list[JsonValue]:
    """Those of the checked keys that something needs."""
    return [
        {
            "keyId": one["name"],
            what: needed[str(one["name"])],
            "atHand": one["status"] == "ok",
            **{member: one[member] for member in (*_TIMES, "error") if member in one},
        }
        for one in found
        if one["name"] in needed
    ]


def _said(error: BaseException) -> str:
    """The error without what a caller must not see (addresses, credentials)."""
    if isinstance(error, Problem):
        return error.message
    if isinstance(error, AzureError):
        return f"{meaning(error)}."
    if isinstance(error, TimeoutError):
        return f"It did not answer within {_MOST_SECONDS} seconds."
    return f"{type(error).__name__}. The log of the app tells more."
