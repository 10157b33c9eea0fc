"""A connection's name leads to an account, by the rules of the Functions host."""

from collections.abc import Callable

import pytest

from localhost.connections import Connection

KEYED = (
    "DefaultEndpointsProtocol=https;AccountName=keyed;AccountKey=a2V5;"
    "EndpointSuffix=core.windows.net"
)

Settings = Callable[..., None]


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Sets the members of the connection ``X``; the empty one is its own value."""

    def put(**members: str) -> None:
        for member, value in members.items():
            monkeypatch.setenv("X" if member == "own" else f"X__{member}", value)

    return put


async def test_a_connection_string_wins(settings: Settings) -> None:
    settings(own=KEYED, blobServiceUri="https://other.blob.core.windows.net")
    connection = Connection.named("X")
    async with connection.blobs() as blobs, connection.queue("work") as queue:
        assert (blobs.account_name, queue.account_name) == ("keyed", "keyed")


async def test_an_account_name_stands_for_its_addresses(settings: Settings) -> None:
    settings(accountName="contoso", queueServiceUri="https://127.0.0.1:10001/contoso")
    connection = Connection.named("X")
    async with connection.blobs() as blobs, connection.queue("work") as queue:
        assert blobs.url == "https://contoso.blob.core.windows.net/"
        assert queue.url == "https://127.0.0.1:10001/contoso/work"
    await connection.close()


@pytest.mark.parametrize("given", [{}, {"blobServiceUri": "https://contoso.blob.example"}])
def test_half_a_connection_is_none(settings: Settings, given: dict[str, str]) -> None:
    settings(**given)
    with pytest.raises(ValueError, match="X__blobServiceUri and X__queueServiceUri"):
        Connection.named("X")
