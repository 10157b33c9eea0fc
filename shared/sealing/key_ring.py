"""The data keys of services, unwrapped once and cached in the process."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable

from shared.model.problem import Code, Problem
from shared.model.seals import WrappedKey
from shared.sealing.data_key import DataKey
from shared.sealing.provider import KeyProvider

_KEPT = 1000
"""Most data keys that are cached; each takes 32 bytes and a cipher."""


class KeyRing:
    """Data keys by service id.

    :param load: reads the wrapped key of a service, None if it has none.
    """

    def __init__(
        self, provider: KeyProvider, load: Callable[[str], Awaitable[WrappedKey | None]]
    ) -> None:
        self.provider = provider
        self._load = load
        self._kept: OrderedDict[str, DataKey] = OrderedDict()

    async def data_key(self, service_id: str) -> DataKey:
        """The data key of a service.

        :raises Problem: KeyUnavailable if the sealing key is not available, ServiceNotFound if the
            service was deleted.
        """
        found = await self.find(service_id)
        if found is None:
            raise Problem(Code.SERVICE_NOT_FOUND, "The service was deleted meanwhile.")
        return found

    async def find(self, service_id: str) -> DataKey | None:
        """As ``data_key``; None for a service that has none: it was deleted, or is not created
        yet."""
        kept = self._kept.get(service_id)
        if kept is not None:
            self._kept.move_to_end(service_id)
            return kept
        wrapped = await self._load(service_id)
        if wrapped is None:
            return None
        key = DataKey(service_id, await self.provider.unwrap(wrapped))
        self._kept[service_id] = key
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return key

    async def new_key(self, service_id: str) -> tuple[DataKey, WrappedKey]:
        """A random data key for a service that is being created, and its wrapped form, which is
        stored."""
        key = DataKey.new()
        return DataKey(service_id, key), await self.provider.wrap(key)
