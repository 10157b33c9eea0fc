"""Which errors each route answers with, of its declaration and by itself. Imported with answers.py.

What follows from a route's declaration is made of it; what a route alone refuses is listed. Every
test that calls the API holds what it is answered to this.
"""

import re
from collections.abc import Iterator

from shared.http.route import Route
from shared.http.tasks import names_operation
from shared.model.problem import Code

_SETTLED = {
    Code.KEY_UNAVAILABLE,
    Code.KEY_VAULT_UNAVAILABLE,
}
"""Of all that opens or seals."""

_READ_DESCRIPTOR = _SETTLED | {
    Code.STORAGE_ACCOUNT_UNKNOWN,
    Code.BACKUP_NOT_FOUND,
    Code.DESCRIPTOR_FORGED,
    Code.BLOB_ARCHIVED,
    Code.FORMAT_UNKNOWN,
}
_READ_BACKUP = _READ_DESCRIPTOR | {Code.BLOB_MISSING, Code.BLOB_CORRUPT}
_CHANGED = {Code.OPERATION_NOT_ALLOWED, Code.CONFIGURATION_HELD}
_DOCUMENT = _CHANGED | {
    Code.INVALID_NAME,
    Code.DANGLING_REFERENCE,
    Code.RESERVED_MEMBER,
    Code.MASK_WITHOUT_VALUE,
    Code.CERTIFICATE_PASSWORD_WRONG,
    Code.CERTIFICATE_HAS_NO_PRIVATE_KEY,
    Code.CERTIFICATE_EXPIRED,
    Code.QUOTA_EXCEEDED,
    Code.ARTIFACT_IN_USE,
    Code.CONTROL_NUMBER_ISSUED,
    Code.DOCUMENT_TOO_LARGE,
    *_SETTLED,
}
_MOVED = {Code.OPERATION_NOT_ALLOWED, Code.OPERATION_IN_PROGRESS}

_OWN: dict[str, set[Code]] = {
    "put_service": _CHANGED
    | _MOVED
    | _SETTLED
    | {
        Code.INVALID_NAME,
        Code.SERVICE_EXISTS,
        Code.SERVICE_NAME_UNAVAILABLE,
        Code.STORAGE_ACCOUNT_UNKNOWN,
        Code.MASK_WITHOUT_VALUE,
        Code.CERTIFICATE_PASSWORD_WRONG,
        Code.CERTIFICATE_HAS_NO_PRIVATE_KEY,
        Code.CERTIFICATE_EXPIRED,
    },
    "delete_service": _MOVED,
    "scale_service": _MOVED | {Code.QUOTA_EXCEEDED},
    **{
        f"{move}_service": _MOVED
        for move in ("start", "stop", "restart", "suspend", "resume", "disable", "enable")
    },
    "get_artifact": {Code.ARTIFACT_NOT_FOUND},
    "put_artifact": _DOCUMENT,
    "delete_artifact": _CHANGED | {Code.ARTIFACT_NOT_FOUND, Code.ARTIFACT_IN_USE},
    "put_content": _CHANGED | {Code.ARTIFACT_NOT_FOUND, Code.CONTENT_MD5_MISMATCH},
    "get_content": {Code.ARTIFACT_NOT_FOUND},
    "import_artifacts": _DOCUMENT,
    "get_control_numbers": {Code.AGREEMENT_NOT_FOUND},
    "set_control_number": {
        Code.OPERATION_NOT_ALLOWED,
        Code.AGREEMENT_NOT_FOUND,
        Code.CONTROL_NUMBER_ISSUED,
    },
    "advance_control_numbers": {
        Code.OPERATION_NOT_ALLOWED,
        Code.OPERATION_IN_PROGRESS,
        Code.AGREEMENT_NOT_FOUND,
        Code.CONTROL_NUMBERS_EXHAUSTED,
    },
    "allocate_control_numbers": {
        Code.SERVICE_NOT_ACTIVE,
        Code.AGREEMENT_NOT_FOUND,
        Code.CONTROL_NUMBERS_EXHAUSTED,
    },
    "receive_control_number": {Code.SERVICE_NOT_ACTIVE, Code.AGREEMENT_NOT_FOUND},
    "get_received_number": {Code.AGREEMENT_NOT_FOUND, Code.ARTIFACT_NOT_FOUND},
    "release_received_number": {
        Code.OPERATION_NOT_ALLOWED,
        Code.AGREEMENT_NOT_FOUND,
        Code.ARTIFACT_NOT_FOUND,
    },
    "put_mic_value": {Code.SERVICE_NOT_ACTIVE, Code.AGREEMENT_NOT_FOUND},
    "get_mic_value": {Code.AGREEMENT_NOT_FOUND, Code.ARTIFACT_NOT_FOUND},
    "put_batch_activity": {Code.SERVICE_NOT_ACTIVE, Code.ARTIFACT_NOT_FOUND},
    "start_backup": _MOVED
    | {
        Code.STORAGE_ACCOUNT_UNKNOWN,
        Code.EDITION_HAS_NO_BACKUP,
        Code.BACKUP_NAME_IN_USE,
        Code.BATCHES_ACTIVE,
    },
    "get_backup": {Code.BACKUP_NOT_FOUND},
    "pin_backup": {Code.BACKUP_NOT_FOUND, Code.BACKUP_IN_USE},
    "delete_backup": {
        Code.BACKUP_NOT_FOUND,
        Code.BACKUP_PINNED,
        Code.BACKUP_IN_USE,
        Code.LAST_GOOD_BACKUP,
        Code.STORAGE_ACCOUNT_UNKNOWN,
        Code.KEY_VAULT_UNAVAILABLE,
    },
    "verify_backup": {Code.BACKUP_NOT_FOUND, Code.BACKUP_IN_USE},
    "list_backup_contents": _READ_BACKUP | {Code.BACKUP_IN_USE},
    "list_backup_changes": _READ_BACKUP | {Code.BACKUP_IN_USE, Code.SERVICE_NOT_FOUND},
    "get_schedule": {Code.SCHEDULE_NOT_FOUND},
    "put_schedule": {
        Code.OPERATION_NOT_ALLOWED,
        Code.SCHEDULE_NOT_FOUND,  # ended by somebody before it could be shown
        Code.STORAGE_ACCOUNT_UNKNOWN,
        Code.EDITION_HAS_NO_BACKUP,
    },
    "delete_schedule": {Code.OPERATION_NOT_ALLOWED, Code.SCHEDULE_NOT_FOUND},
    "preview_schedule": {
        Code.SCHEDULE_NOT_FOUND,
        Code.STORAGE_ACCOUNT_UNKNOWN,
        Code.EDITION_HAS_NO_BACKUP,
    },
    "start_restore": _READ_BACKUP
    | {
        Code.INVALID_NAME,
        Code.SERVICE_EXISTS,
        Code.SERVICE_NAME_UNAVAILABLE,
        Code.OPERATION_IN_PROGRESS,
        Code.EDITION_TOO_LOW,
        Code.EDITION_HAS_NO_BACKUP,
        Code.QUOTA_EXCEEDED,
        Code.DANGLING_REFERENCE,
        Code.ARTIFACT_NOT_FOUND,
        Code.CERTIFICATE_PASSWORD_WRONG,
        Code.CERTIFICATE_HAS_NO_PRIVATE_KEY,
        Code.CERTIFICATE_EXPIRED,
        Code.BACKUP_INCOMPLETE,
        Code.CONTROL_NUMBERS_EXHAUSTED,
    },
    "get_restore": {Code.RESTORE_NOT_FOUND},
    "get_operation": {Code.OPERATION_NOT_FOUND},
    "get_general_operation": {Code.OPERATION_NOT_FOUND},
    "cancel_operation": {Code.OPERATION_NOT_FOUND, Code.OPERATION_NOT_ALLOWED},
    "browse_backups": {Code.STORAGE_ACCOUNT_UNKNOWN},
    "rotate_keys": {Code.OPERATION_IN_PROGRESS},
    "seal_secrets": {Code.OPERATION_IN_PROGRESS},
    "register_backup": _READ_DESCRIPTOR
    | {Code.INVALID_NAME, Code.BACKUP_NAME_IN_USE, Code.OPERATION_IN_PROGRESS},
}
"""By the name of the route's function: what does not follow from its declaration."""

_OUTLIVES = re.compile(r"services/\{service\}/(backups|operations)(/.*)?")
"""The history and the log are there without their service."""


def codes(declared: Route) -> list[Code]:
    """What a route may be refused with, or fail with, in the order of the contract."""
    found = {*_usual(declared), *_OWN.get(declared.name, ())}
    return [code for code in Code if code in found]


def _usual(declared: Route) -> Iterator[Code]:
    yield from (Code.INVALID_REQUEST, Code.UNSUPPORTED_API_VERSION)
    yield from (Code.INTERNAL_ERROR, Code.STORAGE_UNAVAILABLE)
    if not declared.anonymous:
        yield Code.FORBIDDEN
    if declared.method != "GET" and not declared.takes_bytes:
        yield from (Code.INVALID_JSON, Code.BODY_TOO_LARGE)
    if declared.conditional:
        yield Code.CONDITION_NOT_MET
    if names_operation(declared):
        yield from (Code.INVALID_NAME, Code.OPERATION_ID_IN_USE)
    outlives = _OUTLIVES.fullmatch(declared.path) and declared.name != "start_backup"
    if "{service}" in declared.path and not outlives:
        yield Code.SERVICE_NOT_FOUND
