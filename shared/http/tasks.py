"""The routes by what people come for, in the order of the OpenAPI document and the docs page."""

import re

from shared.http.route import Route

TASKS = (
    (
        "Services",
        "Create services, change their settings, move them between states.",
        r"services(/\{service\}(/(start|stop|restart|scale|suspend|resume|disable|enable))?)?",
    ),
    (
        "Artifacts",
        "Partners, agreements, schemas and all else that a service is configured with.",
        r"services/\{service\}/(artifacts/.*|import)",
    ),
    (
        "Numbers and messages",
        "What an EDI runtime asks for and reports: control numbers, MIC values, batches.",
        r"services/\{service\}/(received-control-numbers|control-numbers|mic-values|batch-activity).*",
    ),
    (
        "Backups",
        "Back up now, look into backups, compare, verify, pin and delete them.",
        r"services/\{service\}/backups.*",
    ),
    (
        "Schedules",
        "Back up by the calendar, and keep what should be kept.",
        r"services/\{service\}/backup-schedule.*",
    ),
    ("Restores", "Plan a restore, and restore.", r"restores.*"),
    (
        "Storage accounts",
        "Find backups that other installations made, or that were copied.",
        r"storage-accounts.*",
    ),
    (
        "Operations",
        "The operation log, and the monitors of what takes long.",
        r"(services/\{service\}/)?operations.*",
    ),
    ("Installation", "Health, keys, and this description.", r".*"),
)
"""What people come for: its name, what it is, and the paths that belong to it, the first that fits.
"""


def task(path: str) -> str:
    """What people come for who ask a path."""
    return next(name for name, _, pattern in TASKS if re.fullmatch(pattern, path))


_NAMES_OPERATION = {
    "advance_control_numbers": True,
    "cancel_operation": False,
    "register_backup": True,
}
"""Of routes where their path and their answers do not say it."""


def names_operation(declared: Route) -> bool:
    """Whether the caller may choose the id under which the log has what it does."""
    if declared.name in _NAMES_OPERATION:
        return _NAMES_OPERATION[declared.name]
    changes_service = declared.method != "GET" and task(declared.path) == "Services"
    return changes_service or 202 in declared.answers
