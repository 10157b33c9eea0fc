"""Timer functions are run as Azure runs them: by one process, missed ticks as one."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from azure.storage.blob import BlobClient, BlobServiceClient

from localhost.timers import CONTAINER, LOCK, expanded, next_tick, status_blob
from tests.localhost.conftest import Sample, until
from tests.support.admin import Admin

EVERY_SECOND, HOURLY = "* * * * * *", "0 0 * * * *"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def status_of(account: str) -> BlobClient:
    return BlobClient.from_connection_string(account, CONTAINER, status_blob("tick"))


def keep_status(account: str, *, last: datetime, following: datetime) -> None:
    """Leave the status of an earlier process."""
    moments = {"Last": last, "Next": following, "LastUpdated": last}
    text = json.dumps({name: moment.isoformat() for name, moment in moments.items()})
    with BlobServiceClient.from_connection_string(account) as service:
        service.create_container(CONTAINER)
    with status_of(account) as blob:
        blob.upload_blob(text)


@pytest.mark.parametrize(
    ("schedule", "after", "expected"),
    [
        ("*/15 * * * * *", "2026-01-31T23:59:50", "2026-02-01T00:00:00"),
        ("0 30 2 * * *", "2026-01-31T02:30:00", "2026-02-01T02:30:00"),
        ("0 0 0 * * 1-5", "2026-01-30T12:00:00", "2026-02-02T00:00:00"),
        # Both the day of the month and the day of the week, unlike cron: a Friday the 13th.
        ("0 0 0 13 * 5", "2026-03-14T00:00:00", "2026-11-13T00:00:00"),
        ("0 0 0 13 * Friday", "2026-03-14T00:00:00", "2026-11-13T00:00:00"),
        ("0 0 0 1 Sept,January *", "2026-03-14T00:00:00", "2026-09-01T00:00:00"),
    ],
)
def test_ncrontab(schedule: str, after: str, expected: str) -> None:
    assert next_tick(expanded(schedule), at(after)) == at(expected)


@pytest.mark.parametrize(
    "wrong", ["* * * * *", "", "61 * * * * *", "@daily", "0 0 0 * janfoo *", "%NO_SUCH_SETTING%"]
)
def test_what_is_no_schedule_of_six_fields_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="schedule"):
        expanded(wrong)


def test_a_setting_stands_in_a_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHEN", HOURLY)
    assert expanded("%WHEN%") == HOURLY


def test_it_ticks_and_keeps_a_status(sample: Sample) -> None:
    sample.host(SAMPLE_SCHEDULE=EVERY_SECOND)
    first, second, *more = sample.noted("tick", 4)
    late = [tick["pastDue"] for tick in (first, second, *more)]
    assert False in late, "a busy machine may miss a second, not each of them"
    assert second["status"]["Last"] > first["status"]["Last"]
    with status_of(sample.account) as blob:
        status = json.loads(blob.download_blob().readall())
    last, following = (datetime.fromisoformat(status[name]) for name in ("Last", "Next"))
    assert timedelta() < following - last <= timedelta(seconds=2)
    assert status["LastUpdated"]


def test_one_process_ticks_and_another_follows(sample: Sample) -> None:
    hosts = [sample.host(SAMPLE_SCHEDULE=EVERY_SECOND) for _ in range(2)]
    ticks = sample.noted("tick", 4)
    assert len({tick["process"] for tick in ticks}) == 1
    hosts[0].stop()
    before = len(sample.journal("tick"))
    ticks = sample.noted("tick", before + 1)
    assert len({tick["process"] for tick in ticks}) == 2


def test_the_lease_outlives_a_killed_process(sample: Sample) -> None:
    """For at most a minute, as in Azure; the test does not wait for it."""
    host = sample.host(SAMPLE_SCHEDULE=EVERY_SECOND)
    sample.noted("tick")
    host.kill()
    with BlobClient.from_connection_string(sample.account, CONTAINER, LOCK) as blob:
        lease = blob.get_blob_properties().lease
    assert (lease.state, lease.duration) == ("leased", "fixed")


def test_missed_ticks_become_one_run_that_says_so(sample: Sample) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=50)
    keep_status(sample.account, last=long_ago, following=next_tick(HOURLY, long_ago))
    sample.host(SAMPLE_SCHEDULE=HOURLY)
    (tick,) = sample.noted("tick")
    assert tick["pastDue"] is True
    assert datetime.fromisoformat(tick["status"]["Last"]) == long_ago


def test_only_the_first_run_after_missed_ticks_is_past_due(sample: Sample) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=50)
    keep_status(sample.account, last=long_ago, following=long_ago + timedelta(seconds=1))
    sample.host(SAMPLE_SCHEDULE=EVERY_SECOND)
    assert [tick["pastDue"] for tick in sample.noted("tick", 2)[:2]] == [True, False]


def test_one_runs_at_the_start_where_it_is_told_to(sample: Sample) -> None:
    sample.host(SAMPLE_ON_STARTUP="yes")
    assert sample.noted("tick")[0]["pastDue"] is False


def test_a_start_and_missed_ticks_are_one_run(sample: Sample) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=800)
    keep_status(sample.account, last=long_ago, following=long_ago + timedelta(days=1))
    sample.host(SAMPLE_ON_STARTUP="yes")
    sample.noted("ticked")
    with status_of(sample.account) as blob:
        until(
            lambda: json.loads(blob.download_blob().readall())["Last"],
            lambda last: last > (long_ago + timedelta(days=1)).isoformat(),
        )
    assert [tick["pastDue"] for tick in sample.journal("tick")] == [True]


def test_a_changed_schedule_counts_at_once(sample: Sample) -> None:
    now = datetime.now(UTC)
    keep_status(sample.account, last=now, following=now + timedelta(days=300))
    sample.host(SAMPLE_SCHEDULE=EVERY_SECOND)
    assert sample.noted("tick")


def test_ticks_during_a_run_are_skipped(sample: Sample) -> None:
    sample.host(SAMPLE_SCHEDULE=EVERY_SECOND, SAMPLE_TICK_SECONDS="1.5")
    sample.noted("ticked", 2)
    events = [note["event"] for note in sample.journal()]
    assert events[:4] == ["tick", "ticked"] * 2
    # The first one may be late: a busy machine takes a second to start.
    assert not any(note["pastDue"] for note in sample.journal("tick")[1:])


async def test_a_timer_runs_by_hand_behind_the_answer(sample: Sample) -> None:
    host = sample.host(SAMPLE_TICK_SECONDS="1")
    await asyncio.gather(Admin(host).run_timer("tick"), Admin(host).run_timer("TICK"))
    assert len(sample.journal("ticked")) == 2
