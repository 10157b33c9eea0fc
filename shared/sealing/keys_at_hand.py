"""The keys of the settings, each for its purpose: keys that wrap also open, keys that seal also
check.

A row or a descriptor names a key by its id, which selects one of these, or a version of one in a
vault (versions.py). The id is not used for anything else, and never as an address, whatever a
descriptor says. Someone who can use only the wrapping key must not be able to make a backup that is
accepted: so a seal is checked only with keys that the settings name for sealing.
"""

from collections.abc import Iterable, Sequence

from shared.model.problem import Problem
from shared.model.seals import Seal, WrappedKey
from shared.sealing.provider import KeyProvider
from shared.sealing.sealing_key import SealingKey, does_not_fit, key_unavailable
from shared.sealing.versions import OtherVersions


class _Named:
    """The keys that are named for one purpose, and their other versions."""

    def __init__(self, keys: Iterable[SealingKey]) -> None:
        self.keys = {key.id: key for key in keys}
        self._versions = OtherVersions(self.keys.values())

    def find(self, key_id: str) -> SealingKey | None:
        """The key with an id, or the version that the id names; None if the id belongs to another
        key."""
        return self.keys.get(key_id) or self._versions.find(key_id)


class KeysAtHand(KeyProvider):
    """The key provider of the settings.

    :param wrapping: the key that wraps.
    :param sealing: the key that seals; may be the same.
    :param former: keys that wrapped or sealed before, of any provider.
    :param former_wrapping: keys that only wrapped.
    :param former_sealing: keys that only sealed.
    """

    def __init__(
        self,
        wrapping: SealingKey,
        sealing: SealingKey,
        former: Sequence[SealingKey] = (),
        *,
        former_wrapping: Sequence[SealingKey] = (),
        former_sealing: Sequence[SealingKey] = (),
    ) -> None:
        self._wrapping = wrapping
        self._sealing = sealing
        self._opening = _Named([*former, *former_wrapping, wrapping])
        self._checking = _Named([*former, *former_sealing, sealing])

    def __repr__(self) -> str:
        return f"KeysAtHand({', '.join(self._opening.keys | self._checking.keys)})"

    @property
    def wrapping_key_id(self) -> str:
        return self._wrapping.id

    async def probe(self, key_id: str) -> None:
        key = self._opening.find(key_id) or self._checking.find(key_id)
        if key is None:
            raise _unknown(key_id)
        await key.probe()

    async def wrap(self, key: bytes) -> WrappedKey:
        return WrappedKey(
            key_provider=self._wrapping.provider,
            key_id=self._wrapping.id,
            wrapped_key=await self._wrapping.wrap(key),
        )

    async def unwrap(self, wrapped: WrappedKey) -> bytes:
        key = self._opening.find(wrapped.key_id)
        if key is None and self._checking.find(wrapped.key_id) is not None:
            raise key_unavailable(
                wrapped.key_id, "The settings name it for sealing only, so it wraps nothing."
            )
        if key is None:
            raise _unknown(wrapped.key_id)
        if wrapped.key_provider != key.provider:
            raise does_not_fit(key.id)
        return await key.unwrap(wrapped.wrapped_key)

    async def seal(self, digest: str) -> Seal:
        return Seal(
            algorithm=self._sealing.seal_algorithm,
            key_id=self._sealing.id,
            value=await self._sealing.seal(digest),
        )

    async def check(self, digest: str, seal: Seal) -> bool:
        """Whether a seal was made for this digest. The algorithm is that of the key, whatever the
        descriptor says.

        A key that is named only for wrapping makes no seals: a seal that names it is forged.
        """
        key = self._checking.find(seal.key_id)
        if key is None and self._opening.find(seal.key_id) is None:
            raise _unknown(seal.key_id)
        if key is None or seal.algorithm != key.seal_algorithm:
            return False
        return await key.check(digest, seal.value)


def _unknown(key_id: str) -> Problem:
    return key_unavailable(
        key_id, "It is none of this app's keys. Add it to SEALING_KEYS_FORMER and restart."
    )
