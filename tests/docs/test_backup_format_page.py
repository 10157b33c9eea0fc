"""docs/backup-format.md: its commands check a real backup, and notice a damaged one."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient

from tests.support.api import Api, x12_document
from tests.support.deployed import Deployed

PAGE = Path(__file__).resolve().parents[2] / "docs" / "backup-format.md"
TOOLS = ("bash", "jq", "zcat", "sha256sum")


def commands(name: str) -> str:
    found = re.search(
        rf"<!-- {name}:begin -->\n```bash\n(.*?)```\n<!-- {name}:end -->", PAGE.read_text(), re.S
    )
    assert found
    return found[1]


def run(name: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", commands(name)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
async def folder(api: Api, deployed: Deployed, tmp_path: Path) -> Path:
    """A backup's container, downloaded."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)} on PATH")
    service = await api.service(region="Ünïted \u2028 Kingdom")
    document = x12_document()
    document["note"] = "日本語 – 𝄞"
    await api.agreement(service, "Grüße", document)
    await api.allocate(service, "Grüße")
    for number in range(3):
        path = f"services/{service}/artifacts/schemas/s{number}"
        await api.put(path, {"document": {}})
        await api.put(f"{path}/content", data=bytes([number]) * 100_000)
    backup = await api.backup(service)
    container = ContainerClient.from_connection_string(deployed.offsite, backup)
    for name in container.list_blob_names():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(container.download_blob(name).readall())
    container.close()
    return tmp_path


async def test_the_page_checks_a_backup(folder: Path) -> None:
    checked = run("check", folder)
    digests = checked.stdout.split()
    assert checked.returncode == 0, checked.stderr
    assert len(digests) == 2
    assert digests[0] == digests[1]
    assert not checked.stderr


async def test_the_page_looks_inside(folder: Path) -> None:
    looked = run("look", folder)
    assert looked.returncode == 0, looked.stderr
    assert "Grüße" in looked.stdout
    assert '"revision"' in looked.stdout


@pytest.mark.parametrize("prefix", ["sections", "content", "secrets"])
async def test_the_page_notices_a_flipped_bit(folder: Path, prefix: str) -> None:
    victim = sorted(p for p in (folder / prefix).rglob("*") if p.is_file())[0]
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(bytes(data))
    checked = run("check", folder)
    assert checked.stderr + checked.stdout.replace("\n", "")[128:], "nothing was said"
