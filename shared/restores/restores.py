"""Planning and starting restores: all errors are reported before the first write."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.backups.archive.opened import OpenBackup
from shared.backups.catalog.presence import Presence
from shared.blobs.accounts import Accounts
from shared.blobs.backup_container import BackupContainer
from shared.clock import Clock
from shared.model.operation import OperationName
from shared.model.problem import Code, Detail, Problem
from shared.model.restore import Replaced, RestoreBody, RestorePlan
from shared.model.wire import MASK, JsonObject, JsonValue
from shared.operations.engine import Engine
from shared.operations.start import Start
from shared.restores.chosen import Chosen
from shared.restores.planning import Planning
from shared.rules.documents import masked
from shared.rules.naming import require_backup_name, shown
from shared.sealing.key_ring import KeyRing
from shared.services.documents import SERVICE
from shared.state.columns import dumps
from shared.state.operations import OperationRow, Operations

_RECORDED_VALUE = 1000
"""The most characters of JSON that are recorded of a replaced value."""

_RECORDED = 100
"""The most counters, sources and replacements that the operation's record lists one by one."""


@dataclass(frozen=True)
class _Asking:
    """A request, with the backup that it names."""

    body: RestoreBody
    backup: OpenBackup
    name: str
    """The name of the service that will be created."""
    caller: str
    operation_id: str | None


class Restores:
    """Plans and starts restores."""

    def __init__(
        self,
        *,
        engine: Engine,
        records: Operations,
        planning: Planning,
        accounts: Accounts,
        keys: KeyRing,
        clock: Clock,
        presence: Presence,
    ) -> None:
        self._presence = presence
        self._engine = engine
        self._records = records
        self._planning = planning
        self._accounts = accounts
        self._keys = keys
        self._clock = clock

    async def plan(self, body: RestoreBody) -> RestorePlan:
        """What the restore would create, and all that forbids it; nothing is written.

        :raises Problem: if there is no backup to plan with: StorageAccountUnknown, BackupNotFound,
            DescriptorForged, FormatUnknown, KeyUnavailable, BlobMissing, BlobCorrupt.
        """
        backup = await self._opened(body)
        return (await self._planning.planned(body, backup, self._keys.provider)).plan

    async def start(self, body: RestoreBody, caller: str, operation_id: str | None) -> OperationRow:
        """Start a restore.

        :raises Problem: what ``plan`` raises; the errors of the plan, all of them in the details;
            OperationInProgress, OperationIdInUse.
        """
        backup = await self._opened(body)
        wanted = body.service.name
        name = backup.descriptor.service.name if wanted is None else wanted
        known = await Chosen.known(self._records, self._keys, name, operation_id)
        asking = _Asking(body, backup, name, caller, operation_id)
        try:
            chosen = known or await Chosen.new(self._keys, self._clock.new_id())
            return await self._start(asking, chosen)
        except Problem:
            # If the same request was sent twice at once, the conflict is with the other one.
            other = await Chosen.known(self._records, self._keys, name, operation_id)
            if known is not None or other is None:
                raise
            return await self._start(asking, other)

    async def _start(self, asking: "_Asking", chosen: Chosen) -> OperationRow:
        body = asking.body
        asked: JsonObject = {
            **body.to_json(),
            "service": masked(SERVICE, body.service.to_json()),
            "replace": [{**one.to_json(), "value": MASK} for one in body.replace],
            "digest": asking.backup.descriptor.digest,
        }
        secrets: JsonObject = {
            "service": body.service.to_json(),
            "replace": [one.to_json() for one in body.replace],
        }
        start = Start(
            OperationName.RESTORE,
            asking.name,
            asking.caller,
            "http",
            {"request": {m: v for m, v in asked.items() if m != "digest"}},
            asking.operation_id,
            chosen.service_id,
            asked=asked,
            secrets=chosen.key.fingerprint(secrets),
        )
        repeated = await self._engine.repeated(start)
        if repeated is not None:
            return repeated
        planned = await self._planning.planned(body, asking.backup, self._keys.provider)
        if planned.problems:
            raise _refusal(planned.problems)
        recorded = _shortened(planned.plan)
        parameters: JsonObject = {**start.parameters, "plan": recorded.to_json()}
        request = chosen.request(body)
        return await self._engine.start(replace(start, parameters=parameters, request=request))

    async def _opened(self, body: RestoreBody) -> OpenBackup:
        place = body.backup
        account = self._accounts.require(place.storage_account, "/backup/storageAccount")
        require_backup_name(place.container, "/backup/container")
        container = BackupContainer(account, place.container)
        renamed = body.accept_renamed
        provider = self._keys.provider
        try:
            return await OpenBackup.read(container, provider, accept_renamed=renamed)
        except Problem as problem:
            if problem.code is not Code.BACKUP_NOT_FOUND or await container.exists():
                raise
            gone = self._presence.not_there(place.storage_account, place.container)
            raise replace(gone, target=problem.target) from problem

    async def get(self, restore_id: str) -> OperationRow:
        """One restore, by ``<service name>.<operation id>``.

        :raises Problem: RestoreNotFound.
        """
        service, _, operation_id = restore_id.partition(".")
        found = await self._records.find(service, operation_id) if operation_id else None
        if found is None or found[0].operation.operation is not OperationName.RESTORE:
            raise Problem(
                Code.RESTORE_NOT_FOUND,
                f"There is no restore '{shown(restore_id)}'. Its id is <service>.<operation id>.",
                target="restore",
            )
        return found[0]


def _refusal(problems: Sequence[Problem]) -> Problem:
    """One problem for all errors: a single one unchanged, several with the details of each."""
    first = problems[0]
    if len(problems) == 1:
        return first
    return Problem(
        first.code,
        f"{len(problems)} things forbid this restore; details names each. The first: "
        f"{first.message}",
        first.target,
        [Detail(each.code, each.message, each.target or "") for each in problems],
        max((each.retry_after_seconds or 0 for each in problems), default=0) or None,
    )


def _shortened(planned: RestorePlan) -> RestorePlan:
    """The plan as the operation's record has it: the space of a row is limited."""
    numbers, inbound = planned.control_numbers, planned.inbound
    cut = max(0, len(numbers.exposures) - _RECORDED)
    shorter = {"exposures": numbers.exposures[:_RECORDED], "more": numbers.more + cut}
    if inbound is not None:
        beyond = max(0, len(inbound.agreements) - _RECORDED)
        first = {"agreements": inbound.agreements[:_RECORDED], "more": inbound.more + beyond}
        inbound = inbound.model_copy(update=first)
    unnamed = max(0, len(planned.sources) - _RECORDED)
    update = {
        "control_numbers": numbers.model_copy(update=shorter),
        "inbound": inbound,
        "replaced": [_short(one) for one in planned.replaced[:_RECORDED]],
        "sources": planned.sources[:_RECORDED],
        "more_sources": planned.more_sources + unnamed,
    }
    return planned.model_copy(update=update)


def _short(one: Replaced) -> Replaced:
    shorter = {"before": _shorter(one.before), "after": _shorter(one.after)}
    return one.model_copy(update=shorter)


def _shorter(value: JsonValue) -> JsonValue:
    """A value, or the beginning of its JSON if it is long."""
    text = dumps(value)
    if len(text) <= _RECORDED_VALUE:
        return value
    return f"{text[:_RECORDED_VALUE]}… ({len(text)} characters)"
