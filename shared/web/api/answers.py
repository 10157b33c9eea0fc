"""What each route answers: the schema and an example of every good answer.

Imported where the OpenAPI document is asked for, so that a cold start does not pay for it. The
examples are what the routes answered to one service on its first day, its names and times changed;
tests/app/test_answers.py asks for all of that again and compares.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from shared.model import advances, artifact, backup, push, restore, runtime
from shared.web.api import backup_models as backup_answers
from shared.web.api import health_models as health_answers
from shared.web.api import models as answer_models
from shared.web.http.route import PageOf, Route

_EXAMPLES = Path(__file__).with_name("answer_examples.json")

_HOMES = (
    answer_models,
    backup_answers,
    health_answers,
    advances,
    artifact,
    backup,
    push,
    restore,
    runtime,
)
"""The modules of the models that declarations name."""

_STARTED = "Monitor"
"""The model of every 202 answer."""


@dataclass(frozen=True)
class ShownPage:
    """A page of a list."""

    of: type[BaseModel]


Shape = type[BaseModel] | ShownPage
"""The type of an answer's body."""


def shapes(declared: Route, status: int) -> tuple[Shape, ...]:
    """What the body of a good answer of a route may be; empty for JSON of any form.

    :raises LookupError: if a declaration names a model that does not exist.
    """
    named = (_STARTED,) if status == 202 else declared.gives
    return tuple(
        ShownPage(_model(one.item)) if isinstance(one, PageOf) else _model(one) for one in named
    )


def _model(name: str) -> type[BaseModel]:
    for home in _HOMES:
        found = vars(home).get(name)
        if isinstance(found, type) and issubclass(found, BaseModel):
            return found
    raise LookupError(f"no answer is made of a model '{name}'")


def examples(name: str, status: int) -> dict[str, Any]:
    """Good answers of a route, by what the request asked for: empty for the plain request."""
    found = _examples().get(name, {})
    return {
        asked: value
        for key, value in found.items()
        if (said := key.partition(" "))[0] == str(status)
        for asked in (said[2],)
    }


@cache
def _examples() -> dict[str, dict[str, Any]]:
    """By route, then by status and what the request asked for."""
    read: dict[str, dict[str, Any]] = json.loads(_EXAMPLES.read_text("utf-8"))
    return read
