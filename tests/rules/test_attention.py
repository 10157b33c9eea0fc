"""What needs attention: each reason, at its edges, and nothing where nothing does."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.model.attention import AttentionReason, Severity
from shared.model.integration_account import AccountFacts, Sku
from shared.model.link import Link, PullFailure
from shared.model.noticed import ExpiringCertificate, NoticedBy
from shared.model.service import Edition, LastBackup, Service, State
from shared.model.wire import JsonObject, rfc3339
from shared.rules.attention import FAILED_STATES, attention

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def last(status: str = "Succeeded", ago: timedelta = HOUR) -> LastBackup:
    return LastBackup(name="b", status=status, completed_at=NOW - ago, operation="o")


def service(**more: Any) -> Service:
    """One that is well."""
    members: dict[str, Any] = {
        "name": "contoso-b2b",
        "id": "s",
        "edition": Edition.STANDARD,
        "unit_count": 1,
        "state": State.ACTIVE,
        "created_at": NOW - 400 * DAY,
        "changed_at": NOW - DAY,
        "last_backup": last(),
        **more,
    }
    return Service(**members)


def schedule(status: str = "Automatic", days: int = 1, due: timedelta = HOUR) -> JsonObject:
    """Due so long from now."""
    if status != "Automatic":
        return {"status": status}
    return {"status": status, "frequencyDays": days, "nextRunAt": rfc3339(NOW + due)}


def noticed(near: int = 0, ended: int = 0, *expires: timedelta) -> NoticedBy:
    certificates = [
        ExpiringCertificate(section="certificates", name="c", expires_at=NOW + one)
        for one in expires
    ]
    return NoticedBy(
        backup="b",
        at=NOW - DAY,
        counters_near_end=near,
        counters_ended=ended,
        certificates=certificates,
    )


def said(of: Service, calendar: JsonObject | None = None) -> list[tuple[str, str]]:
    return [(str(one.reason), str(one.severity)) for one in attention(of, calendar, None, NOW)]


def test_a_service_that_is_well_needs_none() -> None:
    assert attention(service(), schedule(), None, NOW) == []
    assert attention(service(state=State.SUSPENDED), schedule(), None, NOW) == []
    # An edition without backup lacks neither a backup nor a schedule.
    assert attention(service(edition=Edition.DEVELOPER, last_backup=None), None, None, NOW) == []


def test_a_service_that_holds_an_account_can_be_backed_up_whatever_its_edition() -> None:
    account = AccountFacts(
        resource_id="/subscriptions/s/resourceGroups/g/providers/p/integrationAccounts/a",
        sku=Sku.STANDARD,
        location="westeurope",
        linked=True,
    )
    for linked in (True, False):
        facts = account.model_copy(update={"linked": linked})
        found = service(edition=Edition.FREE, last_backup=None, integration_account=facts)
        assert ("NeverBackedUp", "warning") in said(found)


@pytest.mark.parametrize("state", sorted(FAILED_STATES))
def test_a_state_that_failed_is_all_that_is_told(state: State) -> None:
    [one] = attention(
        service(state=state, last_backup=None, noticed=noticed(3, 3)), None, None, NOW
    )
    assert (one.reason, one.severity) == (AttentionReason.SERVICE_FAILED, Severity.ERROR)
    assert one.since == NOW - DAY


def test_failed_states_are_those_of_the_chart() -> None:
    assert len(FAILED_STATES) == 12
    assert State.ACTIVE not in FAILED_STATES
    assert State.RESTORE_FAILED in FAILED_STATES


@pytest.mark.parametrize(
    ("status", "reason", "severity"),
    [
        ("Failed", "BackupFailed", "error"),
        ("PartiallySucceeded", "BackupPartial", "warning"),
        ("Canceled", "BackupCanceled", "warning"),
    ],
)
def test_how_the_last_run_ended(status: str, reason: str, severity: str) -> None:
    of = service(last_backup=last(status))
    assert said(of, schedule()) == [(reason, severity)]
    assert attention(of, schedule(), None, NOW)[0].since == NOW - HOUR


@pytest.mark.parametrize("days", [1, 7])
def test_twice_the_frequency_is_overdue(days: int) -> None:
    at_limit = service(last_backup=last(ago=2 * days * DAY))
    behind = service(last_backup=last(ago=2 * days * DAY + MINUTE))
    assert said(at_limit, schedule(days=days)) == []
    assert said(behind, schedule(days=days)) == [("BackupOverdue", "error")]
    assert said(behind, schedule("None")) == [("ScheduleOff", "warning")], "nothing is due then"


def test_a_schedule_that_is_late() -> None:
    assert said(service(), schedule(due=-HOUR)) == []
    assert said(service(), schedule(due=-HOUR - MINUTE)) == [("ScheduleLate", "error")]


def test_what_was_never_set_up() -> None:
    assert said(service(last_backup=None)) == [
        ("NeverBackedUp", "warning"),
        ("NoSchedule", "warning"),
    ]
    assert said(service(), schedule("None")) == [("ScheduleOff", "warning")]


def test_what_its_backup_noticed() -> None:
    def of(*given: Any) -> list[tuple[str, str]]:
        return said(service(noticed=noticed(*given)), schedule())

    assert of(0, 0, 400 * DAY) == []
    assert of(2, 0) == [("CountersNearEnd", "warning")]
    assert of(2, 2) == [("CountersEnded", "error")]
    assert of(3, 2) == [("CountersEnded", "error"), ("CountersNearEnd", "warning")]
    assert of(0, 0, 30 * DAY) == []
    assert of(0, 0, 30 * DAY - MINUTE) == [("CertificateExpires", "warning")]
    assert of(0, 0, timedelta(0)) == [("CertificateExpired", "error")]
    assert of(0, 0, -DAY, 5 * DAY) == [("CertificateExpired", "error")]


def test_errors_come_first() -> None:
    of = service(last_backup=last("Failed"), noticed=noticed(1, 0))
    assert said(of) == [
        ("BackupFailed", "error"),
        ("CountersNearEnd", "warning"),
        ("NoSchedule", "warning"),
    ]


def test_an_account_of_which_nothing_is_pulled() -> None:
    def of(**failures: PullFailure) -> list[tuple[str, str, str | None]]:
        link = Link(
            service="contoso-b2b",
            service_id="s",
            resource_id="/a",
            linked_at=NOW - DAY,
            linked_by="key",
            **failures,  # type: ignore[arg-type]
        )
        reasons = attention(service(), schedule(), link, NOW)
        assert all(one.since == NOW - HOUR for one in reasons)
        return [(str(one.reason), str(one.severity), one.code) for one in reasons]

    gone, refused, busy = (
        PullFailure(code=code, at=NOW - HOUR)
        for code in (
            "IntegrationAccountNotFound",
            "PullRemovesTooMuch",
            "IntegrationAccountUnavailable",
        )
    )
    assert of() == []
    assert of(pull_failure=refused) == [("PullFailed", "error", refused.code)]
    assert of(sessions_failure=busy) == [("PullFailed", "warning", busy.code)]
    assert of(pull_failure=refused, sessions_failure=busy)[0][1:] == ("error", refused.code)
    assert of(sessions_failure=gone) == [("PullFailed", "error", gone.code)]
    assert of(pull_failure=refused, sessions_failure=gone)[0][2] == gone.code
