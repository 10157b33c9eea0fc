"""The provider keyvault, through the real client against a vault's REST routes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from shared.clock import Clock
from shared.identity import Identities
from shared.sealing.data_key import DataKey
from shared.sealing.vault_clients import VaultClients
from shared.sealing.vault_key import VaultKey
from tests.key_vault import WRAP_OPERATIONS, KeyVault, key_vault

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
