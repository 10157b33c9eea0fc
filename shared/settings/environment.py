"""The app's settings: one model over the environment, checked at start.

All errors are reported at once, by setting, with what to do. docs/settings.md lists the settings.
"""

import base64
import binascii
import os
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from shared.model.sections import SECTIONS, SESSIONS
from shared.settings.accounts import (
    HOST,
    STATE,
    AccountSetting,
    client_id,
    is_given,
    registered_accounts,
    state_account,
)
from shared.settings.integration_accounts import ArmSetting, arm_setting
from shared.settings.timers import DEFAULT_TIMERS, timer_problems


def apply_defaults() -> None:
    """Set what the function declarations name, before the host reads them.

    A trigger's connection is the name of a setting, so STATE_STORAGE stands for
    AzureWebJobsStorage where nothing of it is given: half of each would be a third account.
    """
    for name, value in DEFAULT_TIMERS.items():
        os.environ.setdefault(name, value)
    if is_given(os.environ, STATE):
        return
    for name, value in list(os.environ.items()):
        if name.partition("__")[0] == HOST:
            os.environ.setdefault(STATE + name.removeprefix(HOST), value)


class SettingsInvalid(Exception):
    """The environment cannot be used; the message lists everything that is wrong."""


class Settings(BaseModel):
    """What the environment says, checked."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, arbitrary_types_allowed=True
    )

    state: AccountSetting
    accounts: dict[str, AccountSetting]
    arm: ArmSetting = ArmSetting()
    """Which integration accounts may be named, and how they are reached."""
    key_provider: Literal["local", "keyvault"] = "local"
    sealing_key: bytes | None = Field(None, repr=False)
    """Of the provider ``local``."""
    sealing_key_id: str | None = None
    """Of the provider ``keyvault``: the key that wraps."""
    seal_key_id: str | None = None
    """Of the provider ``keyvault``: the key that signs descriptors."""
    sealing_keys_former: tuple[bytes | str, ...] = Field((), repr=False)
    """Former local keys and ids of former vault keys, of either provider; an id may have its
    purpose before it (``purpose_of``)."""
    key_vault_client_id: str | None = None
    service_domain: Annotated[str, Field(pattern=r"^[a-z0-9]+(\.[a-z0-9-]+)+$")] = (
        "biztalk.example.com"
    )
    lease_seconds: Annotated[int, Field(ge=3, le=600)] = 60
    recovery_nudge_seconds: Annotated[int, Field(ge=1, le=3600)] = 120
    retry_seconds: Annotated[
        tuple[Annotated[int, Field(ge=1, le=86_400)], ...], Field(min_length=1, max_length=10)
    ] = (10, 60, 300, 900)
    mic_days: Annotated[int, Field(ge=1, le=3650)] = 180
    """How long a MIC value is kept."""
    secret_members: tuple[str, ...] = ()
    """Parts of names that make a member a secret, beyond the rule."""
    public_members: tuple[str, ...] = ()
    """Names of members that are not secrets, with or without their section and a slash before
    them."""
    require_roles: bool = False
    function_keys: Literal["required", "optional"] = "required"
    """Whether a caller who signed in needs a function key beside."""
    telemetry_export: Literal["azuremonitor", "otlp"] | None = None
    """Where metrics are sent in addition to the log."""
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
        return tuple(_former_key(part, number) for number, part in enumerate(parts, 1))

    @field_validator("sealing_key_id", "seal_key_id", mode="before")
    @classmethod
    def _one_key_id(cls, value: object) -> str:
        return _key_id(value)

    @field_validator("secret_members", "public_members", mode="before")
    @classmethod
    def _members(cls, value: object, info: ValidationInfo) -> tuple[str, ...]:
        given = tuple(part.strip() for part in str(value).split(",") if part.strip())
        for one in given:
            section, slash, name = one.rpartition("/")
            public = info.field_name == "public_members"
            if not any(c.isalnum() for c in name) or (
                slash and not (public and section in (*SECTIONS, SESSIONS))
            ):
                raise ValueError(_MEMBERS if public else _PARTS)
        return given

    @field_validator("retry_seconds", mode="before")
    @classmethod
    def _retries(cls, value: object) -> object:
        return tuple(value.split(",")) if isinstance(value, str) else value


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


def _former_key(value: str, number: int) -> bytes | str:
    """A former key. The message of an error offers no new key, which could not open anything."""
    try:
        if "://" not in value:
            return _key(value)
        purpose, named = purpose_of(value)
        return purpose + _key_id(named)
    except ValueError:
        raise ValueError(
            f"its key no. {number} is neither a SEALING_KEY (32 bytes in base64) nor the id of a "
            "vault key with its version, which may have 'wrap:' or 'seal:' before it. Give each "
            "as it was, with commas between them"
        ) from None


WRAPPED, SEALED = "wrap:", "seal:"
"""Prefixes of the id of a former vault key that had only one purpose."""


def purpose_of(former: bytes | str) -> tuple[str, bytes | str]:
    """What a former key was for, empty for both, and the key or its id."""
    if isinstance(former, str):
        for purpose in (WRAPPED, SEALED):
            if former.lower().startswith(purpose):
                return purpose, former[len(purpose) :].lstrip()
    return "", former


_PARTS = "needs parts of members' names with commas between them, such as iban,kennung"
_MEMBERS = (
    "needs names of members with commas between them, each with the section of its artifacts and "
    "a slash before it or without, such as schemas/lineToken"
)

_TRUTH = TypeAdapter(bool)

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
    name: name.upper()
    for name in (
        "sealing_key",
        "sealing_key_id",
        "seal_key_id",
        "key_vault_client_id",
        "sealing_keys_former",
        "key_provider",
        "service_domain",
        "lease_seconds",
        "recovery_nudge_seconds",
        "retry_seconds",
        "mic_days",
        "require_roles",
        "function_keys",
        "secret_members",
        "public_members",
        "alert_webhook_url",
        "telemetry_export",
    )
}

_HINTS = {
    "ALERT_WEBHOOK_URL": "needs an address that begins with https:// (or http://), of at most "
    "2,048 characters",
    "FUNCTION_KEYS": "is required or optional",
    "KEY_PROVIDER": "is local or keyvault",
    "LEASE_SECONDS": "needs a whole number of seconds, 3 to 600",
    "MIC_DAYS": "needs a whole number of days, 1 to 3650",
    "RECOVERY_NUDGE_SECONDS": "needs a whole number of seconds, 1 to 3600",
    "REQUIRE_ROLES": "is true or false",
    "RETRY_SECONDS": "needs 1 to 10 whole numbers of seconds, each 1 to 86400, such as "
    "10,60,300,900",
    "TELEMETRY_EXPORT": "is azuremonitor or otlp, or left out",
    "SERVICE_DOMAIN": "needs a domain in lower case, such as b2b.contoso.example",
}
"""What is expected, for settings whose type does not say it well."""


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read and check the settings.

    :raises SettingsInvalid: listing every setting that is missing or wrong.
    """
    wrong: list[str] = []
    state = state_account(environment, wrong)
    accounts = registered_accounts(environment, state, wrong)
    arm = arm_setting(environment, wrong)
    _require_keys(environment, wrong)
    client_id(environment, "KEY_VAULT_CLIENT_ID", wrong)
    wrong.extend(timer_problems(environment))
    wrong.extend(_host_problems(environment))
    values = {field: environment[name] for field, name in _NAMES.items() if environment.get(name)}
    settings = None
    try:
        settings = Settings.model_validate(
            {**values, "state": state, "accounts": accounts, "arm": arm}
        )
    except ValidationError as error:
        for item in error.errors():
            name = _NAMES.get(str(item["loc"][0]), str(item["loc"][0]))
            hint = _HINTS.get(name, item["msg"].removeprefix("Value error, "))
            wrong.append(f"{name}: {hint}")
    wrong.extend(_role_problems(environment))
    if settings is None or wrong:
        lines = "\n".join(f"- {problem}" for problem in dict.fromkeys(wrong))
        raise SettingsInvalid(f"The app settings need work:\n{lines}")
    return settings


def keys_are_optional(environment: Mapping[str, str]) -> bool:
    """Whether the host lets requests in without a function key.

    Asked when the functions are declared, before the settings are checked: where what must guard
    the app instead is not on, a key is needed all the same.
    """
    wanted = environment.get("FUNCTION_KEYS") == "optional"
    return wanted and _authenticates(environment) and _requires_roles(environment) is True


def _authenticates(environment: Mapping[str, str]) -> bool:
    return environment.get("WEBSITE_AUTH_ENABLED", "").lower() == "true"


def _requires_roles(environment: Mapping[str, str]) -> bool | None:
    """None where the setting is neither true nor false."""
    try:
        return _TRUTH.validate_python(environment.get("REQUIRE_ROLES") or "false")
    except ValidationError:
        return None


def _role_problems(environment: Mapping[str, str]) -> Iterator[str]:
    """Roles that nobody tells: asked of the environment, so that it is told with all the rest."""
    required = _requires_roles(environment)
    if required is False and environment.get("FUNCTION_KEYS") == "optional":
        yield (
            "FUNCTION_KEYS: optional needs REQUIRE_ROLES=true and App Service authentication, as "
            "everybody could call the app otherwise. Turn both on, or leave this setting out"
        )
    if required and not _authenticates(environment):
        yield (
            "REQUIRE_ROLES: needs App Service authentication, which tells the callers' roles "
            "and is off. Turn it on, or leave this setting out"
        )


_KEYS_OF = {"local": ("SEALING_KEY",), "keyvault": ("SEALING_KEY_ID", "SEAL_KEY_ID")}
"""The settings that each key provider needs, and that no other one takes."""


def _require_keys(environment: Mapping[str, str], wrong: list[str]) -> None:
    """Add errors for keys that the provider lacks, and for keys of another one, which would be
    ignored."""
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


def _host_problems(environment: Mapping[str, str]) -> Iterator[str]:
    """What the environment overrides of host.json so that the app and the host would disagree."""
    for name, value in environment.items():
        encodes = name.lower() == "azurefunctionsjobhost__extensions__queues__messageencoding"
        if encodes and value.lower() != "base64":
            yield f"{name}: is base64, as the app's messages are. Leave this setting out"
