"""The settings that name storage accounts: the state account, and those that requests may name."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

STATE = "STATE_STORAGE"
HOST = "AzureWebJobsStorage"
"""The Functions host's own storage, which is the state account if STATE_STORAGE is not given."""

_SERVICES = ("blob", "queue", "table")
_ALIAS = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_CLIENT_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DEVELOPMENT = "usedevelopmentstorage"
_WANTED = (
    "needs blobServiceUri (https) or connectionString, the name of another setting that holds one, "
    "and nothing else"
)


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


def is_given(environment: Mapping[str, str], name: str) -> bool:
    """Whether the settings name an account by this name: by a connection string, or any member."""
    return any(value for key, value in environment.items() if key.partition("__")[0] == name)


def state_account(environment: Mapping[str, str], wrong: list[str]) -> AccountSetting:
    """The state account; what is wrong with its settings is added to the list."""
    name = STATE if is_given(environment, STATE) else HOST
    if not is_given(environment, name):
        wrong.append(
            f"{STATE}: is missing; give a connection string, or {STATE}__blobServiceUri, "
            "__queueServiceUri and __tableServiceUri for a managed identity"
        )
        return AccountSetting()
    text = environment.get(name)
    if text:
        wrong.extend(f"{name}: {problem}" for problem in _connection_problems(text))
        return AccountSetting(connection_string=text)
    account = environment.get(f"{name}__accountName")
    uris = {}
    for service in _SERVICES:
        setting = f"{name}__{service}ServiceUri"
        uri = environment.get(setting) or _public_uri(account, service)
        problem = uri_problem(uri) if uri else "is missing; all three services are needed"
        if problem:
            wrong.append(f"{setting}: {problem}")
        uris[service] = uri
    return AccountSetting(
        blob_uri=uris["blob"],
        queue_uri=uris["queue"],
        table_uri=uris["table"],
        client_id=client_id(environment, f"{name}__clientId", wrong),
    )


def client_id(environment: Mapping[str, str], name: str, wrong: list[str]) -> str | None:
    """The client id of a managed identity, if one is given."""
    given = environment.get(name) or None
    if given and not _CLIENT_ID.fullmatch(given):
        wrong.append(
            f"{name}: is no client id, which looks like 00000000-0000-0000-0000-000000000000; "
            "show it with: az identity show -g … -n … --query clientId"
        )
    return given


def uri_problem(uri: str) -> str | None:
    """Why an address of a storage service cannot be used with an identity; None if it can."""
    try:
        parts = urlsplit(uri)
        parts.port  # noqa: B018 - raises where it is no number
    except ValueError:
        return "is no address"
    if parts.scheme != "https" or not parts.hostname:
        return "needs https: an identity's token is not sent over anything else"
    if parts.query or parts.fragment or parts.username:
        return "needs the address alone, without a signature or a name in it"
    return None


def registered_accounts(
    environment: Mapping[str, str], state: AccountSetting, wrong: list[str]
) -> dict[str, AccountSetting]:
    """The accounts of STORAGE_ACCOUNTS, by alias; the state account as ``default`` without it."""
    text = environment.get("STORAGE_ACCOUNTS")
    if not text:
        return {"default": state}
    twice: list[str] = []

    def members(pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in pairs]
        twice.extend(sorted({name for name in names if names.count(name) > 1}))
        return dict(pairs)

    try:
        listed = json.loads(text, object_pairs_hook=members)
    except ValueError:
        listed = None
    if not isinstance(listed, dict) or not listed:
        wrong.append(
            'STORAGE_ACCOUNTS: needs JSON such as {"offsite": {"blobServiceUri": "https://…"}}'
        )
        return {}
    wrong.extend(f"STORAGE_ACCOUNTS: '{name[:80]}' is in it twice" for name in twice)
    accounts: dict[str, AccountSetting] = {}
    for alias, entry in listed.items():
        problem, account = _registered(environment, alias, entry, state)
        if problem:
            wrong.append(f"STORAGE_ACCOUNTS: '{alias[:80]}' {problem}")
        accounts[alias] = account
    return accounts


def _registered(
    environment: Mapping[str, str], alias: str, entry: object, state: AccountSetting
) -> tuple[str | None, AccountSetting]:
    """What is wrong with an entry, if anything, and the account that it names."""
    nothing = AccountSetting()
    if not _ALIAS.fullmatch(alias):
        return (
            "is no alias, which is part of addresses: 1 to 63 letters, digits, hyphens, "
            "dots and underscores, the first and the last a letter or digit"
        ), nothing
    given = next(iter(entry.values())) if isinstance(entry, dict) and len(entry) == 1 else None
    if not isinstance(entry, dict) or not isinstance(given, str):
        return _WANTED, nothing
    if "blobServiceUri" in entry:
        problem = uri_problem(given)
        account = AccountSetting(blob_uri=given, client_id=state.client_id)
        return (f"blobServiceUri {problem}" if problem else None), account
    if "connectionString" not in entry:
        return _WANTED, nothing
    if "=" in given:
        return (
            "has a connection string itself, which everyone sees who may read this setting. Put "
            "it into a setting of its own, and name that one here"
        ), nothing
    if not environment.get(given):
        return f"names the setting {given[:80]}, which is not there", nothing
    problems = _connection_problems(environment[given])
    account = AccountSetting(connection_string=environment[given])
    return (f"names {given[:80]}, which {problems[0]}" if problems else None), account


def _public_uri(account: str | None, service: str) -> str | None:
    """The address in Azure's public cloud, as the Functions host makes it of an account's name."""
    return f"https://{account}.{service}.core.windows.net" if account else None


def _connection_problems(text: str) -> list[str]:
    """What a connection string lacks. The string itself is never reported, since it contains a
    key."""
    parts = {
        name.strip().lower(): value.strip()
        for name, separator, value in (part.partition("=") for part in text.split(";"))
        if separator
    }
    if _DEVELOPMENT in parts:
        return []
    signed = "sharedaccesssignature" in parts
    wanted = ("BlobEndpoint",) if signed else ("AccountName", "AccountKey")
    lacking = [name for name in wanted if not parts.get(name.lower())]
    if lacking:
        return [f"is no connection string of a storage account: it lacks {' and '.join(lacking)}"]
    return []
