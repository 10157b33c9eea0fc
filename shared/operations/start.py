"""A request to start an operation, and whether two requests are the same."""

import hashlib
import json
from dataclasses import dataclass, field, replace

from shared.model.operation import OperationName, Warning
from shared.model.problem import Code, Problem
from shared.model.service import Service
from shared.model.wire import JsonObject


@dataclass(frozen=True)
class Start:
    """A request to start an operation."""

    operation: OperationName
    service: str
    caller: str
    trigger: str
    parameters: JsonObject = field(repr=False)
    operation_id: str | None = None
    """Chosen by the caller, to repeat a request whose answer was lost."""
    service_id: str | None = None
    request: JsonObject | None = field(default=None, repr=False)
    """What the worker needs in addition to the parameters, secrets sealed."""
    warnings: tuple[Warning, ...] = ()
    """Warnings that are known at the start; the operation's end adds its own."""
    asked: JsonObject | None = field(default=None, repr=False)
    """What the request said, where the parameters contain more than that; used to compare
    requests."""
    secrets: str = ""
    """Equal for two requests with the same secrets (DataKey.fingerprint); empty: unknown."""

    def of(self, service: Service) -> "Start":
        """The same request with the service's name as it was created."""
        return replace(self, service=service.name, service_id=service.id)

    def fingerprint(self) -> str:
        """Equal for two requests that are the same, in what they show and in their secrets."""
        asked = self.parameters if self.asked is None else self.asked
        text = json.dumps([self.operation, self.service.lower(), asked], sort_keys=True)
        return f"{hashlib.sha256(text.encode()).hexdigest()}.{self.secrets}"

    def id_in_use(self) -> Problem:
        """The problem of an id that belongs to another request."""
        return Problem(
            Code.OPERATION_ID_IN_USE,
            f"Operation-Id '{self.operation_id}' belongs to another request of service "
            f"'{self.service}'. Draw a new id for each request.",
            target="Operation-Id",
        )

    def is_of(self, fingerprint: str) -> bool:
        """Whether a stored request is this one; secrets are compared where both are known."""
        shown, _, secrets = self.fingerprint().partition(".")
        stored, _, kept = fingerprint.partition(".")
        return shown == stored and (not secrets or not kept or secrets == kept)
