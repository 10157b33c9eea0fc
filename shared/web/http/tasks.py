"""What people come for: the order of the OpenAPI document and of the docs page."""

from enum import Enum


class DocsGroup(Enum):
    """What a blueprint's routes are for, in words for people."""

    SERVICES = (
        "Services",
        "Create services, change their settings, move them between states.",
    )
    ARTIFACTS = (
        "Artifacts",
        "Partners, agreements, schemas and all else that a service is configured with.",
    )
    NUMBERS = (
        "Numbers and messages",
        "What an EDI runtime asks for and reports: control numbers, MIC values, batches.",
    )
    BACKUPS = (
        "Backups",
        "Back up now, look into backups, compare, verify, pin and delete them.",
    )
    SCHEDULES = ("Schedules", "Back up by the calendar, and keep what should be kept.")
    RESTORES = ("Restores", "Plan a restore, and restore.")
    STORAGE_ACCOUNTS = (
        "Storage accounts",
        "Find backups that other installations made, or that were copied.",
    )
    INTEGRATION_ACCOUNTS = (
        "Integration accounts",
        "Find the integration accounts of Azure Logic Apps, and link services to them.",
    )
    OPERATIONS = ("Operations", "The operation log, and the monitors of what takes long.")
    INSTALLATION = ("Installation", "Health, keys, and this description.")

    def __init__(self, title: str, said: str) -> None:
        self.title = title
        self.said = said
