"""The caller and its roles, from App Service authentication if that is on.

Its headers are read only when the platform says that it sets them (WEBSITE_AUTH_ENABLED): anyone
could send them otherwise.
"""

import base64
import binascii
import json
import os
from collections.abc import Mapping
from enum import StrEnum
from urllib.parse import urlsplit

from shared.model.problem import Code, Problem
from shared.rules.naming import shown
from shared.rules.roles import Role, may_call, roles_for

UNKNOWN = "key"
"""The caller of an app without authentication: someone with a function key."""


class WayIn(StrEnum):
    """What let a caller in."""

    AUTHENTICATION = "appServiceAuthentication"
    KEY = "functionKey"
    NONE = "none"
    """Neither: the app runs where nobody is asked for anything."""


_NAME = "x-ms-client-principal-name"
_ID = "x-ms-client-principal-id"
_PRINCIPAL = "x-ms-client-principal"
_TOKENS = ("authorization", "x-zumo-auth")
"""Headers in which App Service authentication takes a token; else it was the cookie."""
_FETCH_SITE = "sec-fetch-site"
_FOREIGN = frozenset({"cross-site", "same-site"})
_FORWARDED_HOST = "x-forwarded-host"
"""Where a proxy says which host the browser asked. No page of another site can have it sent."""
_ROLE_CLAIM = "roles"
"""The claim's name in tokens of version 2; ``role_typ`` has the name in this token."""


def caller_of(headers: Mapping[str, str]) -> str:
    """The caller's name, or its id for an application, or ``key``."""
    if not _is_authentication_on():
        return UNKNOWN
    return shown(headers.get(_NAME) or headers.get(_ID) or UNKNOWN)


def roles_of(headers: Mapping[str, str]) -> frozenset[str]:
    """The app roles that the caller was given; none where authentication is off."""
    if not _is_authentication_on():
        return frozenset()
    try:
        principal = json.loads(base64.b64decode(headers.get(_PRINCIPAL, ""), validate=True))
        kinds = {_ROLE_CLAIM, principal.get("role_typ")}
        claims = [claim for claim in principal["claims"] if claim["typ"] in kinds]
        return frozenset(str(claim["val"]) for claim in claims)
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError):
        return frozenset()


def way_in(headers: Mapping[str, str], *, has_key: bool) -> WayIn:
    """How a caller came in: who signed in counts as that, also with a key beside.

    :param has_key: whether a function key came with the request.
    """
    if _is_signed_in(headers):
        return WayIn.AUTHENTICATION
    return WayIn.KEY if has_key else WayIn.NONE


def require_sign_in(headers: Mapping[str, str]) -> None:
    """Refuse a caller whom App Service authentication did not name: nobody looked at a key.

    :raises Problem: Forbidden.
    """
    if not _is_signed_in(headers):
        raise Problem(
            Code.FORBIDDEN,
            "Nobody signed in with this request. Send a token of App Service authentication, or "
            "sign in with a browser; a function key is not looked at (FUNCTION_KEYS=optional).",
        )


def refuse_cross_site(headers: Mapping[str, str], url: str) -> None:
    """Refuse a change that another site's page had a browser send along with its user's cookie.

    A token is never sent by itself: whoever has one means it. Without a browser there are no such
    headers, and no such danger.

    :param url: the address that was asked.
    :raises Problem: CrossSiteRequest.
    """
    by_token = any(headers.get(name) for name in _TOKENS)
    told_by = _foreign_by(headers, url)
    if told_by and _is_signed_in(headers) and not by_token:
        raise Problem(
            Code.CROSS_SITE_REQUEST,
            "A page of another site sent this with the cookie of whoever is signed in. Send it "
            "from a page of this app, or with a token in Authorization.",
            target=told_by,
        )


def _foreign_by(headers: Mapping[str, str], url: str) -> str | None:
    """The header that says that another site's page made the request; None where none does.

    What the browser itself judged counts first: it knows the address that it shows. Browsers that
    do not (Safari before 16.4) name the page's origin with each change, ``null`` where it is
    hidden.
    """
    judged = headers.get(_FETCH_SITE, "").strip().lower()
    if judged:
        return "Sec-Fetch-Site" if judged in _FOREIGN else None
    origin = headers.get("origin", "").strip().lower()
    if not origin:
        return None
    asked = urlsplit(url.lower())
    hosts = {asked.netloc, headers.get(_FORWARDED_HOST, "").strip().lower()} - {""}
    # Behind whatever ends TLS, the address that arrives may begin with http.
    own = {f"{scheme}://{host}" for scheme in {asked.scheme, "https"} for host in hosts}
    return None if origin in own else "Origin"


def require_role(headers: Mapping[str, str], needed: Role) -> None:
    """Refuse a caller whose roles do not allow a route.

    :param needed: the role that the route asks for.
    :raises Problem: Forbidden, which names the roles that do.
    """
    roles = roles_of(headers)
    if may_call(needed, roles):
        return
    allowed = " or ".join(sorted(roles_for(needed)))
    has = ", ".join(sorted(roles & frozenset(Role))) or "none of Interkeep's"
    raise Problem(
        Code.FORBIDDEN,
        f"This needs the role {allowed}; the caller has {has}. Whoever administers the app "
        "registration gives roles.",
    )


def _is_signed_in(headers: Mapping[str, str]) -> bool:
    return _is_authentication_on() and any(headers.get(n) for n in (_PRINCIPAL, _NAME, _ID))


def _is_authentication_on() -> bool:
    return os.environ.get("WEBSITE_AUTH_ENABLED", "").lower() == "true"
