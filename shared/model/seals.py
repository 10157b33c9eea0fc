"""Keys at rest and seals, as rows and descriptors hold them."""

from shared.model.wire import Stored


class WrappedKey(Stored):
    """A key at rest, readable only with the provider's key of that id."""

    key_provider: str
    key_id: str
    """Only selects among the keys in the settings; never used as an address."""
    wrapped_key: str
    """Base64."""


class Seal(Stored):
    """Who made a backup: a value that only the holder of the sealing key can make."""

    algorithm: str
    key_id: str
    value: str
    """Base64."""
