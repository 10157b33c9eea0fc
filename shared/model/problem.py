"""Every error that is reported to a caller: one exception class, ``Problem``, with a code.

There are no subclasses: problems differ by their code, which also decides the HTTP status. A
Problem is raised where the fact is known, and turned into an HTTP answer only in
shared/web/http/errors.py.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum

from shared.model.wire import JsonObject


class Code(StrEnum):
    """The error codes: a contract. docs/errors.md explains each."""

    # 400: the request is wrong
    INVALID_REQUEST = "InvalidRequest"
    INVALID_JSON = "InvalidJson"
    INVALID_NAME = "InvalidName"
    UNSUPPORTED_API_VERSION = "UnsupportedApiVersionValue"
    DANGLING_REFERENCE = "DanglingReference"
    RESERVED_MEMBER = "ReservedMember"
    MASK_WITHOUT_VALUE = "MaskWithoutValue"
    CERTIFICATE_PASSWORD_WRONG = "CertificatePasswordWrong"  # noqa: S105  # nosec B105
    CERTIFICATE_HAS_NO_PRIVATE_KEY = "CertificateHasNoPrivateKey"
    CERTIFICATE_EXPIRED = "CertificateExpired"
    CONTENT_MD5_MISMATCH = "ContentMd5Mismatch"
    OPERATION_ID_IN_USE = "OperationIdInUse"
    STORAGE_ACCOUNT_UNKNOWN = "StorageAccountUnknown"
    EDITION_TOO_LOW = "EditionTooLow"
    EDITION_HAS_NO_BACKUP = "EditionHasNoBackup"
    # 403: not allowed for this caller
    FORBIDDEN = "Forbidden"
    CROSS_SITE_REQUEST = "CrossSiteRequest"
    INTEGRATION_ACCOUNT_FORBIDDEN = "IntegrationAccountForbidden"
    # 404: it does not exist
    SERVICE_NOT_FOUND = "ServiceNotFound"
    ARTIFACT_NOT_FOUND = "ArtifactNotFound"
    AGREEMENT_NOT_FOUND = "AgreementNotFound"
    BACKUP_NOT_FOUND = "BackupNotFound"
    OPERATION_NOT_FOUND = "OperationNotFound"
    RESTORE_NOT_FOUND = "RestoreNotFound"
    SCHEDULE_NOT_FOUND = "ScheduleNotFound"
    ROUTE_NOT_FOUND = "RouteNotFound"
    INTEGRATION_ACCOUNT_NOT_LINKED = "IntegrationAccountNotLinked"
    INTEGRATION_ACCOUNT_NOT_FOUND = "IntegrationAccountNotFound"
    INTEGRATION_ACCOUNT_UNKNOWN = "IntegrationAccountUnknown"
    # 409: not allowed in this state
    OPERATION_NOT_ALLOWED = "OperationNotAllowed"
    OPERATION_IN_PROGRESS = "OperationInProgress"
    SERVICE_EXISTS = "ServiceExists"
    SERVICE_NAME_UNAVAILABLE = "ServiceNameUnavailable"
    SERVICE_NOT_ACTIVE = "ServiceNotActive"
    QUOTA_EXCEEDED = "QuotaExceeded"
    ARTIFACT_IN_USE = "ArtifactInUse"
    CONFIGURATION_HELD = "ConfigurationHeld"
    BACKUP_NAME_IN_USE = "BackupNameInUse"
    BACKUP_NAME_UNAVAILABLE = "BackupNameUnavailable"
    BATCHES_ACTIVE = "BatchesActive"
    BACKUP_PINNED = "BackupPinned"
    BACKUP_IN_USE = "BackupInUse"
    LAST_GOOD_BACKUP = "LastGoodBackup"
    BACKUP_INCOMPLETE = "BackupIncomplete"
    CONTROL_NUMBER_ISSUED = "ControlNumberIssued"
    CONTROL_NUMBERS_EXHAUSTED = "ControlNumbersExhausted"
    DESCRIPTOR_FORGED = "DescriptorForged"
    BLOB_MISSING = "BlobMissing"
    BLOB_CORRUPT = "BlobCorrupt"
    BLOB_ARCHIVED = "BlobArchived"
    FORMAT_UNKNOWN = "FormatUnknown"
    KEY_UNAVAILABLE = "KeyUnavailable"
    INTEGRATION_ACCOUNT_LINKED = "IntegrationAccountLinked"
    INTEGRATION_ACCOUNT_REFUSED = "IntegrationAccountRefused"
    INTEGRATION_ACCOUNT_HOLDS = "IntegrationAccountHolds"
    CONTROL_NUMBERS_UNCERTAIN = "ControlNumbersUncertain"
    MANAGED_BY_ACCOUNT = "ManagedByAccount"
    PULL_REMOVES_TOO_MUCH = "PullRemovesTooMuch"
    # others
    CONDITION_NOT_MET = "ConditionNotMet"
    BODY_TOO_LARGE = "BodyTooLarge"
    DOCUMENT_TOO_LARGE = "DocumentTooLarge"
    INTERNAL_ERROR = "InternalError"
    STORAGE_UNAVAILABLE = "StorageUnavailable"
    KEY_VAULT_UNAVAILABLE = "KeyVaultUnavailable"
    INTEGRATION_ACCOUNT_UNAVAILABLE = "IntegrationAccountUnavailable"

    @property
    def status(self) -> int:
        """The HTTP status of answers with this code."""
        return _STATUS.get(self, 409)


_STATUS: dict[Code, int] = {
    **dict.fromkeys(
        (
            Code.INVALID_REQUEST,
            Code.INVALID_JSON,
            Code.INVALID_NAME,
            Code.UNSUPPORTED_API_VERSION,
            Code.DANGLING_REFERENCE,
            Code.RESERVED_MEMBER,
            Code.MASK_WITHOUT_VALUE,
            Code.CERTIFICATE_PASSWORD_WRONG,
            Code.CERTIFICATE_HAS_NO_PRIVATE_KEY,
            Code.CERTIFICATE_EXPIRED,
            Code.CONTENT_MD5_MISMATCH,
            Code.OPERATION_ID_IN_USE,
            Code.STORAGE_ACCOUNT_UNKNOWN,
            Code.EDITION_TOO_LOW,
            Code.EDITION_HAS_NO_BACKUP,
        ),
        400,
    ),
    **dict.fromkeys(
        (
            Code.SERVICE_NOT_FOUND,
            Code.ARTIFACT_NOT_FOUND,
            Code.AGREEMENT_NOT_FOUND,
            Code.BACKUP_NOT_FOUND,
            Code.OPERATION_NOT_FOUND,
            Code.RESTORE_NOT_FOUND,
            Code.SCHEDULE_NOT_FOUND,
            Code.INTEGRATION_ACCOUNT_NOT_LINKED,
            Code.ROUTE_NOT_FOUND,
            Code.INTEGRATION_ACCOUNT_NOT_FOUND,
            Code.INTEGRATION_ACCOUNT_UNKNOWN,
        ),
        404,
    ),
    Code.FORBIDDEN: 403,
    Code.CROSS_SITE_REQUEST: 403,
    Code.INTEGRATION_ACCOUNT_FORBIDDEN: 403,
    Code.CONDITION_NOT_MET: 412,
    Code.BODY_TOO_LARGE: 413,
    Code.DOCUMENT_TOO_LARGE: 413,
    Code.INTERNAL_ERROR: 500,
    Code.STORAGE_UNAVAILABLE: 503,
    Code.KEY_VAULT_UNAVAILABLE: 503,
    Code.INTEGRATION_ACCOUNT_UNAVAILABLE: 503,
}


class DetailCode(StrEnum):
    """Codes of single errors in a request; the codes above may be in details too."""

    UNKNOWN_MEMBER = "UnknownMember"
    UNKNOWN_PARAMETER = "UnknownParameter"
    MISSING_MEMBER = "MissingMember"
    WRONG_TYPE = "WrongType"
    WRONG_VALUE = "WrongValue"


@dataclass(frozen=True)
class Detail:
    """One of several errors in one request."""

    code: Code | DetailCode
    message: str
    target: str = ""
    """JSON pointer into the body, or the name of a parameter."""


@dataclass
class Problem(Exception):
    """A refusal or a fault that is reported to the caller.

    :param code: one of the contract's codes; it decides the HTTP status.
    :param message: what is wrong and what to do next, for a person.
    :param target: the member, parameter or blob that it is about.
    :param details: the single errors, if several were found at once.
    :param retry_after_seconds: when a retry can help.
    :param again: whether another attempt at the same work may succeed; then only the last attempt
        is final.
    :param wait_seconds: how long whoever refused it asked to wait: an attempt before that is in
        vain. 0 where nobody asked.
    """

    code: Code
    message: str
    target: str | None = None
    details: Sequence[Detail] = field(default_factory=tuple)
    retry_after_seconds: int | None = None
    again: bool = False
    wait_seconds: int = 0

    def to_json(self) -> JsonObject:
        """As the member ``error`` of an answer."""
        shape: JsonObject = {"code": str(self.code), "message": self.message}
        if self.target:
            shape["target"] = self.target
        if self.details:
            shape["details"] = [
                {"code": str(d.code), "message": d.message, "target": d.target}
                for d in self.details
            ]
        return shape

    def within(self, place: str) -> "Problem":
        """The same problem for a part of the body: its pointers are prefixed with the part's place.

        :param place: JSON pointer of the part.
        """

        def moved(target: str) -> str:
            return place + target if target.startswith("/") else target

        return replace(
            self,
            target=moved(self.target) if self.target else self.target,
            details=[replace(detail, target=moved(detail.target)) for detail in self.details],
        )

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


@contextmanager
def problems_within(place: str) -> Iterator[None]:
    """Run the body of the statement, and report its problems for this part of the request's
    body."""
    try:
        yield
    except Problem as problem:
        if not place:
            raise
        raise problem.within(place) from problem
