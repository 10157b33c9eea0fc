"""What a push writes otherwise than the service has it: key vaults, and the account's location."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from shared.model.integration_account import Child
from shared.model.problem import Code, Problem
from shared.model.push import VaultChange
from shared.model.wire import JsonObject, JsonValue
from shared.rules.integration_accounts.resources import RESOURCE
from shared.rules.naming import shown
from shared.rules.trading import member

_VAULT = re.compile(
    r"/subscriptions/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/resourcegroups/[\w.()-]{1,90}"
    r"/providers/microsoft\.keyvault/vaults/[a-z0-9-]{3,24}"
)
_VAULT_FORM = (
    "/subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.KeyVault/vaults/<name>"
)


def vault_key(vault: str) -> str:
    """The same for every spelling of a vault's id."""
    return vault.rstrip("/").lower()


@dataclass(frozen=True, slots=True)
class VaultKey:
    """The key in a vault that a certificate's private part is."""

    vault: str
    """The vault's ARM id, as it is spelt in the document; empty where the document has none."""
    name: str
    version: str
    """Empty for the newest."""


def key_of(document: JsonObject) -> VaultKey | None:
    """The key that a certificate names, None where it names none."""
    key = member(document, "key")
    name = _text(member(key, "keyName"))
    vault = _text(member(member(key, "keyVault"), "id"))
    if not name and not vault:
        return None
    return VaultKey(vault, name, _text(member(key, "keyVersion")))


@dataclass(frozen=True)
class Changes:
    """What is otherwise in the account than in the service."""

    location: str
    """The account's: its resources are where it is."""
    vaults: Mapping[str, str]
    """``vault_key`` of a vault → the id of the one in its place."""

    @staticmethod
    def of(location: str, vaults: Sequence[VaultChange]) -> "Changes":
        """Those that a request asks for."""
        return Changes(location, {vault_key(one.from_): one.to.rstrip("/") for one in vaults})

    def applied(self, child: Child, document: JsonObject) -> JsonObject:
        """A document as it is written to the account.

        Of a key in another vault the newest version counts: each vault gives its versions ids of
        its own.
        """
        beside = document.get(RESOURCE)
        spelt = _spelt(beside, "location")
        if isinstance(beside, dict) and spelt in beside and self.location:
            document = {**document, RESOURCE: {**beside, spelt: self.location}}
        if child is not Child.CERTIFICATES:
            return document
        to = self._in_place_of(document)
        name = _spelt(document, "key")
        key = document.get(name)
        return {**document, name: _moved(key, to)} if to and isinstance(key, dict) else document

    def loses_version(self, document: JsonObject) -> bool:
        """Whether a certificate names a version of its key that is left out."""
        key = key_of(document)
        return key is not None and bool(key.version) and bool(self._in_place_of(document))

    def _in_place_of(self, document: JsonObject) -> str:
        key = key_of(document)
        return self.vaults.get(vault_key(key.vault), "") if key is not None else ""


def _moved(key: JsonObject, to: str) -> JsonObject:
    vault = _spelt(key, "keyVault")
    kept: JsonObject = {name: one for name, one in key.items() if name.lower() != "keyversion"}
    kept[vault] = {"id": to}
    return kept


def wrong_vaults(changes: Sequence[VaultChange], named: Collection[str]) -> Iterator[Problem]:
    """What is wrong with the vaults that a request names.

    :param named: ``vault_key`` of each vault that a certificate of the push names.
    """
    told: set[str] = set()
    for index, change in enumerate(changes):
        for where, vault in (("from", change.from_), ("to", change.to)):
            if _VAULT.fullmatch(vault_key(vault)) is None:
                yield Problem(
                    Code.INVALID_REQUEST,
                    f"'{shown(vault)}' is no ARM id of a key vault, which looks like "
                    f"{_VAULT_FORM}; show it with: az keyvault show -n … --query id",
                    f"/keyVaults/{index}/{where}",
                )
        before = vault_key(change.from_)
        if before in told:
            yield Problem(
                Code.INVALID_REQUEST,
                f"'{shown(change.from_)}' is there twice. Name one vault in its place.",
                f"/keyVaults/{index}/from",
            )
        elif before not in named and _VAULT.fullmatch(before):
            yield Problem(
                Code.INVALID_REQUEST,
                f"No certificate that is pushed has its key in '{shown(change.from_)}'. Look at "
                "key.keyVault.id of the certificates, or leave it out.",
                f"/keyVaults/{index}/from",
            )
        told.add(before)


def _spelt(holder: JsonValue, name: str) -> str:
    if not isinstance(holder, dict) or name in holder:
        return name
    return next((key for key in holder if key.lower() == name.lower()), name)


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""
