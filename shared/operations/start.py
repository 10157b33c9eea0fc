"""What somebody wants started, and whether two requests are the same."""

import hashlib
import json
from dataclasses import dataclass, field, replace

from shared.model.operation import OperationName, Warning
from shared.model.problem import Code, Problem
from shared.model.service import Service
from shared.model.wire import JsonObject


@dataclass(frozen=True)
class Start:
    """What somebody wants started."""

    operation: OperationName
    service: str
    caller: str
    trigger: str
    parameters: JsonObject = field(repr=False)
    operation_id: str | None = None
    """Given by the caller, to repeat a request whose answer was lost."""
    service_id: str | None = None
    request: JsonObject | None = field(default=None, repr=False)
    """What the worker needs beside the parameters, secrets sealed."""
    warnings: tuple[Warning, ...] = ()
    """What is known to be wrong already; the end tells its own."""
    asked: JsonObject | None = field(default=None, repr=False)
    """What the request said, where the parameters say more; it tells requests apart."""
    secrets: str = ""
    """Says whether two requests bring the same secrets (DataKey.fingerprint); empty: unknown."""

    def of(self, service: Service) -> "Start":
        """The same for a service that was found: by its name as it was created."""
        return replace(self, service=service.name, service_id=service.id)

    def fingerprint(self) -> str:
        """Says whether two requests are the same: of what is shown, and of the secrets."""
        asked = self.parameters if self.asked is None else self.asked
        text = json.dumps([self.operation, self.service.lower(), asked], sort_keys=True)
        return f"{hashlib.sha256(text.encode()).hexdigest()}.{self.secrets}"

    def id_in_use(self) -> Problem:
        """The refusal of an id that another request has."""
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
