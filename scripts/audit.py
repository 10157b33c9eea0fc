"""Known vulnerabilities of what requirements.lock names, by pip-audit.

Fails where one is known. Where the database cannot be asked, or does not know a package, it says
so: `make check` must work behind a registry that serves packages alone.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_SECONDS = 300


def main(pip_audit: str) -> int:
    """The command.

    :param pip_audit: its path.
    """
    command = [pip_audit, "--requirement", "requirements.lock", "--no-deps", "--disable-pip"]
    command += ["--format", "json", "--progress-spinner", "off"]
    done = subprocess.run(  # noqa: S603 - what the Makefile installed
        command, cwd=ROOT, capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        print(f"Not audited: the database of vulnerabilities cannot be asked ({last[:200]})")
        return 0
    audited = [one for one in found if "skip_reason" not in one]
    known = [(one, each) for one in audited for each in one.get("vulns", [])]
    for one, each in known:
        better = ", ".join(each["fix_versions"]) or "none yet"
        print(f"{one['name']} {one['version']}: {each['id']}, mended in: {better}")
    print(f"{len(audited)} of {len(found)} packages audited, {len(known)} vulnerabilities")
    return 1 if known else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
