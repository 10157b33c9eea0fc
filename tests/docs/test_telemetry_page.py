"""docs/telemetry.md: its queries read fields that a running app writes, and no others."""

import asyncio
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import ContainerClient
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from shared.model.operation import Operation, OperationStatus
from shared.operations.measures import _KINDS, measures
from tests.integration_accounts.linked import account
from tests.support.admin import Admin
from tests.support.api import Api, api_of
from tests.support.arm import Arm, account_id
from tests.support.deployed import Deployed, Emulator
from tests.telemetry.receiver import receiving

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "telemetry.md").read_text()
QUERIES = "\n".join(re.findall(r"```kusto\n(.*?)```", PAGE, re.S))
EVENT = re.compile(r"([A-Z][A-Za-z]+): .*?([{][^{}]*[}])$")
NOW = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)

_DAY = 86_400
_ACCOUNT, _NO_ACCOUNT = account_id("telling"), account_id("telling-nothing")


def table(first: str) -> dict[str, list[str]]:
    """The rows of the table whose head begins so: the names in the first cell, and in the last."""
    lines = PAGE.split(f"| {first} |")[1].split("\n\n")[0].splitlines()[2:]
    rows = [
        [re.findall(r"`([^`]+)`", cell) for cell in line.strip("|").split("|")] for line in lines
    ]
    return {name: row[-1] for row in rows for name in row[0]}


def every_measure() -> set[str]:
    """Of every kind of operation at every end."""
    found: set[str] = set()
    for name in _KINDS:
        for status in OperationStatus:
            ended = Operation(
                id="op",
                operation=name,
                service="Contoso",
                status=status,
                caller="x",
                trigger="x",
                created_at=NOW,
                started_at=NOW,
                completed_at=NOW,
                result={"items": 1, "bytes": 1, "problems": 1, "deleted": [], "sections": {}},
            )
            found |= set(measures(ended))
    return found


MEASURES = every_measure() | {"schedule_expected_interval_seconds", "schedule_missed_total"}


@dataclass(frozen=True)
class Told:
    """What a host wrote: of each event all fields that it had, and every line; and exported."""

    events: dict[str, dict[str, Any]]
    text: str
    exported: set[str]


@pytest.fixture(scope="module")
def told(emulator: Emulator, azure: Arm, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """A host's log after a service's life."""
    azure.load([account(_ACCOUNT)])
    folder = tmp_path_factory.mktemp("telemetry")
    deployed = Deployed.new(emulator, folder, **azure.settings(_ACCOUNT, _NO_ACCOUNT))
    settings = {"LOCALHOST_LOG_LEVEL": "INFO", "RETRY_SECONDS": "1", "TELEMETRY_EXPORT": "otlp"}

    async def live() -> None:
        async with api_of(host.base_url, host.keys.host) as api:
            await lived(api, Admin(host), deployed)

    with receiving() as collector:
        host = deployed.host(**settings, OTEL_EXPORTER_OTLP_ENDPOINT=collector.address)
        host.start()
        try:
            asyncio.run(live())
        finally:
            host.stop()
    text = host.log.read_text()
    return Told(events_of(text), text, names_of(body for _, body in collector.received))


async def lived(api: Api, admin: Admin, deployed: Deployed) -> None:
    """Pulled and pushed, backed up, verified, restored; keys rotated, secrets sealed, due times
    missed, refused; and one backup removed by hand, whose verify fails."""
    service = await api.service()
    assert (await api.post(f"services/{service}/scale", {"color": "red"})).status == 400
    await api.agreement(service, "Orders")
    linked = await api.service()
    link = await api.put(f"services/{linked}/integration-account", {"resourceId": _ACCOUNT})
    assert link.status == 201, link.body
    listed = await api.get("integration-accounts")
    assert [one["scope"] for one in listed.body["unread"]] == [_NO_ACCOUNT]
    await api.succeeded(await api.post(f"services/{linked}/pull", {}))
    await api.succeeded(await api.post(f"services/{linked}/push", {}))
    backup = await api.backup(service)
    await api.succeeded(
        await api.post(f"services/{service}/backups/{backup}/verify", {"level": "data"})
    )
    lost = await api.backup(service)
    ContainerClient.from_connection_string(deployed.offsite, lost).delete_container()
    failed = await api.ended(await api.post(f"services/{service}/backups/{lost}/verify", {}))
    assert failed["status"] == "Failed"
    await api.succeeded(await api.post("keys/rotate"))
    await api.succeeded(await api.post("secrets/seal"))
    schedule = {
        "status": "Automatic",
        "storageAccount": "offsite",
        "startAt": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
        "frequencyDays": 1,
        "retentionDays": 3,
    }
    put = await api.put(f"services/{service}/backup-schedule", schedule)
    assert put.status == 201, put.body
    await admin.clock(2 * _DAY + 7200)
    await admin.run_timer("run_schedules")
    await admin.clock(0)
    target = f"{service}-b"[-20:].lstrip("-")
    await api.restore(backup, name=target)
    await api.succeeded(await api.delete(f"services/{target}"))
    await api.succeeded(await api.delete(f"services/{service}/backups/{backup}?force=true"))


def names_of(bodies: Iterable[bytes]) -> set[str]:
    """The metrics that a collector was sent."""
    requests = map(ExportMetricsServiceRequest.FromString, bodies)
    scopes = [
        s for r in requests for resource in r.resource_metrics for s in resource.scope_metrics
    ]
    return {metric.name for scope in scopes for metric in scope.metrics}


def events_of(text: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for line in text.splitlines():
        match = EVENT.search(line)
        if match and '"event":' in match[2]:
            event = json.loads(match[2])
            found.setdefault(event["event"], {}).update(event)
    return found


def test_the_documented_fields_are_those_that_are_written(told: Told) -> None:
    documented = table("event")
    assert set(told.events) <= set(documented)
    for name, fields in told.events.items():
        assert set(fields) - MEASURES - {"event"} <= set(documented[name]), name
    for name in ("OperationEnded", "ScheduleDue", "BackupMissed", "RequestRefused", "ScopeUnread"):
        assert set(documented[name]) <= set(told.events[name]), name


def test_queries_read_fields_that_are_written(told: Told) -> None:
    asked = set(re.findall(r"\bevent\.(\w+)", QUERIES))
    written = {field for fields in told.events.values() for field in fields}
    of_failures = {"code", "backup_failure_total", "backup_partial_failure_total"}
    assert asked - written <= of_failures
    assert of_failures <= MEASURES | set(table("event")["BackupFailed"])
    assert set(re.findall(r'events\("(\w+)"\)', QUERIES)) <= set(told.events)


def test_every_line_of_an_operation_says_which_one(told: Told) -> None:
    lines = re.findall(r"attempt 1 ([{]\"operation\":[^{}]*[}])$", told.text, re.M)
    assert {json.loads(line)["operationName"] for line in lines} >= {
        "BackupBizTalkService",
        "RestoreBizTalkService",
    }
    for about in re.findall(r"\babout\.(\w+)", QUERIES):
        assert all(about in json.loads(line) for line in lines)


def test_what_the_log_measures_is_what_a_collector_gets(told: Told) -> None:
    measured = {name for fields in told.events.values() for name in fields} & MEASURES
    assert told.exported == measured
    assert len(measured) > len(_KINDS)


def test_every_end_of_work_on_a_backup_says_which_backup(told: Told) -> None:
    ended = [json.loads(m[2]) for m in map(EVENT.search, told.text.splitlines()) if m]
    named = {
        event["operationName"]: event.get("backup")
        for event in ended
        if event.get("event") == "OperationEnded"
    }
    works = ("Backup", "VerifyBackup", "Restore", "PurgeBackup")
    assert all(named[f"{work}BizTalkService"] for work in works), named


def test_every_measure_is_documented_and_asked_for_and_no_other() -> None:
    documented = set(table("measure"))
    assert documented <= MEASURES
    kinds = "|".join(_KINDS.values())
    same = re.compile(
        f"({kinds})_((success|partial_failure|failure|canceled)_total|last_successful_timestamp)"
    )
    assert all(same.fullmatch(name) for name in MEASURES - documented)
    asked = set(re.findall(r"\bevent\.(\w+)", QUERIES))
    kinds_asked = {name for kind in _KINDS.values() for name in asked if name.startswith(kind)}
    assert {name.partition("_")[0] for name in kinds_asked} == {
        kind.partition("_")[0] for kind in _KINDS.values()
    }


def test_patterns_find_json_at_the_end_of_a_line() -> None:
    """The queries' own pattern, as the alert rules of infra/ have it."""
    bicep = (ROOT / "infra" / "modules" / "alerts.bicep").read_text()
    pattern = '"([{][^{}]*[}])$"'
    assert pattern in QUERIES
    assert pattern in bicep
