"""What each route answers: the schema and an example of every good answer.

Imported where the OpenAPI document is asked for, so that a cold start does not pay for it. The
examples are what the routes answered to one service on its first day, its names and times changed;
tests/app/test_answers.py asks for all of that again and compares.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from shared.http.answer_models import (
    DeepHealthReport,
    Health,
    ImportReport,
    IssuedNumbers,
    ListedService,
    Monitor,
    ReportedActivity,
    SeenNumber,
    ShownAccount,
    ShownNumbers,
    ShownService,
)
from shared.http.backup_answers import (
    BackupChanges,
    BackupOverview,
    BackupRecords,
    BrowsedBackup,
    ListedBackup,
    SchedulePreview,
    ShownRestore,
    ShownSchedule,
)
from shared.model.advances import AdvancePlan
from shared.model.artifact import Artifact
from shared.model.backup import Backup
from shared.model.restore import RestorePlan
from shared.model.runtime import MicValue, ReceivedNumber

_EXAMPLES = Path(__file__).with_name("answer_examples.json")
_MOVES = ("start", "stop", "restart", "scale", "suspend", "resume", "disable", "enable")


@dataclass(frozen=True)
class Page:
    """A page of a list."""

    of: type[BaseModel]


Shape = type[BaseModel] | Page
"""What an answer's body is."""

_SHAPES: dict[str, tuple[Shape, ...]] = {
    "list_services": (Page(ListedService),),
    "put_service": (ShownService,),
    "get_service": (ShownService,),
    "delete_service": (Monitor,),
    **{f"{move}_service": (ShownService,) for move in _MOVES},
    "list_artifacts": (Page(Artifact),),
    "get_artifact": (Artifact,),
    "put_artifact": (Artifact,),
    "put_content": (Artifact,),
    "import_artifacts": (ImportReport,),
    "list_control_numbers": (Page(ShownNumbers),),
    "get_control_numbers": (ShownNumbers,),
    "set_control_number": (ShownNumbers,),
    "advance_control_numbers": (AdvancePlan,),
    "allocate_control_numbers": (IssuedNumbers,),
    "receive_control_number": (SeenNumber,),
    "get_received_number": (ReceivedNumber,),
    "put_mic_value": (MicValue,),
    "get_mic_value": (MicValue,),
    "list_batch_activity": (Page(ReportedActivity),),
    "put_batch_activity": (ReportedActivity,),
    "start_backup": (Monitor,),
    "list_backups": (Page(ListedBackup),),
    "get_backup": (Backup,),
    "pin_backup": (Backup,),
    "delete_backup": (Monitor,),
    "verify_backup": (Monitor,),
    "list_backup_contents": (BackupOverview, BackupRecords),
    "list_backup_changes": (BackupChanges,),
    "get_schedule": (ShownSchedule,),
    "put_schedule": (ShownSchedule,),
    "preview_schedule": (SchedulePreview,),
    "start_restore 200": (RestorePlan,),
    "start_restore 202": (Monitor,),
    "get_restore": (ShownRestore,),
    "list_operations": (Page(Monitor),),
    "get_operation": (Monitor,),
    "get_general_operation": (Monitor,),
    "cancel_operation": (Monitor,),
    "list_storage_accounts": (Page(ShownAccount),),
    "browse_backups": (Page(BrowsedBackup),),
    "register_backup": (Backup,),
    "rotate_keys": (Monitor,),
    "seal_secrets": (Monitor,),
    "health": (Health,),
    "deep_health": (DeepHealthReport,),
}
"""By the name of the route's function, with a status where each has its own."""


def shapes(name: str, status: int) -> tuple[Shape, ...]:
    """What the body of a good answer of a route may be; empty for JSON of any form."""
    return _SHAPES.get(f"{name} {status}") or _SHAPES.get(name, ())


def examples(name: str, status: int) -> dict[str, Any]:
    """Good answers of a route, by what the request asked for: empty for the plain request."""
    found = _examples().get(name, {})
    return {
        asked: value
        for key, value in found.items()
        if (said := key.partition(" "))[0] == str(status)
        for asked in (said[2],)
    }


@cache
def _examples() -> dict[str, dict[str, Any]]:
    """By route, then by status and what the request asked for."""
    read: dict[str, dict[str, Any]] = json.loads(_EXAMPLES.read_text("utf-8"))
    return read
