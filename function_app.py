"""Interkeep as Azure Functions see it: every blueprint, nothing else."""

import azure.functions as func

from shared.settings.environment import apply_defaults
from shared.triggers.doors import doors

apply_defaults()
app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
for blueprint in doors():
    app.register_functions(blueprint)
