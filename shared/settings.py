"""The app's settings: one model over the environment, checked at start.

Everything that is wrong is told at once, by setting, with what to do. docs/settings.md lists them.
"""

import base64
import binascii
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

DEFAULT_TIMERS = {
    "SCHEDULE_TIMER": "0 * * * * *",
    "RECOVERY_TIMER": "0 * * * * *",
    "SWEEP_TIMER": "0 7 * * * *",
}
"""NCRONTAB schedules of the timer functions where the settings name none."""


def apply_defaults() -> None:
    """Fill in what the function declarations name, before the host reads them.

    A trigger's connection is the name of a setting, so STATE_STORAGE stands for
    AzureWebJobsStorage where it is not given.
    """
    for name, value in DEFAULT_TIMERS.items():
        os.environ.setdefault(name, value)
    for name, value in list(os.environ.items()):
        if name == "AzureWebJobsStorage" or name.startswith("AzureWebJobsStorage__"):
            os.environ.setdefault("STATE_STORAGE" + name.removeprefix("AzureWebJobsStorage"), value)


class SettingsInvalid(Exception):
    """The environment cannot be used; the message lists everything that is wrong."""


@dataclass(frozen=True)
class AccountSetting:
    """One storage account: exactly one of a connection string and endpoints for an identity."""

    connection_string: str | None = None
    blob_uri: str | None = None
    queue_uri: str | None = None
    table_uri: str | None = None
    client_id: str | None = None

    def __repr__(self) -> str:
        return f"AccountSetting({self.blob_uri or 'connection string'})"


class Settings(BaseModel):
    """What the environment says, checked."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, arbitrary_types_allowed=True
    )

    state: AccountSetting
    accounts: dict[str, AccountSetting]
    key_provider: Literal["local", "keyvault"] = "local"
    sealing_key: bytes | None = Field(None, repr=False)
    """Of the provider ``local``."""
    sealing_key_id: str | None = None
    """Of the provider ``keyvault``: the key that wraps."""
    seal_key_id: str | None = None
    """Of the provider ``keyvault``: the key that signs descriptors."""
    sealing_keys_former: tuple[bytes | str, ...] = Field((), repr=False)
    """Local keys and ids of vault keys that came before, of either provider."""
    key_vault_client_id: str | None = None
    service_domain: Annotated[str, Field(pattern=r"^[a-z0-9]+(\.[a-z0-9-]+)+$")] = (
        "biztalk.example.com"
    )
    lease_seconds: Annotated[int, Field(ge=3, le=600)] = 60
    recovery_nudge_seconds: Annotated[int, Field(ge=1, le=3600)] = 120
    retry_seconds: tuple[int, ...] = (10, 60, 300, 900)
    require_roles: bool = False
    alert_webhook_url: (
        Annotated[str, Field(pattern=r"^https?://[^\s]+$", max_length=2048)] | None
    ) = Field(None, repr=False)

    @field_validator("sealing_key", mode="before")
    @classmethod
    def _one_key(cls, value: object) -> bytes:
        return _key(value)

    @field_validator("sealing_keys_former", mode="before")
    @classmethod
    def _former_keys(cls, value: object) -> tuple[bytes | str, ...]:
        parts = [part.strip() for part in str(value or "").split(",") if part.strip()]
        return tuple(_key_id(part) if "://" in part else _key(part) for part in parts)

    @field_validator("sealing_key_id", "seal_key_id", mode="before")
    @classmethod
    def _one_key_id(cls, value: object) -> str:
        return _key_id(value)

    @field_validator("retry_seconds", mode="before")
    @classmethod
    def _retries(cls, value: object) -> object:
        return tuple(int(part) for part in value.split(",")) if isinstance(value, str) else value


def _key(value: object) -> bytes:
    try:
        key = base64.b64decode(str(value).strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise ValueError(
            "needs 32 random bytes in base64; make one with: "
            "python3 -c 'import base64,os; print(base64.b64encode(os.urandom(32)).decode())'"
        )
    return key


_KEY_ID = re.compile(
    r"https://[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?/keys/[a-z0-9-]{1,127}/[a-z0-9]{1,64}"
)


def _key_id(value: object) -> str:
    """The id of a vault key; vaults read them without regard to case."""
    key_id = str(value).strip().rstrip("/").lower()
    if not _KEY_ID.fullmatch(key_id):
        raise ValueError(
            "needs the id of a vault key with its version, such as "
            "https://contoso.vault.azure.net/keys/interkeep-wrap/0123456789abcdef0123456789abcdef; "
            "show it with: az keyvault key show --vault-name … --name … --query key.kid"
        )
    return key_id


_NAMES = {
    "sealing_key": "SEALING_KEY",
    "sealing_key_id": "SEALING_KEY_ID",
    "seal_key_id": "SEAL_KEY_ID",
    "key_vault_client_id": "KEY_VAULT_CLIENT_ID",
    "sealing_keys_former": "SEALING_KEYS_FORMER",
    "key_provider": "KEY_PROVIDER",
    "service_domain": "SERVICE_DOMAIN",
    "lease_seconds": "LEASE_SECONDS",
    "recovery_nudge_seconds": "RECOVERY_NUDGE_SECONDS",
    "retry_seconds": "RETRY_SECONDS",
    "require_roles": "REQUIRE_ROLES",
    "alert_webhook_url": "ALERT_WEBHOOK_URL",
}


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read and check the settings.

    :raises SettingsInvalid: listing every setting that is missing or wrong.
    """
    wrong: list[str] = []
    state = _state_account(environment, wrong)
    accounts = _registered_accounts(environment, state, wrong)
    _require_keys(environment, wrong)
    values = {field: environment[name] for field, name in _NAMES.items() if environment.get(name)}
    try:
        settings = Settings.model_validate({**values, "state": state, "accounts": accounts})
    except ValidationError as error:
        for item in error.errors():
            name = _NAMES.get(str(item["loc"][0]), str(item["loc"][0]))
            missing = item["type"] == "missing"
            wrong.append(f"{name}: {'is missing' if missing else item['msg']}")
    else:
        authenticates = environment.get("WEBSITE_AUTH_ENABLED", "").lower() == "true"
        if settings.require_roles and not authenticates:
            wrong.append(
                "REQUIRE_ROLES: needs App Service authentication, which tells the callers' roles "
                "and is off. Turn it on, or leave this setting out"
            )
    if wrong:
        raise SettingsInvalid("The app settings need work:\n" + "\n".join(f"- {w}" for w in wrong))
    return settings


def _state_account(environment: Mapping[str, str], wrong: list[str]) -> AccountSetting:
    for name in ("STATE_STORAGE", "AzureWebJobsStorage"):
        if environment.get(name):
            return AccountSetting(connection_string=environment[name])
        if environment.get(f"{name}__blobServiceUri"):
            account = AccountSetting(
                blob_uri=environment[f"{name}__blobServiceUri"],
                queue_uri=environment.get(f"{name}__queueServiceUri"),
                table_uri=environment.get(f"{name}__tableServiceUri"),
                client_id=environment.get(f"{name}__clientId"),
            )
            for uri, value in (("queue", account.queue_uri), ("table", account.table_uri)):
                if not value:
                    wrong.append(f"{name}__{uri}ServiceUri: is missing beside the blob one")
            return account
    wrong.append(
        "STATE_STORAGE: is missing; give a connection string, or STATE_STORAGE__blobServiceUri, "
        "__queueServiceUri and __tableServiceUri for a managed identity"
    )
    return AccountSetting()


_KEYS_OF = {"local": ("SEALING_KEY",), "keyvault": ("SEALING_KEY_ID", "SEAL_KEY_ID")}
"""The settings that each key provider needs, and no other one takes."""


def _require_keys(environment: Mapping[str, str], wrong: list[str]) -> None:
    """Note which keys the provider lacks, and keys of another one that would count for nothing."""
    provider = environment.get("KEY_PROVIDER") or "local"
    for owner, names in _KEYS_OF.items():
        for name in names if provider in _KEYS_OF else ():
            given = environment.get(name)
            if owner == provider and not given:
                wrong.append(f"{name}: is missing; KEY_PROVIDER={provider} needs it")
            elif owner != provider and given:
                wrong.append(
                    f"{name}: counts for nothing with KEY_PROVIDER={provider}. Move it to "
                    "SEALING_KEYS_FORMER, so that what was made with it stays readable"
                )
    keys = [str(environment.get(name, "")).lower() for name in _KEYS_OF["keyvault"]]
    if provider == "keyvault" and keys[0] and keys[0] == keys[1]:
        wrong.append(
            "SEAL_KEY_ID: is the key of SEALING_KEY_ID. Make a second one, for signing alone: who "
            "may open secrets must not be able to seal"
        )


def _registered_accounts(
    environment: Mapping[str, str], state: AccountSetting, wrong: list[str]
) -> dict[str, AccountSetting]:
    text = environment.get("STORAGE_ACCOUNTS")
    if not text:
        return {"default": state}
    try:
        listed = json.loads(text)
        if not isinstance(listed, dict) or not listed:
            raise ValueError("not an object")
    except ValueError:
        wrong.append(
            'STORAGE_ACCOUNTS: needs JSON such as {"offsite": {"blobServiceUri": "https://…"}}'
        )
        return {}
    accounts: dict[str, AccountSetting] = {}
    for alias, entry in listed.items():
        uri = entry.get("blobServiceUri") if isinstance(entry, dict) else None
        setting = entry.get("connectionString") if isinstance(entry, dict) else None
        if isinstance(uri, str) and uri.startswith("https://"):
            accounts[alias] = AccountSetting(blob_uri=uri, client_id=state.client_id)
        elif isinstance(setting, str) and environment.get(setting):
            accounts[alias] = AccountSetting(connection_string=environment[setting])
        else:
            wrong.append(
                f"STORAGE_ACCOUNTS: '{alias}' needs blobServiceUri (https) or connectionString, "
                "the name of another setting that holds one"
            )
    return accounts
