"""What of a service needs attention, judged from what a list of services shows of it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.model.attention import Attention, AttentionReason, Severity
from shared.model.link import Link
from shared.model.noticed import NoticedBy
from shared.model.operation import OperationStatus
from shared.model.problem import Code
from shared.model.service import LastBackup, Service, State
from shared.model.wire import JsonObject
from shared.rules.editions import LIMITS

FAILED_STATES = frozenset(state for state in State if state.endswith("Failed"))

LATE = timedelta(hours=1)
"""How late a due backup may begin before that is news: the timer looks every few minutes."""

EXPIRES_SOON = timedelta(days=30)

_MISSING = "Missing"
_RUNS = {
    OperationStatus.FAILED: (AttentionReason.BACKUP_FAILED, Severity.ERROR),
    _MISSING: (AttentionReason.BACKUP_FAILED, Severity.ERROR),
    OperationStatus.PARTIALLY_SUCCEEDED: (AttentionReason.BACKUP_PARTIAL, Severity.WARNING),
    OperationStatus.CANCELED: (AttentionReason.BACKUP_CANCELED, Severity.WARNING),
}


def has_backup(service: Service) -> bool:
    """Whether a service can be backed up at all: of one that holds what an integration account
    had, the edition does not count."""
    return service.integration_account is not None or LIMITS[service.edition].backup


def attention(
    service: Service, schedule: JsonObject | None, link: Link | None, now: datetime
) -> list[Attention]:
    """Why a service needs attention, errors first; empty where nothing is known to.

    :param schedule: its schedule as a list of services shows it, None if it has none.
    :param link: its link to an integration account, None if it has none.
    """
    reasons = [*_reasons(service, schedule, now), *_pulls(service, link)]
    return sorted(reasons, key=lambda one: one.severity)


def _reasons(service: Service, schedule: JsonObject | None, now: datetime) -> Iterator[Attention]:
    if service.state in FAILED_STATES:
        # Whatever else there is waits until it can be used.
        yield _error(AttentionReason.SERVICE_FAILED, service.changed_at)
        return
    if service.noticed is not None:
        yield from _noticed(service.noticed, now)
    if not has_backup(service):
        return
    days = schedule.get("frequencyDays") if schedule else None
    automatic = schedule is not None and schedule["status"] == "Automatic"
    frequency = timedelta(days=days) if automatic and isinstance(days, int) else None
    yield from _backups(service.last_backup, frequency, now)
    if schedule is None:
        yield _warning(AttentionReason.NO_SCHEDULE)
    elif not automatic:
        yield _warning(AttentionReason.SCHEDULE_OFF)
    elif schedule.get("nextRunAt"):
        due = datetime.fromisoformat(str(schedule["nextRunAt"]))
        if now - due > LATE:
            yield _error(AttentionReason.SCHEDULE_LATE, due)


def _backups(
    last: LastBackup | None, frequency: timedelta | None, now: datetime
) -> Iterator[Attention]:
    if last is None:
        yield _warning(AttentionReason.NEVER_BACKED_UP)
    elif last.status in _RUNS:
        reason, severity = _RUNS[last.status]
        yield Attention(reason=reason, severity=severity, since=last.completed_at)
    elif frequency is not None and now - last.completed_at > 2 * frequency:
        yield _error(AttentionReason.BACKUP_OVERDUE, last.completed_at)


def _pulls(service: Service, link: Link | None) -> Iterator[Attention]:
    failure = link.failure if link is not None else None
    if link is None or failure is None or service.state in FAILED_STATES:
        return
    # Sessions alone are pulled again within minutes; a lost account does not come back by itself.
    is_gone = failure.code == Code.INTEGRATION_ACCOUNT_NOT_FOUND
    severity = Severity.ERROR if is_gone or failure == link.pull_failure else Severity.WARNING
    yield Attention(
        reason=AttentionReason.PULL_FAILED,
        severity=severity,
        code=failure.code,
        since=failure.at,
    )


def _noticed(noticed: NoticedBy, now: datetime) -> Iterator[Attention]:
    if noticed.counters_ended:
        yield _error(AttentionReason.COUNTERS_ENDED, noticed.at)
    if noticed.counters_near_end > noticed.counters_ended:
        yield _warning(AttentionReason.COUNTERS_NEAR_END, noticed.at)
    if not noticed.certificates:
        return
    first = min(one.expires_at for one in noticed.certificates)
    if first <= now:
        yield _error(AttentionReason.CERTIFICATE_EXPIRED, noticed.at)
    elif first < now + EXPIRES_SOON:
        yield _warning(AttentionReason.CERTIFICATE_EXPIRES, noticed.at)


def _error(reason: AttentionReason, since: datetime | None = None) -> Attention:
    return Attention(reason=reason, severity=Severity.ERROR, since=since)


def _warning(reason: AttentionReason, since: datetime | None = None) -> Attention:
    return Attention(reason=reason, severity=Severity.WARNING, since=since)
