"""Pulls of integration accounts: the request."""

from typing import Annotated

from pydantic import Field

from shared.model.operation import Warning
from shared.model.wire import JsonObject, Stored, Wire


class PullBody(Wire):
    """Body of POST services/{service}/pull."""

    accept_removals: Annotated[bool, Field(strict=True)] = False
    """Pull also if most of what the service has is gone from the account."""


class PullOutcome(Stored):
    """How a pull ended."""

    result: JsonObject = Field(default_factory=dict, repr=False)
    warnings: list[Warning] = Field(default_factory=list)
