"""Other versions of the vault keys that the settings name.

When a deployment names a new version of a key, what was made with the former one must still be
usable. So opening and checking also accept other versions of a key whose vault and name are in the
settings. Of an id in a row or a descriptor, only the version is used, which is 32 hexadecimal
digits: such an id cannot lead to another key or vault. SECURITY.md has the reasons.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable

from shared.sealing.sealing_key import SealingKey
from shared.sealing.vault_key import VaultKey

_VERSION = re.compile(r"[0-9a-f]{32}")
_KEPT = 100
"""Most versions that are cached: a backup account may contain any number of invented ids."""


class OtherVersions:
    """Finds other versions of keys.

    :param named: the keys of the settings; those that are not in a vault have no versions.
    """

    def __init__(self, named: Iterable[SealingKey]) -> None:
        self._named = {key.versionless: key for key in named if isinstance(key, VaultKey)}
        self._kept: OrderedDict[str, VaultKey] = OrderedDict()

    def find(self, key_id: str) -> VaultKey | None:
        """The version of a named key that has this id; None if the id is not of such a key."""
        kept = self._kept.get(key_id)
        if kept is not None:
            self._kept.move_to_end(key_id)
            return kept
        versionless, _, version = key_id.rpartition("/")
        named = self._named.get(versionless)
        if named is None or _VERSION.fullmatch(version) is None:
            return None
        found = self._kept[key_id] = named.other_version(version)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return found
