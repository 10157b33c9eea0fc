"""Interkeep as Azure Functions see it: every blueprint, nothing else."""

import azure.functions as func

from shared.settings import apply_defaults
from shared.triggers import (
    alerts,
    artifacts,
    backups,
    inspection,
    installation,
    keys,
    operations,
    restores,
    runtime,
    schedules,
    services,
    storage_accounts,
)

apply_defaults()
app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
for door in (
    services,
    artifacts,
    runtime,
    backups,
    inspection,
    schedules,
    restores,
    operations,
    storage_accounts,
    alerts,
    keys,
    installation,
):
    app.register_functions(door.blueprint)
