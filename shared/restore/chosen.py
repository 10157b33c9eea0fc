"""What a restore was asked for, secrets and all, from the request to the worker.

The key that seals it is the data key that the restored service will have; both wait beside the
operation's record until the work begins.
"""

from dataclasses import dataclass

from shared.management.documents import SERVICE, open_document
from shared.model.keys import WrappedKey
from shared.model.wire import JsonObject
from shared.sealing.data_key import DataKey
from shared.sealing.key_ring import KeyRing
from shared.state.operations import Operations


@dataclass(frozen=True)
class Chosen:
    """The key of the service that comes into being, and how it rests."""

    service_id: str
    key: DataKey
    wrapped: WrappedKey
    service: JsonObject
    """The request's member ``service``, secrets in the clear."""

    @staticmethod
    async def new(keys: KeyRing, service_id: str) -> "Chosen":
        """For a restore that begins.

        :raises Problem: KeyUnavailable, KeyVaultUnavailable.
        """
        key, wrapped = await keys.new_key(service_id)
        return Chosen(service_id, key, wrapped, {})

    @staticmethod
    async def known(
        records: Operations, keys: KeyRing, service: str, operation_id: str | None
    ) -> "Chosen | None":
        """Of a restore that was started under an id; None where there is none.

        :raises Problem: KeyUnavailable, KeyVaultUnavailable.
        """
        found = await records.find(service, operation_id) if operation_id else None
        request = await records.request(service, operation_id) if operation_id else None
        if found is None or request is None or "key" not in request:
            return None
        wrapped = WrappedKey.model_validate(request["key"])
        service_id = str(found[0].operation.service_id)
        key = DataKey(service_id, await keys.provider.unwrap(wrapped))
        sealed = request["service"]
        assert isinstance(sealed, dict)
        return Chosen(service_id, key, wrapped, open_document(key, SERVICE, SERVICE, sealed))

    def request(self, sealed: JsonObject) -> JsonObject:
        """What is kept beside the operation's record.

        :param sealed: the request's member ``service``, secrets sealed with the key.
        """
        return {"key": self.wrapped.to_json(), "service": sealed}
