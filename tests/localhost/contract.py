"""Runs in a process of its own, since the runtime loads one app a process: prints what it sees."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from localhost.worker import HttpRequest, InvocationFailed, Worker


async def _seen(app_dir: Path) -> dict[str, Any]:
    worker = Worker()
    functions = {function.name: function for function in await worker.load(app_dir)}
    request = HttpRequest(
        "POST", "http://here/api/echo?a=1", {"x-one": "1"}, {"a": "1"}, {"id": "7"}, b"\x00body"
    )
    echoed = await worker.call_http(functions["echo"], request)
    threaded = await worker.call_http(functions["in_a_thread"], request)
    empty = await worker.call_http(functions["empty"], request)
    message = {
        "Id": "one",
        "DequeueCount": 2,
        "PopReceipt": "p",
        "InsertionTime": "2026-01-02T03:04:05+00:00",
    }
    await worker.call_queue(functions["work"], message, "héllo")
    await worker.call_timer(functions["tick"], past_due=True, status={"Last": "l", "Next": "n"})
    failures = {}
    for name, call in {
        "http": worker.call_http(functions["fails"], request),
        "queue": worker.call_queue(functions["work"], message, "fail"),
    }.items():
        try:
            await call
        except InvocationFailed as failed:
            failures[name] = str(failed)
    return {
        "functions": {f.name: {"kind": f.kind, **f.trigger} for f in functions.values()},
        "echoed": [echoed.status, dict(echoed.headers), json.loads(echoed.body)],
        "threaded": json.loads(threaded.body),
        "empty": [empty.status, dict(empty.headers), empty.body.decode()],
        "failures": failures,
        "last folder": sys.path[-1],
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_seen(Path(sys.argv[1])))))
