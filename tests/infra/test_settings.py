"""The settings that Bicep gives the app make it start, on identities alone."""

import base64
import json
import secrets
from pathlib import Path

from infra.check.settings import given_settings
from infra.check.source import Source, literal, text
from shared.settings.environment import read_settings

ROOT = Path(__file__).resolve().parents[2]
APP = Source(ROOT / "infra" / "modules" / "app.bicep", ROOT)
CLIENT = "00000000-1111-2222-3333-444444444444"
VALUES = {
    "STATE_STORAGE__blobServiceUri": "https://stexample.blob.core.windows.net/",
    "STATE_STORAGE__queueServiceUri": "https://stexample.queue.core.windows.net/",
    "STATE_STORAGE__tableServiceUri": "https://stexample.table.core.windows.net/",
    "STATE_STORAGE__clientId": CLIENT,
    "STORAGE_ACCOUNTS": json.dumps(
        {"offsite": {"blobServiceUri": "https://bkexample.blob.core.windows.net/"}}
    ),
    "SEALING_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
    "SEALING_KEY_ID": f"https://kv-example.vault.azure.net/keys/interkeep-wrap/{'a' * 32}",
    "SEAL_KEY_ID": f"https://kv-example.vault.azure.net/keys/interkeep-seal/{'b' * 32}",
}
"""What a deployment fills in, in the form that Azure gives it."""


def literals() -> dict[str, str]:
    """Settings that Bicep gives one value, wherever it deploys to."""
    return {
        text(node.named_children[0]): value
        for node in APP.nodes("object_property")
        if (value := literal(node.named_children[1])) is not None
    }


def test_the_app_reads_what_is_deployed_as_accounts_of_its_identity() -> None:
    given = set(given_settings(APP))
    everywhere = {name: value for name, value in literals().items() if name in given}
    deployed = {name: value for name, value in VALUES.items() if name in given}
    # Roles are required where authentication is deployed; the platform says then that it is on.
    settings = read_settings({**everywhere, **deployed, "WEBSITE_AUTH_ENABLED": "True"})
    assert settings.require_roles
    assert settings.key_provider == everywhere["KEY_PROVIDER"]
    assert settings.state.blob_uri == VALUES["STATE_STORAGE__blobServiceUri"]
    assert settings.state.queue_uri == VALUES["STATE_STORAGE__queueServiceUri"]
    assert settings.state.table_uri == VALUES["STATE_STORAGE__tableServiceUri"]
    assert list(settings.accounts) == ["offsite"]
    for account in (settings.state, settings.accounts["offsite"]):
        assert account.client_id == CLIENT
        assert account.connection_string is None


def test_the_queue_triggers_find_the_account_that_the_app_sends_to() -> None:
    """The host takes the connection STATE_STORAGE by these names; an exact name would win."""
    given = set(given_settings(APP))
    assert {
        "STATE_STORAGE__queueServiceUri",
        "STATE_STORAGE__credential",
        "STATE_STORAGE__clientId",
    } <= given
    assert not {"STATE_STORAGE", "AzureWebJobsStorage"} & given
    assert literals()["STATE_STORAGE__credential"] == "managedidentity"
    assert literals()["AzureWebJobsStorage__credential"] == "managedidentity"
