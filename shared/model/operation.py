"""Operations: the records of the log, which monitors also show."""

from enum import StrEnum

from pydantic import Field

from shared.model.wire import JsonObject, Stored, Time

NO_SERVICE = "*"
"""In place of a service's name, for an operation that is not of one service."""


class OperationName(StrEnum):
    """The operation log's names, those of Azure BizTalk Services."""

    CREATE = "CreateBizTalkService"
    DELETE = "DeleteBizTalkService"
    START = "StartBizTalkService"
    STOP = "StopBizTalkService"
    RESTART = "RestartBizTalkService"
    DISABLE = "DisableBizTalkService"
    ENABLE = "EnableBizTalkService"
    SUSPEND = "SuspendBizTalkService"
    RESUME = "ResumeBizTalkService"
    SCALE = "ScaleBizTalkService"
    CONFIG_UPDATE = "ConfigUpdateBizTalkService"
    SERVICE_UPDATE = "ServiceUpdateBizTalkService"
    BACKUP = "BackupBizTalkService"
    RESTORE = "RestoreBizTalkService"
    PURGE_BACKUP = "PurgeBackupBizTalkService"
    VERIFY_BACKUP = "VerifyBackupBizTalkService"
    REGISTER_BACKUP = "RegisterBackupBizTalkService"
    ROTATE_KEYS = "RotateKeys"
    SEAL_SECRETS = "SealSecrets"
    LINK = "LinkIntegrationAccount"
    UNLINK = "UnlinkIntegrationAccount"
    PULL = "PullIntegrationAccount"
    PUSH = "PushIntegrationAccount"
    RUN_SCHEDULES = "RunSchedules"
    """Logged only if a run of the schedules could not start anything."""


class OperationStatus(StrEnum):
    """The status of an operation; the last four are final."""

    NOT_STARTED = "NotStarted"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    PARTIALLY_SUCCEEDED = "PartiallySucceeded"
    FAILED = "Failed"
    CANCELED = "Canceled"

    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self not in (OperationStatus.NOT_STARTED, OperationStatus.RUNNING)


CANCELABLE = frozenset(
    {
        OperationName.BACKUP,
        OperationName.PULL,
        OperationName.PUSH,
        OperationName.VERIFY_BACKUP,
    }
)
"""What can stop half way."""


class Progress(Stored):
    """The progress of an operation."""

    stage: str
    done: int = 0
    total: int = 0
    """0 if it is unknown."""


class OperationError(Stored):
    """Why an operation failed, or why its last attempt did."""

    code: str
    message: str
    target: str | None = None


class Warning(Stored):
    """Something that the operator must know about a result."""

    code: str
    message: str
    target: str | None = None


HIDDEN = {
    "worker",
    "lease_seconds",
    "immediate",
    "next_attempt_at",
    "wait_seconds",
    "cancel_requested",
}
"""Members of a record that only the engine uses."""


class Operation(Stored):
    """One record of the operation log."""

    id: str
    operation: OperationName
    service: str
    service_id: str | None = None
    status: OperationStatus = OperationStatus.NOT_STARTED
    caller: str
    trigger: str
    created_at: Time
    started_at: Time | None = None
    completed_at: Time | None = None
    attempt: int = 0
    parameters: JsonObject = Field(default_factory=dict)
    """The parameters of the request; never a secret."""
    progress: Progress | None = None
    error: OperationError | None = None
    result: JsonObject | None = None
    warnings: list[Warning] = Field(default_factory=list)
    worker: str = ""
    """Id of the lease's holder; empty for none."""
    lease_seconds: int = 0
    next_attempt_at: Time | None = None
    wait_seconds: int = 0
    """How long whoever refused the last attempt asked to wait."""
    cancel_requested: bool = False
    immediate: bool = False
    """One conditional write of the service, done before the HTTP answer."""

    @property
    def is_cancelable(self) -> bool:
        """Whether asking it to stop would still change anything."""
        ended = self.status.is_final()
        return self.operation in CANCELABLE and not ended and not self.cancel_requested

    def monitor(self) -> JsonObject:
        """What a caller sees."""
        return self.model_dump(
            mode="json",
            by_alias=True,
            exclude_none=True,
            exclude=HIDDEN | ({"service"} if self.service == NO_SERVICE else set()),
        )
