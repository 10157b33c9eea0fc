"""The settings that name keys: what is wrong is told all at once, before anything starts."""

import base64
import os

import pytest

from shared.clock import Clock
from shared.sealing.from_settings import keys_of
from shared.sealing.local import LocalKey
from shared.sealing.vault_clients import VaultClients
from shared.settings.environment import Settings, SettingsInvalid, read_settings
from shared.storage.credentials import Identities

VAULT = "https://contoso.vault.azure.net"
WRAP = f"{VAULT}/keys/interkeep-wrap/{'0' * 32}"
SEAL = f"{VAULT}/keys/interkeep-seal/{'1' * 32}"
FORMER = f"{VAULT}/keys/interkeep-wrap/{'2' * 32}"
KEY, OTHER = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))
KEY_VAULT = {"KEY_PROVIDER": "keyvault", "SEALING_KEY_ID": WRAP, "SEAL_KEY_ID": SEAL}


def shown(setting: str) -> str:
    """A test's id: the same in every process."""
    return setting.replace(KEY, "key")


def read(**given: str) -> Settings:
    return read_settings({"STATE_STORAGE": "UseDevelopmentStorage=true", **given})


def wrong(**given: str) -> list[str]:
    """What the one message lists."""
    with pytest.raises(SettingsInvalid) as refused:
        read(**given)
    said = str(refused.value)
    for secret in (KEY, OTHER):
        assert secret not in said
    return [line.removeprefix("- ") for line in said.splitlines()[1:]]


def test_a_local_key() -> None:
    settings = read(SEALING_KEY=KEY, SEALING_KEYS_FORMER=OTHER)
    assert settings.key_provider == "local"
    assert settings.sealing_key == base64.b64decode(KEY)
    assert KEY not in repr(settings)


def test_vault_keys_and_former_ones_of_either_provider() -> None:
    settings = read(**KEY_VAULT, SEALING_KEYS_FORMER=f"{FORMER}, {KEY},")
    assert (settings.sealing_key_id, settings.seal_key_id) == (WRAP, SEAL)
    assert settings.sealing_keys_former == (FORMER, base64.b64decode(KEY))
    vaults = VaultClients(lambda: Identities().credential(None))
    keys = repr(keys_of(settings, vaults, Clock()))
    for key_id in (WRAP, SEAL, FORMER, LocalKey(base64.b64decode(KEY)).id):
        assert key_id in keys


def test_former_vault_keys_may_say_what_they_were_for() -> None:
    settings = read(SEALING_KEY=KEY, SEALING_KEYS_FORMER=f"wrap:{WRAP}, Seal: {SEAL},{OTHER}")
    assert settings.sealing_keys_former[:2] == (f"wrap:{WRAP}", f"seal:{SEAL}")
    vaults = VaultClients(lambda: Identities().credential(None))
    keys = keys_of(settings, vaults, Clock())
    local = LocalKey(base64.b64decode(OTHER)).id
    assert keys._opening.keys.keys() - keys._checking.keys.keys() == {WRAP}
    assert keys._checking.keys.keys() - keys._opening.keys.keys() == {SEAL}
    assert local in keys._opening.keys
    assert local in keys._checking.keys


def test_a_local_key_after_vault_keys() -> None:
    settings = read(SEALING_KEY=KEY, SEALING_KEYS_FORMER=f"{WRAP},{SEAL}")
    assert settings.sealing_keys_former == (WRAP, SEAL)


def test_vaults_read_ids_without_regard_to_case() -> None:
    mixed = f"{VAULT}/keys/Interkeep-Wrap/{'A' * 32}/"
    assert read(**{**KEY_VAULT, "SEALING_KEY_ID": mixed}).sealing_key_id == mixed.lower()[:-1]


@pytest.mark.parametrize(
    "key_id",
    [
        "interkeep-wrap",
        f"{VAULT}/keys/interkeep-wrap",
        f"{VAULT}/secrets/interkeep-wrap/{'0' * 32}",
        WRAP.replace("https", "http"),
        f"{WRAP}/more",
        f"{WRAP}?api-version=7.4",
        WRAP.replace("contoso.", "user@contoso."),
        WRAP.replace("/keys/", "/../keys/"),
        KEY,
    ],
    ids=shown,
)
def test_an_id_that_is_none(key_id: str) -> None:
    for name in ("SEALING_KEY_ID", "SEAL_KEY_ID"):
        (line,) = wrong(**{**KEY_VAULT, name: key_id})
        assert line.startswith(f"{name}: ")
        assert "with its version" in line


@pytest.mark.parametrize(
    ("former", "number"),
    [
        ("short", 1),
        (f"{KEY},nothing", 2),
        (f"{VAULT}/keys/interkeep-wrap", 1),
        (f"wrap:{KEY}", 1),
        (f"sign:{SEAL}", 1),
    ],
    ids=["too short", "the second", "without its version", "local for one", "another purpose"],
)
def test_a_former_key_that_is_none(former: str, number: int) -> None:
    (line,) = wrong(SEALING_KEY=KEY, SEALING_KEYS_FORMER=former)
    assert line.startswith(f"SEALING_KEYS_FORMER: its key no. {number} is neither")
    assert "make one" not in line, "a new key opens nothing that came before"


def test_everything_that_is_wrong_is_told_at_once() -> None:
    said = wrong(KEY_PROVIDER="keyvault", SEALING_KEY=KEY, SEALING_KEYS_FORMER="x")
    assert [line.split(":")[0] for line in sorted(said)] == [
        "SEALING_KEY",
        "SEALING_KEYS_FORMER",
        "SEALING_KEY_ID",
        "SEAL_KEY_ID",
    ]
    said = wrong(SEALING_KEY_ID="x", SEAL_KEY_ID=SEAL, STORAGE_ACCOUNTS="[]")
    assert {line.split(":")[0] for line in said} == {
        "SEALING_KEY",
        "SEALING_KEY_ID",
        "SEAL_KEY_ID",
        "STORAGE_ACCOUNTS",
    }


def test_a_key_that_would_count_for_nothing_is_not_lost_silently() -> None:
    (line,) = wrong(**KEY_VAULT, SEALING_KEY=KEY)
    assert "SEALING_KEYS_FORMER" in line


def test_the_key_that_wraps_does_not_sign() -> None:
    (line,) = wrong(**{**KEY_VAULT, "SEAL_KEY_ID": WRAP})
    assert line.startswith("SEAL_KEY_ID: ")


def test_a_provider_that_there_is_not() -> None:
    (line,) = wrong(KEY_PROVIDER="keyring", SEALING_KEY=KEY)
    assert line.startswith("KEY_PROVIDER: ")
