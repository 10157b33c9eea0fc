"""Versions of vault keys that the settings do not name: what they open and check, and how long."""

import os

import pytest

from shared.model.problem import Code, Problem
from shared.model.seals import Seal, WrappedKey
from shared.sealing.data_key import DataKey
from shared.sealing.keys_at_hand import KeysAtHand
from shared.sealing.local import LocalKey
from shared.sealing.versions import OtherVersions
from tests.sealing.test_vault_key import DIGEST, App, app, vault
from tests.support.key_vault import SEAL_OPERATIONS, WRAP_OPERATIONS, KeyVault

__all__ = ["app", "vault"]


async def test_former_versions_open_and_check_beside_keys_of_the_settings(
    vault: KeyVault, app: App
) -> None:
    old_wrap, old_seal = vault.add("wrap", WRAP_OPERATIONS), vault.add("seal", SEAL_OPERATIONS)
    wrap, seal = vault.add("wrap", WRAP_OPERATIONS), vault.add("seal", SEAL_OPERATIONS)
    local = LocalKey(os.urandom(32))
    raw = DataKey.new()
    before = KeysAtHand(app.key(old_wrap), app.key(old_seal))
    long_before = KeysAtHand(local, local)
    now = KeysAtHand(app.key(wrap), app.key(seal), [app.key(old_wrap), app.key(old_seal), local])
    for former in (before, long_before):
        assert await now.unwrap(await former.wrap(raw)) == raw
        assert await now.check(DIGEST, await former.seal(DIGEST))
    assert (await now.wrap(raw)).key_id == wrap
    assert (await now.seal(DIGEST)).key_id == seal


async def test_versions_that_the_settings_do_not_name_open_and_check(
    vault: KeyVault, app: App
) -> None:
    """A new version in the vault, named by a deployment, closes nothing."""
    old_wrap, old_seal = vault.add("wrap", WRAP_OPERATIONS), vault.add("seal", SEAL_OPERATIONS)
    before = KeysAtHand(app.key(old_wrap), app.key(old_seal))
    raw = DataKey.new()
    wrapped, seal = await before.wrap(raw), await before.seal(DIGEST)
    wrap, now_seal = vault.add("wrap", WRAP_OPERATIONS), vault.add("seal", SEAL_OPERATIONS)
    now = KeysAtHand(app.key(wrap), app.key(now_seal))
    local = LocalKey(os.urandom(32))
    for keys in (now, KeysAtHand(local, local, [app.key(wrap), app.key(now_seal)])):
        assert await keys.unwrap(wrapped) == raw
        assert await keys.check(DIGEST, seal)
        assert not await keys.check("cd" * 32, seal)
        await keys.probe(old_wrap)
        await keys.probe(old_seal)
    assert (await now.wrap(raw)).key_id == wrap
    assert (await now.seal(DIGEST)).key_id == now_seal


async def test_no_version_of_one_key_does_what_the_other_is_for(vault: KeyVault, app: App) -> None:
    old_wrap, old_seal = vault.add("wrap", WRAP_OPERATIONS), vault.add("seal", SEAL_OPERATIONS)
    keys = KeysAtHand(
        app.key(vault.add("wrap", WRAP_OPERATIONS)), app.key(vault.add("seal", SEAL_OPERATIONS))
    )
    with pytest.raises(Problem) as found:
        await keys.unwrap(WrappedKey(key_provider="keyvault", key_id=old_seal, wrapped_key="AAAA"))
    assert found.value.code is Code.KEY_UNAVAILABLE
    assert not await keys.check(DIGEST, Seal(algorithm="PS256", key_id=old_wrap, value="AAAA"))
    assert vault.asked == []


async def test_a_version_that_was_disabled_is_trusted_an_hour_at_most(
    vault: KeyVault, app: App
) -> None:
    old_wrap, old_seal = vault.add("wrap", WRAP_OPERATIONS), vault.add("seal", SEAL_OPERATIONS)
    before = KeysAtHand(app.key(old_wrap), app.key(old_seal))
    wrapped, seal = await before.wrap(DataKey.new()), await before.seal(DIGEST)
    now = KeysAtHand(
        app.key(vault.add("wrap", WRAP_OPERATIONS)), app.key(vault.add("seal", SEAL_OPERATIONS))
    )
    assert await now.check(DIGEST, seal)
    for key_id in (old_wrap, old_seal):
        vault.key(key_id).enabled = False
    app.clock.ahead = 3601
    for refused in (now.unwrap(wrapped), now.check(DIGEST, seal)):
        with pytest.raises(Problem) as found:
            await refused
        assert found.value.code is Code.KEY_UNAVAILABLE
        assert "disabled key" in found.value.message


async def test_made_up_versions_fill_nothing(vault: KeyVault, app: App) -> None:
    """A backup account may hold any number of descriptors with keys that never were."""
    versions = OtherVersions([app.key(vault.add("wrap", WRAP_OPERATIONS))])
    (versionless,) = versions._named
    for number in range(500):
        assert versions.find(f"{versionless}/{number:032x}") is not None
    assert len(versions._kept) == 100
