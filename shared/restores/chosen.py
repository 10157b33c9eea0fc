"""The request of a restore, including its secrets, on its way to the worker.

It is sealed with the data key that the restored service will have; both are stored with the
operation's record until the work begins.
"""

from dataclasses import dataclass, field

from shared.model.operation import Operation
from shared.model.restore import RestoreBody
from shared.model.seals import WrappedKey
from shared.model.wire import JsonObject
from shared.sealing.data_key import DataKey
from shared.sealing.key_ring import KeyRing
from shared.state.operations import Operations

_SEALED_AS = "restore"
"""The section and name to which the sealed request is bound."""


@dataclass(frozen=True)
class Chosen:
    """The request, and the key of the service that will be created, plain and wrapped."""

    service_id: str
    key: DataKey = field(repr=False)
    wrapped: WrappedKey
    body: RestoreBody | None = None
    """The request, secrets in the clear; None while it is unknown."""

    @property
    def service(self) -> JsonObject:
        """The request's member ``service``, secrets in the clear."""
        return self.body.service.to_json() if self.body else {}

    @staticmethod
    async def new(keys: KeyRing, service_id: str) -> "Chosen":
        """A new key, for a restore that begins.

        :raises Problem: KeyUnavailable, KeyVaultUnavailable.
        """
        key, wrapped = await keys.new_key(service_id)
        return Chosen(service_id, key, wrapped)

    @staticmethod
    async def known(
        records: Operations, keys: KeyRing, service: str, operation_id: str | None
    ) -> "Chosen | None":
        """The stored request of a restore that was started under an id; None if there is none.

        :raises Problem: KeyUnavailable, KeyVaultUnavailable.
        """
        found = await records.find(service, operation_id) if operation_id else None
        return await Chosen.of(records, keys, found[0].operation) if found else None

    @staticmethod
    async def of(records: Operations, keys: KeyRing, operation: Operation) -> "Chosen | None":
        """The stored request of a restore; None if there is none.

        :raises Problem: KeyUnavailable, KeyVaultUnavailable.
        """
        request = await records.request(operation.service, operation.id)
        if request is None or "key" not in request:
            return None
        wrapped = WrappedKey.model_validate(request["key"])
        service_id = str(operation.service_id)
        key = DataKey(service_id, await keys.provider.unwrap(wrapped))
        opened = key.open(_SEALED_AS, _SEALED_AS, "", request["body"])
        return Chosen(service_id, key, wrapped, RestoreBody.model_validate(opened))

    def request(self, body: RestoreBody) -> JsonObject:
        """What is stored with the operation's record: the request, sealed as a whole."""
        sealed = self.key.seal(_SEALED_AS, _SEALED_AS, "", body.to_json())
        return {"key": self.wrapped.to_json(), "body": sealed}
