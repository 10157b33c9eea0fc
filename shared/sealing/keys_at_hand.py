"""The keys of the settings: the current ones wrap and seal, all of them open and check.

A row or a descriptor names a key by its id, which selects among these, and among the versions of
those that are in a vault (versions.py). It is used for nothing else: never as an address, whatever
a descriptor says.
"""

from collections.abc import Sequence

from shared.model.keys import Seal, WrappedKey
from shared.model.problem import Problem
from shared.sealing.sealing_key import SealingKey, does_not_fit, key_unavailable
from shared.sealing.versions import OtherVersions


class KeysAtHand:
    """See KeyProvider.

    :param wrapping: wraps.
    :param sealing: seals; may be the same.
    :param former: keys that did so before, of whatever provider.
    """

    def __init__(
        self, wrapping: SealingKey, sealing: SealingKey, former: Sequence[SealingKey] = ()
    ) -> None:
        self._wrapping = wrapping
        self._sealing = sealing
        self._keys = {key.id: key for key in (*former, sealing, wrapping)}
        # What now seals never opened anything, nor did what now wraps ever seal.
        self._opening = OtherVersions([*former, wrapping])
        self._checking = OtherVersions([*former, sealing])

    def __repr__(self) -> str:
        return f"KeysAtHand({', '.join(self._keys)})"

    @property
    def wrapping_key_id(self) -> str:
        """See KeyProvider."""
        return self._wrapping.id

    async def probe(self, key_id: str) -> None:
        """See KeyProvider."""
        try:
            key = self._key(key_id, self._opening)
        except Problem:
            key = self._key(key_id, self._checking)
        await key.probe()

    async def wrap(self, key: bytes) -> WrappedKey:
        """See KeyProvider."""
        return WrappedKey(
            key_provider=self._wrapping.provider,
            key_id=self._wrapping.id,
            wrapped_key=await self._wrapping.wrap(key),
        )

    async def unwrap(self, wrapped: WrappedKey) -> bytes:
        """See KeyProvider."""
        key = self._key(wrapped.key_id, self._opening)
        if wrapped.key_provider != key.provider:
            raise does_not_fit(key.id)
        return await key.unwrap(wrapped.wrapped_key)

    async def seal(self, digest: str) -> Seal:
        """See KeyProvider."""
        return Seal(
            algorithm=self._sealing.seal_algorithm,
            key_id=self._sealing.id,
            value=await self._sealing.seal(digest),
        )

    async def check(self, digest: str, seal: Seal) -> bool:
        """See KeyProvider. The key says how it seals, not the descriptor."""
        key = self._key(seal.key_id, self._checking)
        if seal.algorithm != key.seal_algorithm:
            return False
        return await key.check(digest, seal.value)

    def _key(self, wanted: str, versions: OtherVersions) -> SealingKey:
        key = self._keys.get(wanted) or versions.find(wanted)
        if key is None:
            raise key_unavailable(
                wanted,
                "It is none of this app's keys. Add it to SEALING_KEYS_FORMER and restart.",
            )
        return key
