"""Measures go to Application Insights and to a collector as their own exporters send them."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from shared.telemetry.events import Telemetry
from shared.telemetry.meters import Meters, meters_of
from tests.telemetry.receiver import receiving

ROOT = Path(__file__).resolve().parents[2]
LOG = logging.getLogger("interkeep.test")
MEASURES = {
    "backup_attempt_total": 1,
    "backup_duration_seconds": 12.5,
    "backup_last_successful_timestamp": 1_795_816_279,
}
SPLIT = {"service": "Contoso-B2B", "status": "Succeeded"}


def tell(meters: Meters | None) -> None:
    fields = {**SPLIT, "operation": "op-1"}
    Telemetry(meters).tell(LOG, logging.INFO, "OperationEnded", "it ended.", fields, MEASURES)


def told_by_a_process(export: str, **environment: str) -> str:
    """A process tells once and ends: what is still to be sent goes out at its end."""
    code = f"from tests.telemetry.test_export import *; tell(meters_of('{export}', 'one'))"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stderr


def test_a_collector_gets_them() -> None:
    with receiving() as collector:
        told_by_a_process(
            "otlp", OTEL_EXPORTER_OTLP_ENDPOINT=collector.address, OTEL_SERVICE_NAME="b2b-backup"
        )
    ((path, body),) = collector.received
    assert path == "/v1/metrics"
    (sent,) = ExportMetricsServiceRequest.FromString(body).resource_metrics
    about = {one.key: one.value.string_value for one in sent.resource.attributes}
    assert (about["service.name"], about["service.instance.id"]) == ("b2b-backup", "one")
    (scope,) = sent.scope_metrics
    found = {one.name: one for one in scope.metrics}
    assert set(found) == set(MEASURES)
    (attempts,) = found["backup_attempt_total"].sum.data_points
    assert attempts.as_int == 1
    assert {one.key: one.value.string_value for one in attempts.attributes} == SPLIT
    (seconds,) = found["backup_duration_seconds"].histogram.data_points
    assert (seconds.sum, seconds.count) == (12.5, 1)
    (last,) = found["backup_last_successful_timestamp"].gauge.data_points
    assert last.as_int == MEASURES["backup_last_successful_timestamp"]


def test_application_insights_gets_them() -> None:
    key = "00000000-0000-0000-0000-000000000000"
    accepted = json.dumps({"itemsReceived": 3, "itemsAccepted": 3, "errors": []}).encode()
    with receiving(accepted) as insights:
        told_by_a_process(
            "azuremonitor",
            APPLICATIONINSIGHTS_CONNECTION_STRING=f"InstrumentationKey={key};"
            f"IngestionEndpoint={insights.address}/;LiveEndpoint={insights.address}/",
            APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL="true",
            WEBSITE_SITE_NAME="func-a",
        )
    assert {path for path, _ in insights.received} == {"/v2.1/track"}
    items = [item for _, body in insights.received for item in json.loads(body)]
    # The exporter counts for itself too, as another role.
    sent = {
        item["data"]["baseData"]["metrics"][0]["name"]: item
        for item in items
        if item["tags"]["ai.cloud.role"] == "func-a"
    }
    assert set(sent) == set(MEASURES)
    attempts = sent["backup_attempt_total"]
    assert attempts["tags"]["ai.cloud.roleInstance"] == "one"
    assert attempts["data"]["baseData"]["metrics"][0]["value"] == 1
    assert SPLIT.items() <= attempts["data"]["baseData"]["properties"].items()


def test_an_export_without_its_packages_is_told_and_nothing_stops(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert meters_of(None, "one") is None
    assert not caplog.records
    for export in ("azuremonitor", "otlp"):
        caplog.clear()
        monkeypatch.setitem(sys.modules, "opentelemetry.sdk.metrics", None)
        assert meters_of(export, "one") is None
        (record,) = caplog.records
        assert record.levelno == logging.ERROR
        assert "requirements-telemetry.txt" in record.getMessage()


def test_an_exporter_that_does_not_know_where_to_is_told_and_nothing_stops() -> None:
    said = told_by_a_process("azuremonitor")
    assert "TELEMETRY_EXPORT: nothing is exported" in said


def test_what_is_counted_twice_is_added() -> None:
    reader = InMemoryMetricReader()
    meters = Meters(MeterProvider([reader]).get_meter("interkeep"))
    tell(meters)
    tell(meters)
    data = reader.get_metrics_data()
    assert data is not None
    (scope,) = data.resource_metrics[0].scope_metrics
    found = {one.name: one.data.data_points[0] for one in scope.metrics}
    assert found["backup_attempt_total"].value == 2
    assert found["backup_duration_seconds"].sum == 25
    assert dict(found["backup_attempt_total"].attributes) == SPLIT
