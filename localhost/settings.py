"""host.json, as the environment overrides it."""

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

_PREFIX = "AzureFunctionsJobHost__"


def read_host_json(app_dir: Path) -> dict[str, Any]:
    """The app's host.json; ``AzureFunctionsJobHost__a__b`` in the environment sets its ``a.b``.

    :raises ValueError: where there is none, or it is no JSON object.
    """
    path = app_dir / "host.json"
    try:
        host = json.loads(path.read_text())
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"{path} is no JSON: {error}") from error
    if not isinstance(host, dict):
        raise ValueError(f"{path} is no JSON object")
    for name, value in os.environ.items():
        if name.startswith(_PREFIX):
            *parents, last = name.removeprefix(_PREFIX).split("__")
            place = host
            for parent in parents:
                place = place.setdefault(parent, {})
            place[last] = value
    return host


def seconds_of(text: str) -> float:
    """The length of a .NET time span without days: ``hh:mm:ss``, with fractions of a second."""
    hours, minutes, seconds = text.split(":")
    span = timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds))
    return span.total_seconds()
