"""Microsoft's Python worker runtime, in process: index the app's functions, invoke them.

The package is what runs inside Azure's Python worker. It is spoken to without gRPC: its requests
are plain namespaces, its values are Datum objects. The entry is internal, so it is pinned and
tests/localhost holds the contract.
"""

import json
import logging
import os
import re
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

_PLATFORM_SETTINGS = ("CONTAINER_NAME", "WEBSITE_INSTANCE_ID", "WEBSITE_SITE_NAME")
"""Their presence makes the runtime believe that it is in Azure."""

_SCRIPT = "function_app.py"
_BINDING_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9]*|\$return")

log = logging.getLogger("localhost.worker")


class AppBroken(Exception):
    """The app's functions cannot be indexed: an import error, or a wrong declaration."""


class InvocationFailed(Exception):
    """A function raised; the message is its trace."""


@dataclass(frozen=True)
class Function:
    """One function of the app, as the host sees it."""

    name: str
    id: str
    trigger: Mapping[str, Any]
    """The trigger's binding: its type, parameter name, route, schedule, queue, …"""

    @property
    def kind(self) -> str:
        """``httpTrigger``, ``queueTrigger`` or ``timerTrigger``."""
        return str(self.trigger["type"])

    @property
    def parameter(self) -> str:
        """The name of the parameter that the trigger fills."""
        return str(self.trigger["name"])


@dataclass(frozen=True)
class HttpRequest:
    """What an HTTP function is given."""

    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    params: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class HttpResponse:
    """What an HTTP function answers."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Worker:
    """The runtime with one app; there can be one a process."""

    def __init__(self) -> None:
        for name in _PLATFORM_SETTINGS:
            os.environ.pop(name, None)
        from azure_functions_runtime import handle_event, native_invocation
        from azure_functions_runtime.bindings.datumdef import Datum

        self._events = handle_event
        self._native = native_invocation
        self._datum = Datum

    async def load(self, app_dir: Path) -> list[Function]:
        """Index the app, as Azure does at a worker's start.

        :raises AppBroken: with the error's text.
        """
        if not (app_dir / _SCRIPT).exists():
            raise AppBroken(f"there is no {_SCRIPT} in {app_dir}")
        _make_last(app_dir)
        init = SimpleNamespace(capabilities={}, function_app_directory=str(app_dir))
        request = SimpleNamespace(
            request=SimpleNamespace(worker_init_request=init),
            properties={"host": "127.0.0.1", "protos": _Protos},
        )
        answer = await self._events.worker_init_request(request)
        if answer.result.status == _Protos.StatusResult.Failure:
            raise AppBroken(str(answer.result.exception.message))
        answer = await self._events.functions_metadata_request(None)
        found = [f for f in answer.function_metadata_results or [] if _is_legal(f)]
        return [_function(f) for f in found]

    async def call_http(self, function: Function, request: HttpRequest) -> HttpResponse:
        """Invoke an HTTP function.

        :raises InvocationFailed: where it raised.
        """
        text = self._texts
        value = {
            "method": self._datum(request.method, "string"),
            "url": self._datum(request.url, "string"),
            "headers": text(request.headers),
            "query": text(request.query),
            "params": text(request.params),
            "body": self._datum(request.body, "bytes"),
        }
        answer = await self._call(function, self._datum(value, "http"), {})
        if answer is None:
            return HttpResponse(204, {}, b"")
        if answer.type != "http":
            body = answer.value if isinstance(answer.value, bytes) else str(answer.value).encode()
            return HttpResponse(200, {"content-type": "text/plain"}, body)
        shape = answer.value
        headers = {name: datum.value for name, datum in shape["headers"].items()}
        return HttpResponse(int(shape["status_code"].value), headers, shape["body"].value)

    async def call_queue(self, function: Function, message: Mapping[str, Any], body: str) -> None:
        """Invoke a queue function.

        :param message: what the queue knows of it: Id, DequeueCount, PopReceipt, and its times as
            ISO 8601 text.
        :raises InvocationFailed: where it raised.
        """
        metadata = {name: self._datum(json.dumps(v), "json") for name, v in message.items()}
        await self._call(function, self._datum(body, "string"), metadata)

    async def call_timer(
        self, function: Function, *, past_due: bool, status: Mapping[str, str]
    ) -> None:
        """Invoke a timer function.

        :param status: Last, Next and LastUpdated of its schedule, as ISO 8601 text.
        :raises InvocationFailed: where it raised.
        """
        timer = {
            "IsPastDue": past_due,
            "Schedule": {"AdjustForDST": True},
            "ScheduleStatus": dict(status),
        }
        await self._call(function, self._datum(json.dumps(timer), "json"), {})

    def _texts(self, values: Mapping[str, str]) -> dict[str, Any]:
        return {name: self._datum(value, "string") for name, value in values.items()}

    async def _call(self, function: Function, datum: Any, metadata: Mapping[str, Any]) -> Any:
        succeeded, answer, _outputs, text, trace = await self._native.invocation_request_native(
            str(uuid.uuid4()), function.id, [(function.parameter, datum)], metadata
        )
        if not succeeded:
            raise InvocationFailed(f"{text}\n{trace}")
        return answer


def _make_last(app_dir: Path) -> None:
    """The app's folder is the last that imports look into, and the host's own is none."""
    hosts = {app_dir, Path(__file__).resolve().parents[1]}
    sys.path[:] = [folder for folder in sys.path if Path(folder).resolve() not in hosts]
    sys.path.append(str(app_dir))


def _is_legal(found: Any) -> bool:
    """Azure drops a function with a binding of another name, and hardly says so."""
    names = [str(json.loads(raw)["name"]) for raw in found.raw_bindings]
    wrong = [name for name in names if not _BINDING_NAME.fullmatch(name)]
    if wrong:
        log.error("%s does not exist: the binding name '%s' is illegal", found.name, wrong[0])
    return not wrong


def _function(found: Any) -> Function:
    bindings = [json.loads(raw) for raw in found.raw_bindings]
    trigger = next(b for b in bindings if str(b["type"]).endswith("Trigger"))
    return Function(found.name, found.function_id, trigger)


class _Message(SimpleNamespace):
    """Stands for any protobuf message: it keeps what it is made with."""


class _StatusResult(_Message):
    Failure = 0
    Success = 1


class _BindingInfo(_Message):
    # These are the numbers of the worker's protocol.
    out = 1
    inout = 2
    undefined = 0


class _Protos:
    """The messages that the runtime makes."""

    StatusResult = _StatusResult
    BindingInfo = _BindingInfo
    WorkerInitResponse = _Message
    WorkerMetadata = _Message
    FunctionMetadataResponse = _Message
    RpcFunctionMetadata = _Message
    RpcException = _Message
