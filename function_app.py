"""Interkeep as Azure Functions see it: every blueprint, nothing else."""

import azure.functions as func

from shared.settings import apply_defaults
from shared.triggers import (
    artifacts,
    backups,
    installation,
    operations,
    restores,
    runtime,
    services,
)

apply_defaults()
app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
for door in (services, artifacts, runtime, backups, restores, operations, installation):
    app.register_functions(door.blueprint)
