"""Who calls: the name that App Service authentication found, where it is on.

Its headers are read only when the platform says that it sets them (WEBSITE_AUTH_ENABLED): anyone
could send them otherwise.
"""

import os
from collections.abc import Mapping

from shared.rules.naming import shown

UNKNOWN = "key"
"""The caller of an app without authentication: somebody with a function key."""

_NAME = "x-ms-client-principal-name"
_ID = "x-ms-client-principal-id"


def caller_of(headers: Mapping[str, str]) -> str:
    """The caller's name, or its id for an application, or ``key``."""
    if os.environ.get("WEBSITE_AUTH_ENABLED", "").lower() != "true":
        return UNKNOWN
    return shown(headers.get(_NAME) or headers.get(_ID) or UNKNOWN)
