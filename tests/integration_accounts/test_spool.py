"""Which sessions there are is kept on disk: many take no more memory than few."""

import subprocess
import sys

import pytest

from shared.integration_accounts.pulling.spool import spool

_PAGE = 1_000
_MOST_MB = 8.0

_CHILD = """
import sys
from shared.integration_accounts.pulling.spool import spool

def page(start):
    numbers = range(start, start + 1000)
    return [(f"agreement-{number:07}-icn", number.to_bytes(16)) for number in numbers]

def noted(page):
    return [(name, printed, f"datetime-{name}") for name, printed in page]

count = int(sys.argv[1])
with spool() as known:
    for start in range(0, count, 1000):
        known.add(noted(page(start)))
    for start in range(1000, count + 1000, 1000):
        assert len(known.see(page(start))) == (1000 if start == count else 0)
    assert len(known.unseen()) == 500
status = open("/proc/self/status").read().splitlines()
print(next(line for line in status if line.startswith("VmHWM")).split()[1])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_memory_does_not_grow_with_the_sessions() -> None:
    peaks = []
    for count in (2 * _PAGE, 100 * _PAGE):
        command = [sys.executable, "-c", _CHILD, str(count)]
        said = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        peaks.append(int(said.stdout) / 1024)
    assert peaks[1] - peaks[0] < _MOST_MB, peaks


def test_what_is_seen_changed_and_gone() -> None:
    with spool() as known:
        known.add([("a", b"1", "one"), ("b", b"1", "two"), ("c", b"1", "three")])
        assert known.see([("a", b"1"), ("b", b"2"), ("d", b"1")]) == {"b", "d"}
        assert known.unseen() == ["c"]
        assert known.see([("b", b"2"), ("d", b"3")]) == {"d"}
        assert known.see([("c", b"1")]) == set()
        assert known.unseen() == []
        assert [known.etag(name) for name in "abcde"] == ["one", "two", "three", "", ""]


def test_what_is_gone_is_told_in_parts() -> None:
    with spool() as known:
        known.add((f"{number:04}", b"1", "") for number in range(1_200))
        first = known.unseen()
        assert (len(first), first[0], first[-1]) == (500, "0000", "0499")
        second = known.unseen(first[-1])
        third = known.unseen(second[-1])
        assert (second[0], len(third), known.unseen(third[-1])) == ("0500", 200, [])
