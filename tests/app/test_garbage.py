"""A process of the app looks for garbage less often, and never among what it is made of."""

import base64
import os
import subprocess
import sys
from pathlib import Path

from localhost.stack import app_settings

_ROOT = Path(__file__).parents[2]
_PROGRAM = """
import gc
before = gc.get_threshold()[0]
from shared.installation.installation import current
current()
print(gc.get_threshold()[0] > before, gc.get_freeze_count() > 50_000, gc.isenabled())
"""


def test_the_app_looks_for_garbage_less_often() -> None:
    key = base64.b64encode(bytes(32)).decode()
    account = (
        f"DefaultEndpointsProtocol=https;AccountName=nobody;AccountKey={key};"
        "EndpointSuffix=storage.invalid"
    )
    said = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        cwd=_ROOT,
        env={**os.environ, **app_settings(account, account, key), "STATE_STORAGE": account},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split() == ["True", "True", "True"]
