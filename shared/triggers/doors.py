"""The app's blueprints, and every route that they declare."""

from shared.triggers import (
    alerts,
    artifacts,
    backups,
    inspection,
    installation,
    integration_accounts,
    keys,
    operations,
    portal,
    pulls,
    pushes,
    restores,
    runtime,
    schedules,
    services,
    storage_accounts,
)
from shared.web.http.route import ROUTES, Blueprint, Route


def doors() -> tuple[Blueprint, ...]:
    """Every blueprint: its functions are those of HTTP, of timers and of queues."""
    modules = (
        services,
        artifacts,
        runtime,
        backups,
        inspection,
        schedules,
        restores,
        operations,
        storage_accounts,
        integration_accounts,
        pulls,
        pushes,
        alerts,
        keys,
        installation,
        portal,
    )
    return tuple(module.blueprint for module in modules)


def routes() -> tuple[Route, ...]:
    """Every operation of the API, and the route that answers what none of them takes."""
    return tuple(ROUTES)
