"""The settings that say which integration accounts may be named, and where Azure Resource Manager
(ARM) is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from shared.model.problem import Problem
from shared.rules.integration_accounts.ids import Scope, scope_of

SCOPES = "INTEGRATION_ACCOUNTS"
CLOUD = "ARM_CLOUD"
STAND_IN = "ARM_STAND_IN"
PRIVATE = "PRIVATE_STORAGE"
NAMES = (SCOPES, CLOUD, STAND_IN, PRIVATE)

CLOUDS = ("AzureCloud", "AzureUSGovernment", "AzureChinaCloud")
"""As the Azure CLI and Bicep name them; the first is where nothing is given."""

_WANTED = (
    "needs a JSON list of ARM ids, of subscriptions, resource groups or integration accounts, such "
    'as ["/subscriptions/<id>/resourceGroups/<group>"]'
)


@dataclass(frozen=True)
class ArmSetting:
    """How integration accounts are reached.

    :param scopes: the accounts that requests may name are in these; none may be where it is empty.
    :param cloud: one of ``CLOUDS``.
    :param stand_in: the address of a stand-in for ARM on this machine, without a slash at its end;
        no identity is asked then.
    :param private_storage: whether the state account, which keeps content, answers the app's own
        network alone, so that Azure cannot read content from it.
    """

    scopes: tuple[Scope, ...] = ()
    cloud: str = CLOUDS[0]
    stand_in: str | None = None
    private_storage: bool = False


def arm_setting(environment: Mapping[str, str], wrong: list[str]) -> ArmSetting:
    """The settings of integration accounts; what is wrong with them is added to the list."""
    cloud = environment.get(CLOUD) or CLOUDS[0]
    if cloud not in CLOUDS:
        wrong.append(f"{CLOUD}: is one of {', '.join(CLOUDS)}, or left out")
    stand_in = (environment.get(STAND_IN) or "").removesuffix("/") or None
    if stand_in and not is_loopback(stand_in):
        wrong.append(
            f"{STAND_IN}: needs an address of this machine, such as http://127.0.0.1:7075: "
            "requests go there without an identity. On Azure, leave it out"
        )
    private = (environment.get(PRIVATE) or "false").lower()
    if private not in ("true", "false"):
        wrong.append(f"{PRIVATE}: is true or false")
    scopes = _scopes(environment.get(SCOPES), wrong)
    return ArmSetting(scopes, cloud, stand_in, private == "true")


def is_loopback(address: str) -> bool:
    """Whether an address is http on this very machine, by number and port, and nothing more."""
    try:
        parts = urlsplit(address)
        numbered = ip_address(parts.hostname or "")
        port = parts.port
    except ValueError:
        return False
    host = f"[{numbered}]" if numbered.version == 6 else str(numbered)
    return numbered.is_loopback and address == f"http://{host}:{port}"


def _scopes(text: str | None, wrong: list[str]) -> tuple[Scope, ...]:
    if not text:
        return ()
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        listed = None
    if not isinstance(listed, list):
        wrong.append(f"{SCOPES}: {_WANTED}")
        return ()
    scopes: dict[str, Scope] = {}
    for entry in listed:
        if not isinstance(entry, str):
            wrong.append(f"{SCOPES}: {_WANTED}")
            continue
        try:
            scope = scope_of(entry)
        except Problem as problem:
            wrong.append(f"{SCOPES}: {problem.message}")
            continue
        scopes.setdefault(scope.key, scope)
    return tuple(scopes.values())
