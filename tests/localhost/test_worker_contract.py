"""Microsoft's worker runtime, whose entry is internal, does what localhost/worker.py relies on."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from localhost.stack import ROOT
from tests.localhost.conftest import SAMPLE_APP


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("contract") / "journal"


@pytest.fixture(scope="module")
def seen(journal: Path) -> Any:
    """What the runtime made of the sample app."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.localhost.contract", str(SAMPLE_APP)],
        cwd=ROOT,
        env={**os.environ, "SAMPLE_JOURNAL": str(journal), "CONTAINER_NAME": "in-azure"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def notes(seen: Any, journal: Path) -> dict[str, Any]:
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    return {line["event"]: line for line in reversed(lines)}


def test_it_is_the_version_that_was_studied() -> None:
    assert version("azure-functions-runtime") == "1.3.0"


def test_it_indexes_every_kind_of_trigger(seen: Any) -> None:
    functions = seen["functions"]
    assert functions["echo"]["kind"] == "httpTrigger"
    assert functions["echo"]["route"] == "echo"
    assert functions["echo"]["methods"] == ["GET", "POST"]
    assert functions["echo"]["authLevel"] == "FUNCTION"
    assert functions["work"]["kind"] == "queueTrigger"
    assert functions["work"]["queueName"] == "sample-work"
    assert functions["work"]["connection"] == "AzureWebJobsStorage"
    assert functions["tick"]["kind"] == "timerTrigger"
    assert functions["tick"]["schedule"] == "%SAMPLE_SCHEDULE%"


def test_a_function_with_an_illegal_binding_name_disappears(seen: Any) -> None:
    assert "hidden" not in seen["functions"]


def test_the_apps_folder_is_the_last_that_imports_look_into(seen: Any) -> None:
    assert seen["last folder"] == str(SAMPLE_APP)


def test_an_http_function_gets_its_request_and_answers(seen: Any) -> None:
    status, headers, told = seen["echoed"]
    assert status == 200
    assert headers == {"content-type": "application/json"}
    assert told["method"] == "POST"
    assert told["url"] == "http://here/api/echo?a=1"
    assert told["headers"] == {"x-one": "1"}
    assert told["query"] == {"a": "1"}
    assert told["route"] == {"id": "7"}
    assert told["length"] == 5


def test_a_function_that_is_not_async_runs_too(seen: Any) -> None:
    assert seen["threaded"]["function"] == "in_a_thread"


def test_an_answer_without_a_body(seen: Any) -> None:
    status, headers, body = seen["empty"]
    assert (status, headers["x-told"], body) == (204, "empty", "")


def test_a_queue_function_gets_its_message(notes: dict[str, Any]) -> None:
    message = notes["message"]
    assert (message["body"], message["tries"]) == ("héllo", 2)
    assert message["inserted"] == "2026-01-02T03:04:05+00:00"


def test_a_timer_function_gets_its_request(notes: dict[str, Any]) -> None:
    assert notes["tick"]["pastDue"] is True
    assert notes["tick"]["status"] == {"Last": "l", "Next": "n"}


def test_an_exception_is_told_to_the_host(seen: Any) -> None:
    assert "a secret that no answer may show" in seen["failures"]["http"]
    assert "asked to fail" in seen["failures"]["queue"]
