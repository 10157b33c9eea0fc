"""Pulls of integration accounts: the request."""

from typing import Annotated

from pydantic import Field

from shared.model.descriptor import Failure
from shared.model.operation import OperationStatus, Warning
from shared.model.wire import JsonObject, Stored, Wire


class PullBody(Wire):
    """Body of POST services/{service}/pull."""

    accept_removals: Annotated[bool, Field(strict=True)] = False
    """Pull also if most of what the service has is gone from the account."""


class PullOutcome(Stored):
    """How a pull ended."""

    result: JsonObject = Field(default_factory=dict, repr=False)
    warnings: list[Warning] = Field(default_factory=list)
    failures: list[Failure] = Field(default_factory=list)
    """What the account has and the service has not as it is there: items that no service can hold,
    and artifacts without the content that the account does not give."""

    @property
    def status(self) -> OperationStatus:
        """Of the operation of the pull."""
        if self.failures:
            return OperationStatus.PARTIALLY_SUCCEEDED
        return OperationStatus.SUCCEEDED
