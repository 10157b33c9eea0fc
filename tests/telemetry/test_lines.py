"""Lines and events as the Functions host hands them on: their text, and nothing beside it."""

import json
import logging
import re
from datetime import UTC, datetime, timedelta

import pytest

from shared.model.operation import Operation, OperationName, OperationStatus
from shared.operations.measures import about, measures
from shared.telemetry.events import Telemetry, lines_about

LOG = logging.getLogger("interkeep.test")
AT_THE_END = re.compile(r"([{][^{}]*[}])$")
BEGAN = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)


def operation(name: OperationName, **more: object) -> Operation:
    return Operation.model_validate(
        {
            "id": "op-1",
            "operation": name,
            "service": "Contoso-B2B",
            "status": OperationStatus.SUCCEEDED,
            "caller": "x",
            "trigger": "schedule",
            "created_at": BEGAN,
            "started_at": BEGAN,
            "completed_at": BEGAN + timedelta(seconds=12.5),
            "attempt": 2,
            "parameters": {"name": "nightly"},
            **more,
        }
    )


def fields(record: logging.LogRecord) -> dict[str, object]:
    found = AT_THE_END.search(record.getMessage())
    assert found, record.getMessage()
    parsed: dict[str, object] = json.loads(found[1])
    return parsed


def test_a_line_says_which_operation_it_is_about(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with lines_about(about(operation(OperationName.BACKUP))):
        LOG.info("%s of %d%% done", "{half", 50)
        logging.getLogger("somebody.else").info("not ours")
    LOG.info("after it")
    inside, other, after = caplog.records
    assert inside.getMessage().startswith("{half of 50% done {")
    assert fields(inside) == {
        "operation": "op-1",
        "operationName": "BackupBizTalkService",
        "service": "Contoso-B2B",
        "backup": "nightly",
        "attempt": 2,
    }
    assert (other.getMessage(), after.getMessage()) == ("not ours", "after it")


def test_an_event_ends_with_its_fields_whatever_they_hold(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    with lines_about(about(operation(OperationName.BACKUP))):
        Telemetry().tell(
            LOG,
            logging.INFO,
            "Happened",
            'a {"event": 1}.',
            {"odd": '{"}\n%s', "none": None},
            {"n": 1},
        )
    (record,) = caplog.records
    assert record.getMessage().startswith('Happened: a {"event": 1}. {"event":"Happened",')
    told = fields(record)
    assert told["odd"] == '{"}\n%s'
    assert (told["n"], told["operation"]) == (1, "op-1")
    assert "none" not in told


def test_what_is_measured_of_a_backup() -> None:
    ended = operation(OperationName.BACKUP, result={"items": 7, "bytes": 900})
    assert measures(ended) == {
        "backup_attempt_total": 1,
        "backup_success_total": 1,
        "backup_duration_seconds": 12.5,
        "backup_last_successful_timestamp": int(BEGAN.timestamp()) + 12,
        "backup_items_total": 7,
        "backup_bytes_total": 900,
    }


def test_what_is_measured_of_a_failure_is_no_success() -> None:
    ended = operation(OperationName.RESTORE, status=OperationStatus.FAILED)
    assert measures(ended) == {
        "restore_attempt_total": 1,
        "restore_failure_total": 1,
        "restore_duration_seconds": 12.5,
        "restore_items_total": 0,
    }


def test_an_operation_that_no_worker_ever_took_has_no_duration() -> None:
    ended = operation(OperationName.VERIFY_BACKUP, status=OperationStatus.CANCELED, started_at=None)
    assert measures(ended) == {"verify_attempt_total": 1, "verify_canceled_total": 1}
