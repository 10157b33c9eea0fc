"""The keys that the settings name."""

from shared.clock import Clock
from shared.sealing.keys_at_hand import KeysAtHand
from shared.sealing.local import LocalKey
from shared.sealing.sealing_key import SealingKey
from shared.sealing.vault_clients import VaultClients
from shared.sealing.vault_key import PROVIDER as KEY_VAULT
from shared.sealing.vault_key import VaultKey
from shared.settings import Settings


def keys_of(settings: Settings, vaults: VaultClients, clock: Clock) -> KeysAtHand:
    """The current keys and the former ones, each of its own provider; no vault is asked yet."""

    def key(named: bytes | str | None) -> SealingKey:
        assert named, "the settings were checked"
        return LocalKey(named) if isinstance(named, bytes) else VaultKey(named, vaults, clock)

    former = [key(named) for named in settings.sealing_keys_former]
    if settings.key_provider == KEY_VAULT:
        return KeysAtHand(key(settings.sealing_key_id), key(settings.seal_key_id), former)
    current = key(settings.sealing_key)
    return KeysAtHand(current, current, former)
