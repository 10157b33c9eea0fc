"""A small app that tells what the host gave it. Its journal is a file, one JSON object a line."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)


def _note(**fields: Any) -> None:
    line = json.dumps({"process": os.getpid(), **fields})
    with Path(os.environ["SAMPLE_JOURNAL"]).open("a") as journal:
        journal.write(line + "\n")


def _told(name: str, req: func.HttpRequest) -> func.HttpResponse:
    told = {
        "function": name,
        "method": req.method,
        "url": req.url,
        "headers": dict(req.headers),
        "query": dict(req.params),
        "route": dict(req.route_params),
        "body": req.get_body().decode(errors="replace")[:100],
        "length": len(req.get_body()),
        "clock": os.environ.get("INTERKEEP_CLOCK_OFFSET_SECONDS"),
    }
    return func.HttpResponse(json.dumps(told), mimetype="application/json")


@app.route("echo", methods=["GET", "POST"])
async def echo(req: func.HttpRequest) -> func.HttpResponse:
    return _told("echo", req)


@app.route("things/{id:int}", methods=["GET"])
async def things_as_number(req: func.HttpRequest) -> func.HttpResponse:
    return _told("things_as_number", req)


@app.route("things/{id}/{part?}", methods=["GET"])
async def things_by_name(req: func.HttpRequest) -> func.HttpResponse:
    return _told("things_by_name", req)


@app.route("things/new", methods=["GET"])
async def things_new(req: func.HttpRequest) -> func.HttpResponse:
    """Never reached: things_by_name is earlier in the order of names, and matches too."""
    return _told("things_new", req)


@app.route("files/{*path}", methods=["GET"])
async def files(req: func.HttpRequest) -> func.HttpResponse:
    return _told("files", req)


@app.route("open", auth_level=func.AuthLevel.ANONYMOUS)
async def open_to_all(req: func.HttpRequest) -> func.HttpResponse:
    return _told("open_to_all", req)


@app.route("locked", auth_level=func.AuthLevel.ADMIN)
async def locked(req: func.HttpRequest) -> func.HttpResponse:
    return _told("locked", req)


@app.route("hidden", trigger_arg_name="the_request")
async def hidden(the_request: func.HttpRequest) -> func.HttpResponse:
    """Never reached: its binding name is illegal."""
    return _told("hidden", the_request)


@app.route("fails")
async def fails(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("a secret that no answer may show")


@app.route("empty")
async def empty(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(status_code=204, headers={"x-told": "empty"})


@app.route("in-a-thread")
def in_a_thread(req: func.HttpRequest) -> func.HttpResponse:
    """Not async: the runtime runs it in a thread."""
    return _told("in_a_thread", req)


@app.route("slow")
async def slow(req: func.HttpRequest) -> func.HttpResponse:
    _note(event="slow began")
    await asyncio.sleep(float(req.params["seconds"]))
    _note(event="slow ended")
    return _told("slow", req)


@app.queue_trigger("message", "sample-work", "AzureWebJobsStorage")
async def work(message: func.QueueMessage) -> None:
    body = message.get_body().decode()
    _note(
        event="message",
        body=body,
        tries=message.dequeue_count,
        inserted=message.insertion_time.isoformat() if message.insertion_time else None,
    )
    if body == "fail":
        raise RuntimeError("asked to fail")
    if body.startswith("sleep "):
        await asyncio.sleep(float(body.split()[1]))
        _note(event="slept")


ON_STARTUP = "SAMPLE_ON_STARTUP" in os.environ


@app.timer_trigger("timer", "%SAMPLE_SCHEDULE%", run_on_startup=ON_STARTUP)
async def tick(timer: func.TimerRequest) -> None:
    _note(event="tick", pastDue=timer.past_due, status=timer.schedule_status)
    await asyncio.sleep(float(os.environ.get("SAMPLE_TICK_SECONDS", "0")))
    _note(event="ticked")
