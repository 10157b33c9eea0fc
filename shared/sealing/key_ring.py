"""The data keys of services, unwrapped once and kept while the process lives."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable

from shared.model.problem import Code, Problem
from shared.model.seals import WrappedKey
from shared.sealing.data_key import DataKey
from shared.sealing.provider import KeyProvider

_KEPT = 1000
"""How many data keys the process keeps at hand; 32 bytes each and a cipher."""


class KeyRing:
    """Data keys by service id.

    :param load: reads the wrapped key of a service, None where it has none.
    """

    def __init__(
        self, provider: KeyProvider, load: Callable[[str], Awaitable[WrappedKey | None]]
    ) -> None:
        self.provider = provider
        self._load = load
        self._kept: OrderedDict[str, DataKey] = OrderedDict()

    async def data_key(self, service_id: str) -> DataKey:
        """The data key of a service.

        :raises Problem: KeyUnavailable where the sealing key is not at hand, ServiceNotFound
            where the service is gone.
        """
        found = await self.find(service_id)
        if found is None:
            raise Problem(Code.SERVICE_NOT_FOUND, "The service was deleted meanwhile.")
        return found

    async def find(self, service_id: str) -> DataKey | None:
        """As ``data_key``; None for a service that has none: it is gone, or not made yet."""
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
        """A random data key for a service that comes into being, and what is stored of it."""
        key = DataKey.new()
        return DataKey(service_id, key), await self.provider.wrap(key)
