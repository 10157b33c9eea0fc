"""Keys in vaults that certificates of a push need, against what the account can see of a vault."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from shared.model.operation import Warning
from shared.model.problem import Code, Problem
from shared.model.sections import Section
from shared.model.wire import JsonObject
from shared.rules.integration_accounts.push_changes import VaultKey, vault_key
from shared.rules.integration_accounts.push_undo import key_is_gone
from shared.rules.naming import LONGEST_ID, shown, some
from shared.rules.trading import member

_NAMED = 100
"""Most certificates that are told one by one."""
_SAID = 5
"""Certificates that a message names."""


@dataclass(frozen=True, slots=True)
class KeyInVault:
    """A key as ``listKeyVaultKeys`` tells it."""

    name: str
    enabled: bool


def listed(values: Iterable[JsonObject]) -> Iterator[KeyInVault]:
    """The keys of a page of ``listKeyVaultKeys``.

    :param values: the elements of its ``value``.
    """
    for value in values:
        kid = member(value, "kid")
        parts = kid.split("/") if isinstance(kid, str) else []
        if "keys" in parts[:-1]:
            enabled = member(member(value, "attributes"), "enabled")
            yield KeyInVault(parts[parts.index("keys") + 1], enabled is not False)


@dataclass
class VaultKeys:
    """Which certificates of a push, and of its undo, need which keys, and what is known of the
    vaults."""

    _wanted: dict[str, list[tuple[str, VaultKey]]] = field(default_factory=dict)
    _touched: dict[str, list[tuple[str, VaultKey]]] = field(default_factory=dict)
    """Those of the account that are replaced or deleted, with the keys that they have there."""
    _spelt: dict[str, str] = field(default_factory=dict)
    _problems: list[Problem] = field(default_factory=list)
    _warnings: list[Warning] = field(default_factory=list)

    def add(self, certificate: str, key: VaultKey) -> None:
        """Tell the key of a certificate, as it is written."""
        vault = vault_key(key.vault)
        self._spelt.setdefault(vault, key.vault)
        self._wanted.setdefault(vault, []).append((certificate, key))

    def add_touched(self, certificate: str, key: VaultKey) -> None:
        """Tell the key of a certificate that the account has, and that is replaced or deleted."""
        vault = vault_key(key.vault)
        self._spelt.setdefault(vault, key.vault)
        self._touched.setdefault(vault, []).append((certificate, key))

    @property
    def vaults(self) -> tuple[str, ...]:
        """The ids of all vaults that are to be looked at, sorted."""
        return tuple(self._spelt[vault] for vault in sorted(self._spelt) if vault)

    def look_at(self, vault: str, keys: Iterable[KeyInVault]) -> None:
        """Tell all keys that the account sees in a vault."""
        known: Mapping[str, KeyInVault] = {key.name.lower(): key for key in keys}
        for certificate, wanted in self._wanted.get(vault_key(vault), []):
            if how := _lack(known.get(wanted.name.lower())):
                self._problems.append(_missing(certificate, wanted, how))
        for certificate, had in self._touched.get(vault_key(vault), []):
            if how := _lack(known.get(had.name.lower())):
                path = f"{Section.CERTIFICATES}/{shown(certificate)}"
                gone = key_is_gone(path, shown(had.name), shown(had.vault, LONGEST_ID), how)
                self._warnings.append(gone)

    def not_checked(self, vault: str, why: str) -> None:
        """Tell that a vault's keys cannot be listed.

        :param why: for a person, a whole sentence.
        """
        of = vault_key(vault)
        wanted = [*self._wanted.get(of, []), *self._touched.get(of, [])]
        certificates = dict.fromkeys(certificate for certificate, _ in wanted)
        names = some([f"'{shown(certificate)}'" for certificate in certificates], _SAID)
        self._warnings.append(
            Warning(
                code="KeysNotChecked",
                message=f"Whether {shown(vault, LONGEST_ID)} has the keys of the certificates "
                f"{names} was not checked: {why} Azure refuses a certificate whose key the account "
                "cannot see: let the identity of Logic Apps read the vault.",
                target=Section.CERTIFICATES,
            )
        )

    def end(self) -> tuple[list[Problem], list[Warning]]:
        """What forbids the push, and what surprises."""
        more = len(self._problems) - _NAMED
        problems = self._problems[:_NAMED]
        if more > 0:
            problems.append(
                Problem(
                    Code.ARTIFACT_NOT_FOUND,
                    f"The keys of {more} more certificates are not in their vaults either.",
                    "/keyVaults",
                )
            )
        return problems, list(self._warnings)


def _lack(found: KeyInVault | None) -> str:
    """What is wrong with a key in a vault; empty for nothing."""
    if found is None:
        return "has no key of that name"
    return "" if found.enabled else "has it disabled"


def _missing(certificate: str, key: VaultKey, how: str) -> Problem:
    return Problem(
        Code.ARTIFACT_NOT_FOUND,
        f"The certificate '{shown(certificate)}' needs the key '{shown(key.name)}', and the vault "
        f"{shown(key.vault, LONGEST_ID)} {how}. Import it there, name the vault that has it "
        "in keyVaults, or exclude the certificate.",
        "/keyVaults",
    )
