"""The keys that the settings name."""

from shared.clock import Clock
from shared.sealing.keys_at_hand import KeysAtHand
from shared.sealing.local import LocalKey
from shared.sealing.sealing_key import SealingKey
from shared.sealing.vault_clients import VaultClients
from shared.sealing.vault_key import PROVIDER as KEY_VAULT
from shared.sealing.vault_key import VaultKey
from shared.settings.environment import SEALED, WRAPPED, Settings, purpose_of


def keys_of(settings: Settings, vaults: VaultClients, clock: Clock) -> KeysAtHand:
    """The current keys and the former ones, each with its own provider; no vault is called yet."""

    def key(named: bytes | str | None) -> SealingKey:
        assert named, "the settings were checked"
        return LocalKey(named) if isinstance(named, bytes) else VaultKey(named, vaults, clock)

    former: dict[str, list[SealingKey]] = {"": [], WRAPPED: [], SEALED: []}
    for one in settings.sealing_keys_former:
        purpose, named = purpose_of(one)
        former[purpose].append(key(named))
    if settings.key_provider == KEY_VAULT:
        wrapping, sealing = key(settings.sealing_key_id), key(settings.seal_key_id)
    else:
        wrapping = sealing = key(settings.sealing_key)
    return KeysAtHand(
        wrapping,
        sealing,
        former[""],
        former_wrapping=former[WRAPPED],
        former_sealing=former[SEALED],
    )
