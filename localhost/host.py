"""One host process: ``python -m localhost.host --port 7071 --app-dir . --keys-file keys.json``.

Its settings are its environment, as in Azure: ``AzureWebJobsStorage`` is a connection string, or
its members (``AzureWebJobsStorage__blobServiceUri``, …) name an account for an identity.
"""

import argparse
import asyncio
import errno
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from localhost.connections import Connection
from localhost.keys import kept_keys
from localhost.processes import port_number
from localhost.queues import QueueListener, QueueSettings
from localhost.routes import Routes
from localhost.settings import read_host_json
from localhost.timers import TimerListener
from localhost.web import MOST_SECONDS, Web
from localhost.worker import AppBroken, Function, Worker

READY = "host is ready"
"""Printed once the host answers."""

FAILED = "The host did not start: "
"""Begins the one line that says why."""

_HOST_STORAGE = "AzureWebJobsStorage"
_QUEUE = "queueTrigger"

log = logging.getLogger("localhost.host")


class StartFailed(Exception):
    """The host cannot start; the message says why and what to do."""


async def serve(app_dir: Path, port: int, keys_file: Path, most_seconds: float) -> None:
    """Run the app until a signal ends it.

    :raises StartFailed: a broken app, a port in use, a setting that is missing.
    :raises ValueError: a file, a route or a schedule that cannot be read.
    """
    host = read_host_json(app_dir)
    worker = Worker()
    try:
        functions = await worker.load(app_dir)
    except AppBroken as error:
        raise StartFailed(f"function_app.py cannot be loaded: {error}") from error

    async def run_by_hand(function: Function, given: str) -> None:
        if function.kind == "timerTrigger":
            await worker.call_timer(function, past_due=False, status={})
        else:
            message = {"Id": "by-hand", "DequeueCount": 1, "PopReceipt": ""}
            await worker.call_queue(function, message, given)

    routes = Routes(functions, host.get("extensions", {}).get("http", {}).get("routePrefix", "api"))
    keys = kept_keys(keys_file)
    answering = Web(worker, functions, routes, keys, run_by_hand, most_seconds=most_seconds)
    connections = _connections(functions)
    timers = _of_kind(functions, "timerTrigger")
    listeners: list[TimerListener | QueueListener] = [
        TimerListener(worker, timers, connections[_HOST_STORAGE]),
        *_queue_listeners(worker, functions, host, connections),
    ]
    runner = web.AppRunner(
        answering.application(),
        access_log=None,
        shutdown_timeout=1,
        # A compressed body is for the function to open, as in Azure.
        auto_decompress=False,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
    except OSError as error:
        await runner.cleanup()
        if error.errno != errno.EADDRINUSE:
            raise StartFailed(f"port {port} cannot be opened: {error.strerror}") from error
        raise StartFailed(
            f"port {port} is in use. Stop what listens there, or choose another with --port."
        ) from error
    listening = [asyncio.create_task(listener.listen()) for listener in listeners]
    for task in listening:
        task.add_done_callback(_report)
    print(READY, flush=True)
    await _signalled()
    for task in listening:
        task.cancel()
    await runner.cleanup()
    await asyncio.gather(*listening, return_exceptions=True)
    await asyncio.gather(answering.close(), *(listener.close() for listener in listeners))
    await asyncio.gather(*(connection.close() for connection in connections.values()))
    # The app's own connections live as long as its process: that they end with it is no error.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)


def _report(listening: "asyncio.Task[None]") -> None:
    if not listening.cancelled() and (error := listening.exception()):
        log.critical("a listener of this host broke", exc_info=error)


def _connections(functions: Sequence[Function]) -> dict[str, Connection]:
    """The host's own storage, and those that queue functions name."""
    named = {str(function.trigger["connection"]) for function in _of_kind(functions, _QUEUE)}
    return {name: Connection.named(name) for name in (_HOST_STORAGE, *sorted(named))}


def _queue_listeners(
    worker: Worker,
    functions: Sequence[Function],
    host: dict[str, Any],
    connections: Mapping[str, Connection],
) -> list[QueueListener]:
    settings = QueueSettings.read(host)
    return [
        QueueListener(worker, function, connections[str(function.trigger["connection"])], settings)
        for function in _of_kind(functions, _QUEUE)
    ]


def _of_kind(functions: Sequence[Function], kind: str) -> list[Function]:
    return [function for function in functions if function.kind == kind]


async def _signalled() -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    await ended.wait()


def main(arguments: Sequence[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m localhost.host", description=__doc__)
    parser.add_argument("--port", type=port_number, default=7071)
    parser.add_argument("--app-dir", type=Path, default=Path.cwd(), help="has function_app.py")
    parser.add_argument(
        "--keys-file", type=Path, default=Path(".local/keys.json"), help="made where there is none"
    )
    parser.add_argument(
        "--answer-seconds", type=float, default=MOST_SECONDS, help="after which answers are cut"
    )
    given = parser.parse_args(arguments)
    logging.basicConfig(
        level=os.environ.get("LOCALHOST_LOG_LEVEL", "WARNING"),
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
    )
    try:
        asyncio.run(
            serve(given.app_dir.resolve(), given.port, given.keys_file, given.answer_seconds)
        )
    except (StartFailed, ValueError) as error:
        print(f"{FAILED}{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
