"""Addresses of resources: their segments, read without regard to case where they are fixed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import unquote

from localhost.arm.kinds import ACCOUNTS, API_VERSIONS, KINDS, PROVIDER, WORKFLOWS
from localhost.arm.refused import Refused, type_unknown

_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-preview)?$")


@dataclass(frozen=True)
class Address:
    """What a path names.

    :param group: None for a whole subscription.
    :param provider: in lower case; empty for a subscription or group itself.
    :param rest: the segments after it, decoded.
    :param scope: what is before the last provider, decoded.
    """

    subscription: str
    group: str | None
    provider: str
    rest: tuple[str, ...]
    scope: str


def segments_of(raw_path: str) -> list[str]:
    """The segments of a path, each decoded by itself."""
    return [unquote(part) for part in raw_path.strip("/").split("/") if part]


def read(raw_path: str) -> Address:
    """The address that a path is.

    :raises Refused: where it is none.
    """
    parts = segments_of(raw_path)
    if len(parts) < 2 or parts[0].lower() != "subscriptions":
        raise Refused(404, "NotFound", "There is nothing at this address.", gateway=True)
    after, group = 2, None
    if len(parts) > 3 and parts[2].lower() == "resourcegroups":
        after, group = 4, parts[3]
    # A resource may be named so too, but no provider's name follows it.
    places = [
        n
        for n, (part, following) in enumerate(pairwise(parts))
        if n >= after and part.lower() == "providers" and "." in following
    ]
    if not places and len(parts) == after:
        return Address(parts[1], group, "", (), "/" + "/".join(parts))
    if not places:
        raise Refused(404, "NotFound", "There is nothing at this address.", gateway=True)
    # Of a provider of another one's resource, as permissions are, the last one counts.
    last = places[-1]
    return Address(
        parts[1],
        group,
        parts[last + 1].lower(),
        tuple(parts[last + 2 :]),
        "/" + "/".join(parts[:last]),
    )


def require_version(address: Address, query: Mapping[str, str]) -> str:
    """The api-version that a request names.

    :raises Refused: where there is none, or it does not know such resources.
    """
    version = query.get("api-version", "")
    if not version:
        raise Refused(
            400, "MissingApiVersionParameter", "The query has no api-version.", gateway=True
        )
    if address.provider != PROVIDER.lower():
        if not _VERSION.match(version):
            raise Refused(
                400, "InvalidApiVersionParameter", f"{version!r} is no api-version.", gateway=True
            )
        return version
    if version not in API_VERSIONS:
        raise Refused(
            400,
            "NoRegisteredProviderFound",
            f"The provider {PROVIDER} has the api-versions {', '.join(API_VERSIONS)}.",
            gateway=True,
        )
    what = address.rest[0].lower() if address.rest else ""
    if what not in (ACCOUNTS.lower(), WORKFLOWS):
        raise type_unknown("/".join(address.rest[:1]), version)
    if what == ACCOUNTS.lower() and len(address.rest) > 2:
        kind = KINDS.get(address.rest[2].lower())
        if kind is not None and version not in kind.versions:
            raise type_unknown(f"{ACCOUNTS}/{kind.name}", version)
    return version


def action_of(method: str, address: Address) -> str:
    """The action that a request is, as roles name it."""
    verb = {"GET": "read", "HEAD": "read", "DELETE": "delete"}.get(method, "write")
    if not address.provider:
        what = "" if address.group is None else "/resourceGroups"
        return f"Microsoft.Resources/subscriptions{what}/{verb}"
    kinds = list(address.rest[0::2])
    if method == "POST":
        # The last segment is the action itself.
        kinds, verb = [*address.rest[:-1][0::2], *address.rest[-1:]], "action"
    return "/".join([_spelled(address.provider), *map(_spelled, kinds), verb])


def _spelled(segment: str) -> str:
    return _SPELLED.get(segment.lower(), segment)


_SPELLED = {
    name.lower(): name
    for name in (
        PROVIDER,
        "Microsoft.Authorization",
        ACCOUNTS,
        *(kind.name for kind in KINDS.values()),
        *("listKeyVaultKeys", "listCallbackUrl"),
    )
}
