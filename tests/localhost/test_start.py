"""Starting and stopping: clear words when it fails, and nothing that is left behind."""

import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient

from localhost.azurite import Azurite, PortInUse, Ports
from localhost.processes import free_ports, is_free
from localhost.routes import Routes
from localhost.settings import read_host_json
from localhost.stack import PACKAGES, ROOT, HostFailed, HostProcess, Stack
from localhost.worker import Function
from tests.localhost.conftest import Sample, until


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that something listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield int(other.getsockname()[1])


APP = "import azure.functions as func\napp = func.FunctionApp()\n"
MESSAGE, TIMER = "func.QueueMessage", "func.TimerRequest"


def app(folder: Path, code: str) -> Path:
    """A folder with an app."""
    place = folder / "app"
    place.mkdir()
    (place / "function_app.py").write_text(code)
    (place / "host.json").write_text("{}")
    return place


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import no_such_module", "function_app.py cannot be loaded: .*no_such_module"),
        ("raise ValueError('SEALING_KEY is missing')", "SEALING_KEY is missing"),
        (f'{APP}@app.queue_trigger("m", "q", "NO")\ndef f(m: {MESSAGE}): ...', "NO is missing"),
        (f'{APP}@app.timer_trigger("t", "%NO%")\ndef f(t: {TIMER}): ...', "%NO% names a setting"),
    ],
)
def test_a_broken_app_is_told_in_one_line(
    sample: Sample, tmp_path: Path, code: str, reason: str
) -> None:
    with pytest.raises(HostFailed) as failed:
        sample.host(app_dir=app(tmp_path, code))
    first, log = str(failed.value).splitlines()
    assert first.startswith("The host did not start: ")
    assert re.search(reason, first)
    assert log == f"Its log: {tmp_path / 'host-0.log'}"


@pytest.mark.parametrize(
    ("route", "reason"),
    [
        ("admin/x", "must not begin with admin"),
        ("Runtime/{x}", "must not begin with admin or runtime"),
        ("{x:regex(a)}", "no route constraint"),
        ("{x:int:min(1)}", "no route constraint"),
        ("{x=5}", "cannot read the route segment"),
        ("file-{x}", "cannot read the route segment"),
    ],
)
def test_a_route_that_this_host_cannot_serve_is_refused(route: str, reason: str) -> None:
    function = Function("f", "1", {"type": "httpTrigger", "name": "req", "route": route})
    with pytest.raises(ValueError, match=reason):
        Routes([function], "api")


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_host_json_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "host.json").write_text(text)
    with pytest.raises(ValueError, match="is no JSON"):
        read_host_json(tmp_path)


def test_a_folder_without_an_app_is_told(sample: Sample, tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text("{}")
    with pytest.raises(HostFailed, match="there is no function_app"):
        sample.host(app_dir=tmp_path)


def test_a_file_that_holds_no_keys_is_told(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text('{"master": "only"}')
    with pytest.raises(ValueError, match="no file of keys"):
        HostProcess({}, port=1, keys_file=tmp_path / "keys.json", log=tmp_path / "log")


def test_a_hosts_port_in_use_is_told(tmp_path: Path, taken: int) -> None:
    host = HostProcess({}, port=taken, keys_file=tmp_path / "keys.json", log=tmp_path / "log")
    with pytest.raises(PortInUse, match=f"port {taken}, for the app, is in use"):
        host.start()


def test_an_emulators_port_in_use_is_told(tmp_path: Path, taken: int) -> None:
    ports = Ports(free_ports(1)[0], taken, free_ports(1)[0])
    azurite = Azurite([], ports, install=PACKAGES, log=tmp_path / "log")
    with pytest.raises(PortInUse, match=f"port {taken}, for queues of the storage emulator"):
        azurite.start()


Run = Callable[[Path, int, int], "subprocess.Popen[str]"]


@pytest.fixture
def run() -> Iterator[Run]:
    """``make run`` in a process of its own, begun as a shell does in the background.

    What a test that failed left running ends here, and with it all that it started.
    """
    begun: list[subprocess.Popen[str]] = []

    def begin(data: Path, host: int, storage: int) -> "subprocess.Popen[str]":
        shell = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]
        command = [*shell, sys.executable, "-m", "localhost", "--data", str(data)]
        process = subprocess.Popen(
            [*command, "--port", str(host), "--storage-port", str(storage)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        begun.append(process)
        return process

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


def four_free_ports() -> int:
    """The first of four neighbours that are free."""
    for first in range(free_ports(1)[0], 65_000, 4):
        if all(is_free(first + n) for n in range(4)):
            return first
    raise AssertionError("no free ports")


def page_of(running: "subprocess.Popen[str]") -> str:
    """What it prints until it waits for Ctrl-C."""
    assert running.stdout is not None
    lines: list[str] = []
    for line in running.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            return "".join(lines)
    raise AssertionError("".join(lines))


def test_run_says_which_port_is_in_use_and_how_to_choose(
    run: Run, tmp_path: Path, taken: int
) -> None:
    running = run(tmp_path, taken, four_free_ports())
    said, _ = running.communicate(timeout=60)
    assert running.returncode == 1
    assert f"port {taken}, for the app, is in use." in said
    assert "make run RUN='--port" in said
    assert len(said.strip().splitlines()) == 2


def test_a_host_of_its_own_says_that_its_port_is_in_use(
    sample: Sample, tmp_path: Path, taken: int
) -> None:
    """Nothing else is printed, no trace either."""
    place = app(tmp_path, f'{APP}@app.route("f")\ndef f(req: func.HttpRequest) -> str: ...')
    command = [sys.executable, "-W", "error", "-m", "localhost.host", "--port", str(taken)]
    ended = subprocess.run(
        [*command, "--app-dir", str(place), "--keys-file", str(tmp_path / "keys.json")],
        cwd=ROOT,
        env={**os.environ, "AzureWebJobsStorage": sample.account},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"The host did not start: port {taken} is in use.")


@pytest.mark.parametrize("port", ["0", "70000", "many"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: str) -> None:
    command = [sys.executable, "-m", "localhost", "--data", str(tmp_path), "--port", port]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert f"'{port}' is no port, which is a number from 1 to 65535" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_two_do_not_run_on_the_same_data(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(HostFailed, match="another process runs on the data in"):
            Stack(tmp_path).start()
    assert not (tmp_path / "azurite.log").exists()


def test_a_start_can_be_broken_off(run: Run, tmp_path: Path) -> None:
    """Once the emulator runs and the app does not yet."""
    host, storage = free_ports(1)[0], four_free_ports()
    running = run(tmp_path, host, storage)
    until(lambda: is_free(storage), lambda free: not free, seconds=100)
    os.kill(running.pid, signal.SIGINT)
    said, _ = running.communicate(timeout=60)
    assert (running.returncode, said) == (0, "Stopping …\n")
    until(lambda: [p for p in (host, storage) if not is_free(p)], lambda busy: not busy)


def test_a_signal_where_python_drops_what_is_raised_is_heard_and_not_told(tmp_path: Path) -> None:
    """As a child is started: what a hook of a fork raises is printed, and goes no further."""
    host, storage = free_ports(1)[0], four_free_ports()
    code = (
        "import os, signal, sys; from localhost.__main__ import main; "
        "os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), signal.SIGINT)); "
        f"sys.exit(main(['--data', {str(tmp_path)!r}, '--port', '{host}', "
        f"'--storage-port', '{storage}']))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert (ended.returncode, ended.stdout + ended.stderr) == (0, "Stopping …\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_run_prints_one_page_and_leaves_nothing_behind(
    run: Run, tmp_path: Path, number: signal.Signals
) -> None:
    host, storage = free_ports(1)[0], four_free_ports()
    running = run(tmp_path, host, storage)
    page = page_of(running)
    keys = json.loads((tmp_path / "keys.json").read_text())
    assert f"http://127.0.0.1:{host}/api" in page
    assert keys["host"] in page
    assert keys["master"] in page
    assert f'curl -H "x-functions-key: {keys["host"]}"' in page
    assert f"a stand-in at http://127.0.0.1:{storage + 3}, in memory" in page
    os.kill(running.pid, number)
    running.communicate(timeout=60)
    if number is not signal.SIGKILL:
        assert running.returncode == 0
    ports = (host, storage, storage + 3)
    until(lambda: [p for p in ports if not is_free(p)], lambda busy: not busy)


def test_the_page_comes_down_with_what_it_stands_on(run: Run, tmp_path: Path) -> None:
    running = run(tmp_path, free_ports(1)[0], four_free_ports())
    page_of(running)
    # The host ends when its own child does: find it by its parent.
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
    if not children.exists():
        running.terminate()
        pytest.skip("this system does not list child processes")
    os.kill(int(children.read_text().split()[-1]), signal.SIGKILL)
    said, _ = running.communicate(timeout=60)
    assert "ended by itself; see" in said
    assert running.returncode == 1


def test_secrets_are_made_once_and_for_the_owners_eyes(tmp_path: Path) -> None:
    first, second = Stack(tmp_path), Stack(tmp_path)
    assert (first.function_key, first.master_key) == (second.function_key, second.master_key)
    accounts = [re.findall("Account(?:Name|Key)=[^;]+", s.state) for s in (first, second)]
    assert accounts[0] == accounts[1]
    for name in ("keys.json", "secrets.json"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_what_was_stored_is_there_after_another_start(tmp_path: Path) -> None:
    """The emulator keeps its data on disk for ``make run``."""
    for _ in range(2):
        with (
            Stack(tmp_path) as stack,
            BlobServiceClient.from_connection_string(stack.offsite) as account,
        ):
            names = [container.name for container in account.list_containers()]
            if not names:
                account.create_container("kept")
    assert names == ["kept"]
