"""What a push writes otherwise than the service has it."""

from shared.model.integration_account import Child
from shared.model.push import VaultChange
from shared.model.wire import JsonObject
from shared.rules.integration_accounts.push_changes import Changes, VaultKey, key_of
from shared.rules.integration_accounts.push_imports import Import, imports
from shared.rules.integration_accounts.push_keys import KeyInVault, listed

VAULT = "/subscriptions/x/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/one"
CHANGES = Changes.of("northeurope", [VaultChange(from_=VAULT.upper() + "/", to="/other/")])


def test_the_location_becomes_the_accounts_where_there_is_one() -> None:
    document: JsonObject = {"a": 1, "$resource": {"Location": "westus", "tags": {"t": "1"}}}
    assert CHANGES.applied(Child.PARTNERS, document) == {
        "a": 1,
        "$resource": {"Location": "northeurope", "tags": {"t": "1"}},
    }
    plain: JsonObject = {"a": 1, "$resource": {"tags": {}}}
    assert CHANGES.applied(Child.PARTNERS, plain) is plain
    assert document["$resource"] == {"Location": "westus", "tags": {"t": "1"}}


def test_a_key_moves_to_the_other_vault_without_its_version() -> None:
    document: JsonObject = {
        "Key": {
            "KeyName": "k",
            "keyVersion": "7",
            "KeyVault": {"id": VAULT, "name": "one", "type": "t"},
        },
        "metadata": {},
    }
    assert CHANGES.loses_version(document)
    assert CHANGES.applied(Child.CERTIFICATES, document) == {
        "Key": {"KeyName": "k", "KeyVault": {"id": "/other"}},
        "metadata": {},
    }
    assert CHANGES.applied(Child.PARTNERS, document) is document
    assert Changes.of("", []).applied(Child.CERTIFICATES, document) is document
    assert not Changes.of("", []).loses_version(document)


def test_the_key_of_a_certificate() -> None:
    assert key_of({"key": {"keyName": "k", "keyVault": {"id": VAULT}}}) == VaultKey(VAULT, "k", "")
    assert key_of({"key": {"keyName": "k", "keyVersion": "1"}}) == VaultKey("", "k", "1")
    for document in ({}, {"key": None}, {"key": "text"}, {"key": {}}):
        assert key_of(document) is None


def test_keys_as_a_vault_is_listed() -> None:
    assert [
        *listed(
            [
                {"kid": "https://one.vault.azure.net/keys/a", "attributes": {"enabled": True}},
                {"kid": "https://one.vault.azure.net/keys/b/1f", "attributes": {"enabled": False}},
                {"KID": "https://one.vault.azure.net/keys/c"},
                {"kid": 1},
                {"kid": "https://one.vault.azure.net/keys"},
            ]
        )
    ] == [KeyInVault("a", True), KeyInVault("b", False), KeyInVault("c", True)]


def test_what_a_document_takes_is_found_in_any_encoding_and_once() -> None:
    text = "<xs:schema><xs:include schemaLocation='A.xsd'/><include schemaLocation = \"A.xsd\" />"
    for data in (text.encode(), text.encode("utf-16"), b"\xef\xbb\xbf" + text.encode()):
        assert [*imports(data)] == [Import("A.xsd")]
    assert [*imports(b"\xff\x00\x01 no XML at all <")] == []


def test_an_address_is_remote_or_names_an_artifact() -> None:
    for remote in ("https://a/b.xsd", "HTTP://a", "urn:x", "//host/b.xsd", "file:///c:/x"):
        assert Import(remote).is_remote
    for address in ("Order.xsd", "./Order.xsd", "..\\x\\ORDER.xsd", "Order.xsd?v=1#top"):
        assert not Import(address).is_remote
        assert Import(address).names == ("order.xsd", "order")
    assert Import("Order").names == ("order", "order")
