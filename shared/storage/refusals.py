"""What storage services answer: one table of their error codes, and what each means for the caller.

No other module decides by a status or by the SDK's exception classes. One status has many meanings
(409 can say that a blob exists, that it is in the archive tier, that its container is being
deleted, that a policy forbids the write), and the SDK's classes follow the status.

Codes: https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes, and the
pages of blobs, tables and queues next to it.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from typing import Any

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)


class Said(Enum):
    """What a refusal says about the request."""

    THERE = "there is one already"
    GONE = "there is none"
    TABLE_GONE = "there is no such table"
    BEING_DELETED = "it is being deleted, and its name is not free yet"
    CHANGED = "it is not as the condition wants it"
    OFFLINE = "it is in the archive tier, or on its way out of it"
    BUSY = "not now: the same request may succeed later"
    REFUSED = "whoever asks may not do this, or a policy forbids it"
    UNFIT = "what was sent can never be stored"
    SILENT = "nothing that can be understood: no answer, or one that ended early"
    OTHER = "something that this table does not know"


_CODES: dict[Said, tuple[str, ...]] = {
    Said.THERE: (
        "BlobAlreadyExists",
        "ContainerAlreadyExists",
        "EntityAlreadyExists",
        "QueueAlreadyExists",
        "ResourceAlreadyExists",
        "TableAlreadyExists",
    ),
    Said.GONE: (
        "BlobNotFound",
        "ContainerNotFound",
        "EntityNotFound",
        "QueueNotFound",
        "ResourceNotFound",
    ),
    Said.TABLE_GONE: ("TableNotFound",),
    Said.BEING_DELETED: (
        "ContainerBeingDeleted",
        "QueueBeingDeleted",
        "TableBeingDeleted",
    ),
    Said.CHANGED: (
        "BlobOverwritten",
        "ConditionNotMet",
        "TargetConditionNotMet",
        "UpdateConditionNotSatisfied",
    ),
    Said.OFFLINE: ("BlobArchived", "BlobBeingRehydrated"),
    Said.BUSY: (
        "InternalError",
        "OperationTimedOut",
        "ServerBusy",
        "ServiceUnavailable",
        "TooManyRequests",
    ),
    Said.REFUSED: (
        "AccountIsDisabled",
        "BlobImmutableDueToLegalHold",
        "BlobImmutableDueToPolicy",
        "ContainerDisabled",
        "ContainerHasLegalHold",
        "ContainerImmutabilityPolicyLocked",
        "ContainerImmutabilityPolicyOrLegalHold",
        "ContainerImmutableDueToLegalHold",
        "ContainerImmutableDueToPolicy",
        "ContainerProtectedFromDeletion",
        "DirectoryIsNotEmpty",
        "LeaseIdMismatchWithBlobOperation",
        "LeaseIdMismatchWithContainerOperation",
        "LeaseIdMissing",
        "OperationNotSupportedOnDirectory",
        "SnapshotsPresent",
    ),
    Said.UNFIT: (
        "EntityTooLarge",
        "InvalidInput",
        "KeyValueTooLarge",
        "MetadataTooLarge",
        "OutOfRangeInput",
        "PropertyNameTooLong",
        "PropertyValueTooLarge",
        "RequestBodyTooLarge",
        "TooManyProperties",
    ),
}
_MEANS = {code: what for what, codes in _CODES.items() for code in codes}

_FORBIDDEN = frozenset({401, 403})
_BUSY = frozenset({408, 429, 500, 502, 503, 504})
_BAD_REQUEST = 400
_FAULT = 500
_REFUSALS_FROM = 300
_RANGE_NOT_SATISFIABLE = "InvalidRange"
_SOURCE_CODE = "x-ms-copy-source-error-code"
_SOURCE_STATUS = "x-ms-copy-source-status-code"
_ONE_SOURCE = frozenset({"Md5Mismatch", "InvalidMd5", "InvalidInput"})
_MISSING_SOURCE = frozenset({"404", "409", "416"})  # 416: the source is empty


class CutOff(ServiceResponseError):
    """An answer that ended early, though it looked complete."""


class BatchRefused(HttpResponseError):
    """A transaction whose answer has status 202 and contains a refusal.

    Nothing of it was written, unless the refusal is a server error (500): then the outcome is as
    uncertain as that of a request without an answer, and the id of the write is read back.

    :param status_code: status of the first write that was refused.
    :param error_code: the service's own.
    :param retry_after_seconds: how long to wait, if the refusal says so.
    """

    def __init__(self, status_code: int, error_code: str, retry_after_seconds: float = 0) -> None:
        super().__init__(message=f"The transaction was refused: {status_code} {error_code}")
        self.status_code = status_code
        self.error_code = error_code
        self.retry_after_seconds = retry_after_seconds


def said(error: AzureError) -> Said:
    """What storage meant, by its error code; by the status only where the status is unambiguous."""
    if not isinstance(error, HttpResponseError):
        return Said.SILENT
    status = error.status_code
    if status is None:
        return Said.REFUSED if isinstance(error, ClientAuthenticationError) else Said.SILENT
    found = _MEANS.get(code_of(error))
    if found is not None:
        return found
    if status in _FORBIDDEN:
        return Said.REFUSED
    return Said.BUSY if status in _BUSY else Said.OTHER


def code_of(error: AzureError) -> str:
    """The service's own error code, empty where it gave none."""
    code = getattr(error, "error_code", None)
    if code:
        return str(getattr(code, "value", code))
    answer = getattr(error, "response", None)
    headers: Mapping[str, str] = getattr(answer, "headers", None) or {}
    if headers.get("x-ms-error-code"):
        return headers["x-ms-error-code"]
    try:
        return code_in(answer.content)  # type: ignore[union-attr]
    except Exception:  # noqa: BLE001 - an answer whose body was not read has no code
        return ""


def code_in(body: bytes) -> str:
    """The code in the body of the table service's errors, empty where there is none."""
    try:
        return str(json.loads(body)["odata.error"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""


def refusal(answer: Any) -> HttpResponseError:
    """The exception for an answer whose body has been read."""
    error = HttpResponseError("Storage refused", response=answer)
    error.error_code = code_of(error)  # type: ignore[attr-defined]
    error.message = f"Storage refused: {answer.status_code} {code_of(error)}".strip()
    error.args = (error.message,)
    return error


def is_refused(answer: Any) -> bool:
    """Whether an answer is not a success."""
    return int(answer.status_code) >= _REFUSALS_FROM


def is_busy(answer: Any) -> bool:
    """Whether an answer reports a temporary condition, also one of the source of a copy."""
    if int(answer.status_code) in _BUSY:
        return True
    return _MEANS.get(answer.headers.get(_SOURCE_CODE) or "") is Said.BUSY


def is_fault(answer: Any) -> bool:
    """Whether the service failed, and did not just ask to wait: a copy is then tried only twice."""
    return int(answer.status_code) == _FAULT


def passes(error: AzureError) -> bool:
    """Whether the same request may succeed later."""
    return said(error) in (Said.BUSY, Said.SILENT)


def is_behind_the_end(error: AzureError) -> bool:
    """Whether a range was asked for that begins after a blob's end."""
    return code_of(error) == _RANGE_NOT_SATISFIABLE


def is_unknown_place(error: AzureError) -> bool:
    """Whether storage refused the continuation of a list."""
    return getattr(error, "status_code", None) == _BAD_REQUEST


def is_of_one_source(error: AzureError) -> bool:
    """Whether the refusal of a copy is about its source: copies of other sources may succeed."""
    if code_of(error) in _ONE_SOURCE or said(error) in (Said.GONE, Said.OFFLINE):
        return True
    headers: Mapping[str, str] = getattr(getattr(error, "response", None), "headers", None) or {}
    source = _MEANS.get(headers.get(_SOURCE_CODE, ""))
    if source in (Said.GONE, Said.OFFLINE):
        return True
    status = headers.get(_SOURCE_STATUS, str(getattr(error, "status_code", "")))
    return code_of(error) == "CannotVerifyCopySource" and status in _MISSING_SOURCE


@contextmanager
def expecting(*meanings: Said) -> Iterator[None]:
    """Ignore a refusal that has one of these meanings."""
    try:
        yield
    except AzureError as error:
        if said(error) not in meanings:
            raise


_ROLE = (
    "the app's identity lacks a role there. docs/deploying.md lists the roles; one that was just "
    "given counts after some minutes"
)
_NETWORK = (
    "its network rules keep the app out. Let the app's network in, or reach the account through a "
    "private endpoint"
)
_POLICY = (
    "an immutability policy or a legal hold protects it. It can be changed when that has ended"
)
_LEASE = "somebody holds a lease on it. Break the lease, then try again"
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
    "BlobImmutableDueToLegalHold": _POLICY,
    "BlobImmutableDueToPolicy": _POLICY,
    "ContainerDisabled": "the container is disabled",
    "ContainerHasLegalHold": _POLICY,
    "ContainerImmutabilityPolicyLocked": _POLICY,
    "ContainerImmutabilityPolicyOrLegalHold": _POLICY,
    "ContainerImmutableDueToLegalHold": _POLICY,
    "ContainerImmutableDueToPolicy": _POLICY,
    "ContainerProtectedFromDeletion": _POLICY,
    "LeaseIdMismatchWithBlobOperation": _LEASE,
    "LeaseIdMismatchWithContainerOperation": _LEASE,
    "LeaseIdMissing": _LEASE,
}
_UNKNOWN = "see the roles of the app's identity and the account's network rules"


def is_refusal(error: AzureError) -> bool:
    """Whether a retry is useless, since the app lacks access."""
    return said(error) is Said.REFUSED


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
    name = (code_of(error) or error.reason or "").strip()
    answer = f"{status} {name}".strip()
    match said(error):
        case Said.REFUSED:
            return f"It refuses the app ({answer}): {_MEANINGS.get(name, _UNKNOWN)}"
        case Said.GONE | Said.TABLE_GONE:
            return f"It answered {answer}. See that the setting names an account that exists"
    return f"It answered {answer}"
