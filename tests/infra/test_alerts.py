"""The alert rules find what shared/alerts writes, and the log keeps every line of it."""

import json
import logging
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.check.source import Source, literal, text
from shared.alerts.alerts import Alerts
from shared.alerts.happenings import (
    account_changed,
    account_changing,
    backup_failed,
    backup_partial,
    backups_missed,
    clocks_apart,
    pull_failed,
    verify_failed,
)
from shared.model.alert import Alert, AlertType
from shared.model.operation import Operation, OperationName, OperationStatus
from shared.telemetry.events import Telemetry
from shared.triggers.doors import routes

ROOT = Path(__file__).resolve().parents[2]
BICEP = Source(ROOT / "infra" / "modules" / "alerts.bicep", ROOT)
NOW = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)
OPERATION = Operation(
    id="11111111-2222-3333-4444-555555555555",
    operation=OperationName.BACKUP,
    service="Contoso-B2B",
    status=OperationStatus.FAILED,
    caller="timer",
    trigger="scheduled",
    created_at=NOW,
)
HAPPENINGS = (
    backups_missed("Contoso-B2B", "id", before=NOW, missed=2, reason="the app was down", now=NOW),
    backup_failed(OPERATION, "contoso-20261101", NOW),
    backup_partial(OPERATION, "contoso-20261101", NOW),
    verify_failed(OPERATION, "contoso-20261101", NOW),
    clocks_apart(OPERATION, NOW),
    pull_failed(OPERATION, NOW),
    account_changed(OPERATION.id, OPERATION.service, ["partners/Contoso changed"], 1, NOW),
    account_changing(OPERATION.id, "Contoso-B2B", "It moved.", NOW),
)


def values_of(name: str) -> list[str]:
    """Every string that is given to a property of this name."""
    return [
        value
        for node in BICEP.nodes("object_property")
        if text(node.named_children[0]) == name
        and (value := literal(node.named_children[1])) is not None
    ]


def test_every_alert_has_its_rule_and_no_other() -> None:
    assert sorted(values_of("type")) == sorted(AlertType)
    assert {alert.type for alert in HAPPENINGS} == set(AlertType)


@pytest.mark.parametrize("alert", HAPPENINGS, ids=lambda alert: alert.type)
async def test_a_rule_finds_the_line_and_its_service(
    alert: Alert, caplog: pytest.LogCaptureFixture
) -> None:
    """The Functions host passes on a line's text and level: no fields, no logger's name."""
    (query,) = [
        text(node.named_children[1])
        for node in BICEP.nodes("object_property")
        if text(node.named_children[0]) == "query" and "rule.type" in text(node)
    ]
    assert 'message startswith "${rule.type}: "' in query
    assert "severityLevel >= 3" in query
    pattern = re.search(r'parse_json\(extract\("(.+?)", 1, message\)\)', query)
    assert pattern
    assert "service = tostring(event.service)" in query
    with caplog.at_level(logging.DEBUG, "interkeep.alerts"):
        await Alerts(None, Telemetry()).tell(alert)
    (record,) = caplog.records
    assert record.getMessage().startswith(f"{alert.type}: ")
    assert record.levelno >= logging.ERROR
    found = re.search(pattern[1], record.getMessage())
    assert found
    event = json.loads(found[1])
    assert (event["event"], event["service"]) == (alert.type, "Contoso-B2B")
    assert event["alertId"] == alert.id


def test_no_line_is_left_out_of_the_log_and_the_busiest_functions_write_few() -> None:
    """Sampling could drop an alert; without it, two lines a request would be dear."""
    host = json.loads((ROOT / "host.json").read_text())["logging"]
    sampled_out = host["applicationInsights"]["samplingSettings"]["excludedTypes"].split(";")
    assert "Trace" in sampled_out
    quiet = {
        name.removeprefix("Function.")
        for name, level in host["logLevel"].items()
        if name.startswith("Function.") and level == "Warning"
    }
    assert quiet <= {declared.name for declared in routes()}
    assert "allocate_control_numbers" in quiet
