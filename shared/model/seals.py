"""Wrapped keys and seals, as they are stored in rows and descriptors."""

from shared.model.wire import Stored


class WrappedKey(Stored):
    """A wrapped key, which can be opened only with the provider's key that has this id."""

    key_provider: str
    key_id: str
    """Only selects one of the keys in the settings; never used as an address."""
    wrapped_key: str
    """Base64."""


class Seal(Stored):
    """Proof of who made a backup: a value that only the holder of the sealing key can make."""

    algorithm: str
    key_id: str
    value: str
    """Base64."""
