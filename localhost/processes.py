"""Child processes that never outlive this one, and free ports."""

import argparse
import ctypes
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_STOP_SECONDS = 10

# Loaded here: between fork and exec a child must not wait for a lock of the loader.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def spawn(
    command: Sequence[str], *, environment: Mapping[str, str], log: Path, folder: Path
) -> "subprocess.Popen[bytes]":
    """Start a child; its output goes to a file. On Linux it ends when this process does."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent if _LIBC is not None else None,
        )


def stop(child: "subprocess.Popen[bytes]") -> None:
    """End a child by its id: asked first, made to after ten seconds."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
    child.wait()


class Process:
    """A child that may be started, and ended, more than once."""

    _child: "subprocess.Popen[bytes] | None" = None

    @property
    def runs(self) -> bool:
        """Whether it was started and has not ended by itself."""
        return self._child is not None and self._child.poll() is None

    def stop(self) -> None:
        """End it."""
        if self._child is not None:
            stop(self._child)
            self._child = None


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nothing listens on; all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


def is_free(port: int) -> bool:
    """Whether nothing listens on a port of 127.0.0.1."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def wait_for_port(port: int, child: "subprocess.Popen[bytes]", seconds: float) -> bool:
    """Whether a child listens on a port before it ends or the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and child.poll() is None:
        with socket.socket() as one:
            one.settimeout(0.5)
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.05)
    return False


def port_number(text: str) -> int:
    """A port, as the argument of a command.

    :raises argparse.ArgumentTypeError: where it is none.
    """
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise argparse.ArgumentTypeError(f"{text!r} is no port, which is a number from 1 to 65535")
    return int(text)
