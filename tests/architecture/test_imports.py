"""What the app does not import until it needs it: an import is paid for with every cold start."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LATE = ("azure.identity", "azure.keyvault", "cryptography.x509", "msal")
_PRINT = "import json, sys; import function_app; print(json.dumps(sorted(sys.modules)))"


def test_the_app_starts_without_identity_vault_clients_and_certificates() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PRINT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = json.loads(done.stdout)
    assert "shared.sealing.vault_key" in loaded
    assert [name for name in loaded if name.startswith(LATE)] == []
