"""README.md: its first session runs as it stands, and its make targets exist."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from localhost.stack import HostProcess

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def session() -> str:
    found = re.search(r"<!-- session:begin -->\n```bash\n(.*?)```", README, re.S)
    assert found
    return found[1]


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl on PATH")
def test_the_first_session(host: HostProcess) -> None:
    script = session().replace("http://127.0.0.1:7071", host.base_url)
    script = script.replace("<the function key that make run printed>", host.keys.host)
    # An error status ends the session.
    script = script.replace("curl -H", "curl --fail-with-body -sS -H")
    done = subprocess.run(
        ["bash", "-e", "-c", script], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
    issued = [answer["numbers"][0]["value"] for answer in answers if "numbers" in answer]
    assert issued == [1, 2], "the restored service continues"
    backup = next(answer for answer in answers if answer.get("container") == "contoso-first")
    assert backup["status"] == "Succeeded"
    resumed = next(answer for answer in answers[-2:] if "state" in answer)
    assert (resumed["state"], resumed["edition"]) == ("Active", "Standard")


def test_the_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"^make ([a-z]+)", README, re.M)) <= targets
