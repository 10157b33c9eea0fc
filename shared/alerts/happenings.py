"""The events for which alerts are raised, and their texts."""

from collections.abc import Sequence
from datetime import datetime

from shared.model.alert import Alert, AlertType
from shared.model.operation import Operation
from shared.model.wire import JsonObject, rfc3339


def backups_missed(
    service: str, service_id: str, *, before: datetime, missed: int, reason: str, now: datetime
) -> Alert:
    """Due times that passed without a backup.

    :param before: the due time that was run instead, or the last of them.
    """
    times = "one scheduled backup" if missed == 1 else f"{missed} scheduled backups"
    return Alert(
        id=f"{service_id}-{before:%Y%m%d%H%M%S}-missed",
        type=AlertType.BACKUP_MISSED,
        service=service,
        subject=f"services/{service}/backup-schedule",
        time=now,
        message=f"{times} of service '{service}' until {rfc3339(before)} did not run: {reason}.",
        data={"missed": missed, "dueAt": rfc3339(before)},
    )


def backup_failed(operation: Operation, backup: str, now: datetime) -> Alert:
    """A scheduled backup that failed, after all its attempts."""
    why = operation.error.message if operation.error else "it was stopped."
    return _of_backup(
        AlertType.BACKUP_FAILED,
        operation,
        backup,
        now,
        message=f"The scheduled backup '{backup}' of service '{operation.service}' failed: {why}",
        data={"attempts": operation.attempt},
    )


def backup_partial(operation: Operation, backup: str, now: datetime) -> Alert:
    """A scheduled backup that is partial because something could not be read."""
    result = operation.result or {}
    listed, count = result.get("failures"), result.get("failedItems")
    failures = listed if isinstance(listed, list) else []
    first = failures[0] if failures and isinstance(failures[0], dict) else {}
    what = f"{first.get('section')}/{first.get('name')}: {first.get('message')}" if first else ""
    lacking = count if isinstance(count, int) else len(failures)
    items = "one item" if lacking == 1 else f"{lacking} items"
    return _of_backup(
        AlertType.BACKUP_PARTIAL,
        operation,
        backup,
        now,
        message=f"The scheduled backup '{backup}' of service '{operation.service}' lacks {items}. "
        f"{what}".strip(),
        data={"code": str(first.get("code", operation.status)), "failedItems": lacking},
    )


def verify_failed(operation: Operation, backup: str, now: datetime) -> Alert:
    """A verify that found a backup bad, or could not look."""
    why = operation.error.message if operation.error else "it was stopped."
    return _of_backup(
        AlertType.VERIFY_FAILED,
        operation,
        backup,
        now,
        message=f"The backup '{backup}' of service '{operation.service}' did not verify: {why}",
    )


_ENDS = {
    AlertType.BACKUP_FAILED: "failed",
    AlertType.BACKUP_PARTIAL: "partial",
    AlertType.VERIFY_FAILED: "verify-failed",
}
"""How the id of an alert ends: one operation may have several."""


def _of_backup(
    kind: AlertType,
    operation: Operation,
    backup: str,
    now: datetime,
    *,
    message: str,
    data: JsonObject | None = None,
) -> Alert:
    """An alert of how an operation on a backup ended."""
    code = operation.error.code if operation.error else str(operation.status)
    return Alert(
        id=f"{operation.id}-{_ENDS[kind]}",
        type=kind,
        service=operation.service,
        subject=f"services/{operation.service}/backups/{backup}",
        time=now,
        message=message,
        data={"backup": backup, "operation": operation.id, "code": code, **(data or {})},
    )


def clocks_apart(operation: Operation, now: datetime) -> Alert:
    """This machine's clock and the storage's differ: nothing that is due is started."""
    error = operation.error
    return Alert(
        id=f"{operation.id}-clocks",
        type=AlertType.CLOCKS_DIFFER,
        service=operation.service,
        subject=f"operations/{operation.id}",
        time=now,
        message=error.message if error else "The clocks of the app and its storage differ.",
        data={"operation": operation.id},
    )


def pull_failed(operation: Operation, now: datetime) -> Alert:
    """A pull of an integration account that failed, after all its attempts."""
    why = operation.error.message if operation.error else "it was stopped."
    return _of_account(
        AlertType.PULL_FAILED,
        f"{operation.id}-pull-failed",
        operation.service,
        now,
        about=f"operations/{operation.id}",
        message=f"Service '{operation.service}' could not be brought to what its integration "
        f"account holds: {why}",
        data={"code": operation.error.code if operation.error else ""},
    )


def sessions_not_pulled(service: str, service_id: str, why: str, now: datetime) -> Alert:
    """The control numbers of an account could not be read between two pulls; told once an hour."""
    return _of_account(
        AlertType.PULL_FAILED,
        f"{service_id}-{now:%Y%m%d%H}-sessions",
        service,
        now,
        about="integration-account",
        message=f"The control numbers in the integration account of service '{service}' cannot be "
        f"read: what is issued from now on is not known here. {why}",
    )


def account_changed(
    operation: str, service: str, changes: Sequence[str], count: int, now: datetime
) -> Alert:
    """A pull found artifacts changed in the account.

    :param operation: the id of the pull's, or the backup's, operation.
    :param changes: the first of them, each with what happened to it.
    """
    more = f", and {count - len(changes)} more" if count > len(changes) else ""
    return _of_account(
        AlertType.ACCOUNT_CHANGED,
        f"{operation}-account-changed",
        service,
        now,
        about="integration-account/changes",
        message=f"The integration account of service '{service}' was changed: "
        f"{', '.join(changes)}{more}.",
        data={"artifacts": count},
    )


def account_changing(operation: str, service: str, why: str, now: datetime) -> Alert:
    """A pull never saw the account stand still: what it brought may be of different moments."""
    return _of_account(
        AlertType.ACCOUNT_CHANGING,
        f"{operation}-account-changing",
        service,
        now,
        about=f"operations/{operation}",
        message=f"The pull of service '{service}' is not consistent. {why}",
    )


def _of_account(
    kind: AlertType,
    alert_id: str,
    service: str,
    now: datetime,
    *,
    about: str,
    message: str,
    data: JsonObject | None = None,
) -> Alert:
    """An alert about the account of a service.

    :param about: its subject, as a path under the service.
    """
    return Alert(
        id=alert_id,
        type=kind,
        service=service,
        subject=f"services/{service}/{about}",
        time=now,
        message=message,
        data=data or {},
    )
