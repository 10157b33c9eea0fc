"""Addresses of ARM, and what each is of: by it, the same 404 says that an account is gone, or one
of its resources."""

from collections.abc import Sequence
from urllib.parse import quote

from shared.arm.refusals import ArmRefused, Asked, Meaning, Where
from shared.model.integration_account import AccountId

_PROVIDERS = "providers"
_ACCOUNTS = ("Microsoft.Logic", "integrationAccounts")
_RESOURCES = "Microsoft.Resources/subscriptions"
_DONE = {"GET": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete", "POST": "action"}
_NO_NAMES = frozenset({"", ".", ".."})

Segments = tuple[str, ...]
"""An address within ARM, decoded, in parts: what is between the slashes."""


def of_account(account: AccountId, *more: str) -> Segments:
    """The address of an account, or of what is in it."""
    return (*of_accounts(account.subscription, account.group), account.name, *more)


def of_accounts(subscription: str, group: str = "") -> Segments:
    """The address of the accounts of a subscription, or of one of its groups."""
    within = ("resourceGroups", group) if group else ()
    return ("subscriptions", subscription, *within, _PROVIDERS, *_ACCOUNTS)


def segments_of(path: str) -> Segments:
    """The parts of an ARM id, as ARM writes it: not encoded."""
    return tuple(path.strip("/").split("/"))


def asked_of(method: str, segments: Segments) -> Asked:
    """What a request for an address is for.

    :raises ArmRefused: if a part of it can be no name: it would lead elsewhere.
    """
    types, names = _types_and_names(segments)
    scope = "".join(c if c.isprintable() else "�" for c in "/" + "/".join(segments))
    asked = Asked(method, _where(method, types, names), _action(method, types), scope)
    if not _NO_NAMES.isdisjoint(segments):
        raise ArmRefused(Meaning.REFUSED, asked, message="A part of the address is no name")
    return asked


def address_of(endpoint: str, segments: Segments, version: str, condition: str = "") -> str:
    """The whole address, encoded.

    :param condition: an OData filter.
    """
    path = "/".join(quote(segment, safe="") for segment in segments)
    where = f"&$filter={quote(condition, safe='')}" if condition else ""
    return f"{endpoint}/{path}?api-version={version}{where}"


def _types_and_names(segments: Segments) -> tuple[list[str], list[str]]:
    """The types of the resource that an address is of, its provider first, and its names."""
    types: list[str] = []
    names: list[str] = []
    place = 0
    while place < len(segments):
        word, name = segments[place], segments[place + 1 : place + 2]
        if word.lower() == _PROVIDERS:
            types, names = list(name), []
        elif types:
            types.append(word)
            names += name
        place += 2
    return types, names


def _action(method: str, types: Sequence[str]) -> str:
    return f"{'/'.join(types) or _RESOURCES}/{_DONE[method]}"


def _where(method: str, types: Sequence[str], names: Sequence[str]) -> Where:
    known = tuple(one.lower() for one in types[:2]) == tuple(one.lower() for one in _ACCOUNTS)
    if not known or not names:
        return Where.OTHER
    if len(types) == len(_ACCOUNTS) or method == "POST":
        return Where.ACCOUNT
    return Where.CHILD if len(names) > 1 else Where.LIST
