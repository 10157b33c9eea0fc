"""Every request that a page shows runs, in the page's order, with the answer that it states."""

import re
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from localhost.stack import HostProcess
from tests.docs.estates import ESTATES, Ground
from tests.docs.exchanges import Exchange, exchanges, missing
from tests.support.api import Api, Reply, unique
from tests.support.deployed import Deployed, Emulator

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    page
    for page in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")))
    if "```http" in page.read_text()
]

Send = Callable[[Exchange, str], Awaitable[Reply]]


@pytest.fixture
def send(api: Api, host: HostProcess) -> Send:
    """Sends a request of a page; ``<operation id>`` is given."""

    async def sent(exchange: Exchange, operation: str) -> Reply:
        path = exchange.path.replace("<operation id>", operation)
        key = host.keys.master if path.startswith("/admin/") else None
        return await api.call(
            exchange.method,
            host.base_url + path,
            data=exchange.body,
            headers=exchange.headers,
            key=key,
        )

    return sent


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
async def test_the_requests_of_a_page(
    api: Api, deployed: Deployed, emulator: Emulator, send: Send, page: Path
) -> None:
    contoso = unique("c")
    estate = ESTATES.get(page.name)
    if estate is not None:
        await estate(Ground(api, deployed, emulator), contoso)
    operation = ""
    for exchange in exchanges(page, contoso):
        reply = await send(exchange, operation)
        assert reply.status == exchange.status, f"{exchange}: {reply.body or reply.content!r}"
        wrong = list(missing(exchange.answered, reply.body)) if exchange.answered else []
        assert not wrong, f"{exchange}: {wrong}"
        if reply.status == 202 and "Operation-Location" in reply.headers:
            operation = (await api.ended(reply))["id"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl on PATH")
def test_the_requests_with_curl(host: HostProcess) -> None:
    """Getting started shows once how a request is sent with curl."""
    page = (ROOT / "docs" / "getting-started.md").read_text()
    found = re.search(r"```bash\n(api=.*?)```", page, re.S)
    assert found
    script = found[1].replace("http://127.0.0.1:7071", host.base_url)
    script = script.replace("<the function key>", host.keys.host)
    script = script.replace("contoso", unique("c")).replace("curl -i", "curl --fail -sS -i")
    done = subprocess.run(
        ["bash", "-e", "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"HTTP/1\.1 (\d+)", done.stdout) == ["200", "201"]
