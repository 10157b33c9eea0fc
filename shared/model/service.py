"""A B2B service: the unit of backup and restore."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from shared.model.integration_account import AccountFacts, PushedAccount
from shared.model.noticed import NoticedBy
from shared.model.wire import AS_WHOLE, Stored, Text, Time, Wire


class Edition(StrEnum):
    """The editions of Azure BizTalk Services, in the order of their price."""

    FREE = "Free"
    DEVELOPER = "Developer"
    BASIC = "Basic"
    STANDARD = "Standard"
    PREMIUM = "Premium"


class State(StrEnum):
    """States of the service state chart, and the transitional ones, which allow nothing."""

    ACTIVE = "Active"
    DISABLED = "Disabled"
    SUSPENDED = "Suspended"
    STOPPED = "Stopped"
    SERVICE_UPDATE_FAILED = "ServiceUpdateFailed"
    DISABLE_FAILED = "DisableFailed"
    ENABLE_FAILED = "EnableFailed"
    START_FAILED = "StartFailed"
    STOP_FAILED = "StopFailed"
    RESTART_FAILED = "RestartFailed"
    SUSPEND_FAILED = "SuspendFailed"
    RESUME_FAILED = "ResumeFailed"
    CREATE_FAILED = "CreateFailed"
    RESTORE_FAILED = "RestoreFailed"
    CONFIG_UPDATE_FAILED = "ConfigUpdateFailed"
    SCALE_FAILED = "ScaleFailed"
    CREATING = "Creating"
    RESTORING = "Restoring"
    UPDATING = "Updating"
    DELETING = "Deleting"


class AccessControl(Wire):
    """Namespace and key of the access control service that guards the service."""

    namespace: Text
    key: str | None = Field(None, max_length=4096, repr=False)


class AdvancedDatabase(Wire):
    """How a new tracking database is created."""

    edition: Text | None = None
    max_size_gb: int | None = Field(None, alias="maxSizeGB", ge=1, le=4096)
    collation: Text | None = None


class TrackingDatabase(Wire):
    """The tracking database. Its data are never in a backup."""

    server: Text
    name: Text
    login: Text
    password: str | None = Field(None, max_length=4096, repr=False)
    connection_string: str | None = Field(None, max_length=4096, repr=False)
    """Assembled from the other members by a restore."""
    advanced: AdvancedDatabase | None = None


class Store(Wire):
    """An archiving or monitoring store: a connection string, or a registered account's alias."""

    connection_string: str | None = Field(None, max_length=4096, repr=False)
    storage_account: Text | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> "Store":
        if (self.connection_string is None) == (self.storage_account is None):
            raise ValueError("give either connectionString or storageAccount")
        return self


class SslCertificate(Wire):
    """The service's own certificate: a PFX in base64 and its password, both secret.

    The other members are read from it; values that a caller sends for them are ignored.
    """

    data: str | None = Field(None, max_length=200_000, repr=False)
    password: str | None = Field(None, max_length=4096, repr=False)
    thumbprint: str | None = None
    subject: str | None = None
    expires_at: str | None = None


class ServiceSettings(Wire):
    """Body of PUT services/{service}: the settings of a service.

    A secret that is left out is removed; its mask keeps the stored one.
    """

    edition: Edition
    unit_count: Annotated[int, Field(ge=1, le=8, strict=True), AS_WHOLE] = 1
    product_version: Text = "1.1.0"
    region: Text | None = None
    domain_url: (
        Annotated[Text, Field(pattern=r"^https://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?/?$")] | None
    ) = None
    access_control: AccessControl | None = None
    tracking_database: TrackingDatabase | None = None
    archiving_store: Store | None = None
    monitoring_store: Store | None = None
    ssl_certificate: SslCertificate | None = None


class ScaleBody(Wire):
    """Body of POST services/{service}/scale."""

    unit_count: Annotated[int, Field(ge=1, le=8, strict=True), AS_WHOLE]


class LastBackup(Stored):
    """What a service shows of its last backup."""

    name: str
    status: str
    completed_at: Time
    operation: str
    """Id of the operation, for GET services/{service}/operations/{id}."""


class RestoredFrom(Stored):
    """The backup that a service was restored from."""

    service: str
    """The name of the backed-up service, with which it shares its numbers."""
    backup: str


class Service(Stored):
    """One row of the directory of services."""

    name: str
    """The name as it was typed at creation; compared without regard to case."""
    id: str
    """The id of this service: one that is created later with the same name has another id."""
    edition: Edition
    unit_count: int
    state: State
    created_at: Time
    changed_at: Time
    operations: list[str] = Field(default_factory=list)
    """Ids of the last operations that wrote this row, the latest last, for recovery."""
    last_backup: LastBackup | None = None
    last_scheduled_backup: LastBackup | None = None
    restored_from: RestoredFrom | None = None
    noticed: NoticedBy | None = None
    """What its last backup noticed that was not a failure; None before the first."""
    integration_account: AccountFacts | None = None
    """The integration account that it is linked to, or holds the state of; None for others."""
    pushed_into: list[PushedAccount] | None = None
    """The accounts that its numbers were pushed into, but for those that the one above names; None
    where there never was one."""

    def written_by(self, operation_id: str) -> "Service":
        """The same service with one more operation among the last eight.

        More than eight never wait for recovery at once.
        """
        return self.model_copy(update={"operations": [*self.operations[-7:], operation_id]})
