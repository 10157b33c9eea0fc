"""What a storage service means that refuses the app or is not there, and what to do about it.

Codes: https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes
"""

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

_REFUSED = frozenset({401, 403})
_NOT_FOUND = 404
_ROLE = (
    "the app's identity lacks a role there. docs/deploying.md lists the roles; one that was just "
    "given counts after some minutes"
)
_NETWORK = (
    "its network rules keep the app out. Let the app's network in, or reach the account through a "
    "private endpoint"
)
_MEANINGS = {
    "AuthorizationPermissionMismatch": _ROLE,
    "InsufficientAccountPermissions": _ROLE,
    "AuthorizationFailure": f"either {_NETWORK}; or {_ROLE}",
    "IpAuthorizationError": _NETWORK,
    "PublicAccessNotPermitted": _NETWORK,
    "KeyBasedAuthenticationNotPermitted": (
        "it takes no keys, and the app's setting has one. Name the account by its addresses, for "
        "the app's managed identity"
    ),
    "AuthenticationFailed": (
        "it does not accept the key, signature or token. Renew the key in the app's setting, or "
        "see that the identity belongs to the account's tenant"
    ),
    "AccountIsDisabled": "the account is disabled",
}
_UNKNOWN = "see the roles of the app's identity and the account's network rules"


def is_refusal(error: AzureError) -> bool:
    """Whether trying again changes nothing: the app must be let in first."""
    if isinstance(error, HttpResponseError) and error.status_code in _REFUSED:
        return True
    return isinstance(error, ClientAuthenticationError)


def meaning(error: AzureError) -> str:
    """What went wrong, in a sentence without addresses or credentials, and what to do."""
    if isinstance(error, HttpResponseError) and error.status_code is not None:
        return _answered(error, error.status_code)
    if isinstance(error, ClientAuthenticationError):
        return (
            "The app gets no token for it. Give the app the managed identity that the settings' "
            "client id names, or the system-assigned one where they name none"
        )
    if isinstance(error, ServiceRequestError):
        return (
            "Nothing answers at its address. See that the account exists, that the setting names "
            "it rightly, and that the app's network reaches it"
        )
    if isinstance(error, ServiceResponseError):
        return "It stopped answering. Try again; then see how the account is doing"
    return f"{type(error).__name__}. The log of the app tells more"


def _answered(error: HttpResponseError, status: int) -> str:
    code = getattr(error, "error_code", None)
    name = str(getattr(code, "value", code) or error.reason or "").strip()
    said = f"{status} {name}".strip()
    if status in _REFUSED:
        return f"It refuses the app ({said}): {_MEANINGS.get(name, _UNKNOWN)}"
    if status == _NOT_FOUND:
        return f"It answered {said}. See that the setting names an account that exists"
    return f"It answered {said}"
