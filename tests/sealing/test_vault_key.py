"""The provider keyvault, through the real client against a vault's REST routes."""

import asyncio
import base64
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from shared.clock import Clock
from shared.model.problem import Code, Problem
from shared.model.seals import Seal, WrappedKey
from shared.sealing import vault_key
from shared.sealing.data_key import DataKey
from shared.sealing.keys_at_hand import KeysAtHand
from shared.sealing.local import LocalKey
from shared.sealing.vault_clients import VaultClients
from shared.sealing.vault_key import VaultKey
from shared.storage.credentials import Identities
from tests.support.key_vault import SEAL_OPERATIONS, WRAP_OPERATIONS, KeyVault, Scripted, key_vault

DIGEST = "ab" * 32
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)


class MovedClock(Clock):
    """A clock that a test moves on."""

    ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


class App:
    """Keys of a vault as the app has them."""

    def __init__(self, vault: KeyVault) -> None:
        self.clock = MovedClock()
        self.identities = Identities()
        self.clients = VaultClients(
            lambda: self.identities.credential(vault.client_id), vault.transport()
        )

    def key(self, key_id: str) -> VaultKey:
        return VaultKey(key_id, self.clients, self.clock)

    async def close(self) -> None:
        await self.clients.close()
        await self.identities.close()


@pytest.fixture
async def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[KeyVault]:
    async with key_vault(tmp_path) as vault:
        for name, value in vault.environment.items():
            monkeypatch.setenv(name, value)
        yield vault


@pytest.fixture
async def app(vault: KeyVault) -> AsyncIterator[App]:
    app = App(vault)
    yield app
    await app.close()


async def test_wrapping_is_done_here_and_opening_in_the_vault(vault: KeyVault, app: App) -> None:
    key = app.key(vault.add("wrap", WRAP_OPERATIONS))
    raw = DataKey.new()
    wrapped = [await key.wrap(raw) for _ in range(3)]
    assert vault.asked == ["get"], "the public part is fetched once"
    assert len(set(wrapped)) == 3
    assert [await key.unwrap(one) for one in wrapped] == [raw] * 3
    assert vault.asked == ["get", *["unwrapkey"] * 3]
    assert vault.tokens == 1


async def test_a_seal_is_signed_in_the_vault_and_checked_here(vault: KeyVault, app: App) -> None:
    key_id = vault.add("seal", SEAL_OPERATIONS)
    key = app.key(key_id)
    value = await key.seal(DIGEST)
    assert vault.asked == ["get", "sign"]
    assert await key.check(DIGEST, value)
    assert not await key.check("cd" * 32, value)
    for other in ("no base64!", "", base64.b64encode(os.urandom(256)).decode(), value[:-4]):
        assert not await key.check(DIGEST, other)
    assert vault.asked == ["get", "sign"]
    # What the documents call PS256 of the descriptor's canonical form, checked by another tool.
    public = vault.key(key_id).private.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    hashed = bytes.fromhex(DIGEST)
    public.verify(base64.b64decode(value), hashed, PSS, Prehashed(hashes.SHA256()))


async def signed(vault: KeyVault, key_id: str) -> Seal:
    """A seal by somebody whose role is on that key alone."""
    private = vault.key(key_id).private
    value = private.sign(bytes.fromhex(DIGEST), PSS, Prehashed(hashes.SHA256()))
    return Seal(algorithm="PS256", key_id=key_id, value=base64.b64encode(value).decode())


async def test_a_key_does_only_what_the_settings_name_it_for(vault: KeyVault, app: App) -> None:
    """Also where its vault lets it do everything, as one that was made in the portal."""
    both = (*WRAP_OPERATIONS, *SEAL_OPERATIONS)
    names = ("wrap", "seal", "old-wrap", "old-seal", "old-both")
    wrap, seal, old_wrap, old_seal, old_both = (vault.add(name, both) for name in names)
    former_version = vault.add("old-wrap", both)
    keys = KeysAtHand(
        app.key(wrap),
        app.key(seal),
        [app.key(old_both)],
        former_wrapping=[app.key(old_wrap)],
        former_sealing=[app.key(old_seal)],
    )
    raw = DataKey.new()
    for key_id in (wrap, old_wrap, former_version):
        assert not await keys.check(DIGEST, await signed(vault, key_id))
    for key_id in (seal, old_seal):
        value = await app.key(key_id).wrap(raw)
        wrapped = WrappedKey(key_provider="keyvault", key_id=key_id, wrapped_key=value)
        with pytest.raises(Problem) as refused:
            await keys.unwrap(wrapped)
        assert refused.value.code is Code.KEY_UNAVAILABLE
        assert "SEALING_KEYS_FORMER" not in refused.value.message, "nobody should add it there"
    for key_id in (seal, old_seal, old_both):
        assert await keys.check(DIGEST, await signed(vault, key_id))
    for key_id in (wrap, old_wrap, former_version, old_both):
        value = await app.key(key_id).wrap(raw)
        wrapped = WrappedKey(key_provider="keyvault", key_id=key_id, wrapped_key=value)
        assert await keys.unwrap(wrapped) == raw
    for key_id in (wrap, seal, old_wrap, old_seal, old_both, former_version):
        await keys.probe(key_id)


async def test_a_seal_by_somebody_who_has_the_public_keys_alone_is_refused(
    vault: KeyVault, app: App
) -> None:
    """Whatever they put into a seal: their own signature, or a public key as a shared secret."""
    wrap, seal = vault.add("wrap", WRAP_OPERATIONS), vault.add("seal", SEAL_OPERATIONS)
    local = LocalKey(os.urandom(32))
    keys = KeysAtHand(app.key(wrap), app.key(seal), [local])
    assert await keys.check(DIGEST, await keys.seal(DIGEST))
    own = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    signature = own.sign(bytes.fromhex(DIGEST), PSS, Prehashed(hashes.SHA256()))
    values = [base64.b64encode(signature).decode(), await app.key(wrap).wrap(os.urandom(32))]
    for key_id in (wrap, seal):
        public = vault.key(key_id).private.public_key()
        assert isinstance(public, rsa.RSAPublicKey)
        modulus = public.public_numbers().n.to_bytes(256, "big")
        values.append(await LocalKey(modulus[:32]).seal(DIGEST))
        values.append(base64.b64encode(modulus).decode())
    for value in values:
        for algorithm in ("PS256", "HS256", "RS256", "none", ""):
            for key_id in (wrap, seal, local.id):
                forged = Seal(algorithm=algorithm, key_id=key_id, value=value)
                assert not await keys.check(DIGEST, forged)


async def test_a_key_id_is_never_an_address(vault: KeyVault, app: App) -> None:
    """Nobody else is asked, nor this vault for another key: the proxy would have heard of it."""
    wrap, seal = vault.add("wrap", WRAP_OPERATIONS), vault.add("seal", SEAL_OPERATIONS)
    keys = KeysAtHand(app.key(wrap), app.key(seal))
    unnamed = vault.add("other", WRAP_OPERATIONS)
    elsewhere = "https://collector.example.com/keys/wrap/" + "0" * 32
    made_up = (f"{wrap[:-32]}{end}" for end in ("", "0" * 31, "0" * 33, "g" * 32, "../x", "0/1"))
    for key_id in (unnamed, elsewhere, f"{wrap}/", wrap.upper(), "../" + wrap, "", *made_up):
        for refused in (
            keys.unwrap(WrappedKey(key_provider="keyvault", key_id=key_id, wrapped_key="AAAA")),
            keys.check(DIGEST, Seal(algorithm="PS256", key_id=key_id, value="AAAA")),
        ):
            with pytest.raises(Problem) as found:
                await refused
            assert found.value.code is Code.KEY_UNAVAILABLE
            assert f"'{key_id}'" in found.value.message
    assert vault.asked == []


async def refusal(vault: KeyVault, app: App, key_id: str, action: str) -> Problem:
    """What an operation meets."""
    key = app.key(key_id)
    wrapped = base64.b64encode(os.urandom(256)).decode()
    asked = {
        "wrap": lambda: key.wrap(DataKey.new()),
        "unwrap": lambda: key.unwrap(wrapped),
        "seal": lambda: key.seal(DIGEST),
    }[action]
    with pytest.raises(Problem) as refused:
        await asked()
    problem = refused.value
    assert key_id in problem.message
    assert problem.target == key_id
    return problem


async def test_a_key_that_is_not_in_its_vault(vault: KeyVault, app: App) -> None:
    key_id = vault.add("wrap", WRAP_OPERATIONS)
    wrapped = await app.key(key_id).wrap(DataKey.new())
    removed = vault.remove(key_id)
    for action in ("wrap", "unwrap"):
        problem = await refusal(vault, app, key_id, action)
        assert problem.code is Code.KEY_UNAVAILABLE
        assert "Recover it" in problem.message
    vault.put_back(key_id, removed)
    assert await app.key(key_id).unwrap(wrapped), "nothing was lost"


async def test_a_key_that_is_disabled(vault: KeyVault, app: App) -> None:
    key_id = vault.add("seal", SEAL_OPERATIONS)
    vault.key(key_id).enabled = False
    problem = await refusal(vault, app, key_id, "seal")
    assert problem.code is Code.KEY_UNAVAILABLE
    assert "disabled" in problem.message


async def test_an_identity_without_a_role(vault: KeyVault, app: App) -> None:
    vault.forbidden = {"sign", "unwrapkey"}
    for action, operations in (("seal", SEAL_OPERATIONS), ("unwrap", WRAP_OPERATIONS)):
        problem = await refusal(vault, app, vault.add("k", operations), action)
        assert problem.code is Code.KEY_UNAVAILABLE
        assert "role" in problem.message


async def test_a_key_that_may_not_be_used_so(vault: KeyVault, app: App) -> None:
    for action, operations in (("seal", WRAP_OPERATIONS), ("unwrap", SEAL_OPERATIONS)):
        problem = await refusal(vault, app, vault.add("k", operations), action)
        assert problem.code is Code.KEY_UNAVAILABLE
        assert "not permitted" in problem.message


async def test_a_key_of_another_kind_or_too_short(vault: KeyVault, app: App) -> None:
    for key_id in (
        vault.add("curve", SEAL_OPERATIONS, curve=True),
        vault.add("short", WRAP_OPERATIONS, bits=1024),
    ):
        for action in ("wrap", "unwrap", "seal"):
            problem = await refusal(vault, app, key_id, action)
            assert problem.code is Code.KEY_UNAVAILABLE


async def test_nothing_is_wrapped_outside_a_keys_validity(vault: KeyVault, app: App) -> None:
    key_id = vault.add("wrap", WRAP_OPERATIONS)
    raw = DataKey.new()
    wrapped = await app.key(key_id).wrap(raw)
    vault.key(key_id).expires = int(time.time()) - 60
    assert "expired" in (await refusal(vault, app, key_id, "wrap")).message
    assert await app.key(key_id).unwrap(wrapped) == raw, "vaults open with expired keys"
    vault.key(key_id).expires = None
    vault.key(key_id).not_before = int(time.time()) + 3600
    assert "may be used from" in (await refusal(vault, app, key_id, "wrap")).message


async def test_what_was_wrapped_and_changed_does_not_open(vault: KeyVault, app: App) -> None:
    key = app.key(vault.add("wrap", WRAP_OPERATIONS))
    wrapped = base64.b64decode(await key.wrap(DataKey.new()))
    flipped = bytes([wrapped[0] ^ 1]) + wrapped[1:]
    short = base64.b64decode(await key.wrap(b"x" * 16))
    for changed in (flipped, wrapped[:-1], wrapped + b"x", b"", short):
        with pytest.raises(Problem) as refused:
            await key.unwrap(base64.b64encode(changed).decode())
        assert refused.value.code is Code.KEY_UNAVAILABLE
        assert "does not open" in refused.value.message
    with pytest.raises(Problem):
        await key.unwrap("no base64!")


@pytest.mark.parametrize(
    "scripted",
    [
        Scripted("unwrapkey", 429),
        Scripted("unwrapkey", 429, headers={"Retry-After": "1"}),
        Scripted("unwrapkey", 503, "ServiceUnavailable", times=2),
        Scripted("get", 429),
        Scripted("get", 500, "InternalServerError"),
    ],
    ids=lambda s: f"{s.action}-{s.status}",
)
async def test_a_vault_that_is_busy_is_asked_again(
    vault: KeyVault, app: App, scripted: Scripted
) -> None:
    key = app.key(vault.add("wrap", WRAP_OPERATIONS))
    raw = DataKey.new()
    wrapped = await key.wrap(raw)
    vault.script = [scripted]
    assert await app.key(key.id).unwrap(wrapped) == raw
    assert scripted.times == 0


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls that are given up after a moment."""
    monkeypatch.setattr(vault_key, "_MOST_SECONDS", 0.7)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("headers", [{}, {"Retry-After": "3600"}], ids=["", "wait"])
async def test_a_vault_that_stays_busy_is_an_error_that_a_repetition_mends(
    vault: KeyVault, app: App, status: int, headers: dict[str, str]
) -> None:
    key = app.key(vault.add("wrap", WRAP_OPERATIONS))
    raw = DataKey.new()
    wrapped = await key.wrap(raw)
    vault.script = [Scripted("unwrapkey", status, times=99, headers=headers)]
    with pytest.raises(Problem) as refused:
        await key.unwrap(wrapped)
    assert refused.value.code is Code.KEY_VAULT_UNAVAILABLE
    assert refused.value.retry_after_seconds
    vault.script = []
    assert await key.unwrap(wrapped) == raw


@pytest.mark.usefixtures("hasty")
async def test_a_vault_that_is_not_there(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    key = app.key("https://kv-nowhere.vault.azure.net/keys/wrap/" + "0" * 32)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with pytest.raises(Problem) as refused:
        await key.wrap(DataKey.new())
    assert refused.value.code is Code.KEY_VAULT_UNAVAILABLE


async def test_an_identity_that_gets_no_token(
    vault: KeyVault, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", vault.environment["IDENTITY_ENDPOINT"] + "/nothing")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Problem) as refused:
        await app.key(vault.add("wrap", WRAP_OPERATIONS)).wrap(DataKey.new())
    assert refused.value.code is Code.KEY_VAULT_UNAVAILABLE
    assert "identity got no token" in refused.value.message


async def test_a_key_that_is_gone_soon_wraps_nothing_more(vault: KeyVault, app: App) -> None:
    """A backup under a key that was purged would be lost: the public part is read again."""
    key = app.key(vault.add("wrap", WRAP_OPERATIONS))
    await key.wrap(DataKey.new())
    vault.remove(key.id)
    await key.wrap(DataKey.new())
    app.clock.ahead = 3601
    with pytest.raises(Problem) as refused:
        await key.wrap(DataKey.new())
    assert refused.value.code is Code.KEY_UNAVAILABLE


async def test_seals_are_checked_without_asking_again(vault: KeyVault, app: App) -> None:
    key = app.key(vault.add("seal", SEAL_OPERATIONS))
    value = await key.seal(DIGEST)
    vault.remove(key.id)
    app.clock.ahead = 30 * 24 * 3600
    assert await key.check(DIGEST, value)


async def test_many_at_once_ask_for_the_key_once(vault: KeyVault, app: App) -> None:
    key = app.key(vault.add("wrap", WRAP_OPERATIONS))
    await asyncio.gather(*(key.wrap(DataKey.new()) for _ in range(20)))
    assert vault.asked == ["get"]
