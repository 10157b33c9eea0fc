"""Versions of vault keys that the settings do not name, of keys that they do.

A new version in the vault, named by the next deployment, must not close what was made with the one
before. So what opens and checks also takes other versions of a key whose vault and name stand in
the settings. Of the id that a row or a descriptor carries, the version alone is taken, and it is 32
hexadecimal digits: no such id leads to another key, or elsewhere. SECURITY.md has the reasons.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable

from shared.sealing.sealing_key import SealingKey
from shared.sealing.vault_key import VaultKey

_VERSION = re.compile(r"[0-9a-f]{32}")
_KEPT = 100
"""How many versions are kept at hand: a backup account may hold any number of made-up ids."""


class OtherVersions:
    """Finds them.

    :param named: keys of the settings; those of no vault have no versions.
    """

    def __init__(self, named: Iterable[SealingKey]) -> None:
        self._named = {key.versionless: key for key in named if isinstance(key, VaultKey)}
        self._kept: OrderedDict[str, VaultKey] = OrderedDict()

    def find(self, key_id: str) -> VaultKey | None:
        """The version of a named key that has this id; None where the id is none of one."""
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
