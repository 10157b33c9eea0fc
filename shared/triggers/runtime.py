"""Run-time operations: control numbers, received numbers, MIC values."""

from shared.model.advances import AdvanceBody
from shared.model.numbers import AllocateBody, Kind, SetNextBody
from shared.model.problem import Code, Problem
from shared.model.runtime import BatchActivityBody, MicBody, ReceivedBody, reference_of
from shared.model.wire import JsonObject
from shared.operations.immediate import service_update
from shared.rules.naming import is_artifact_name, shown
from shared.rules.roles import Role
from shared.web.http.call import Answer, Call
from shared.web.http.etag import condition, strong, unless_unchanged
from shared.web.http.paging import PAGING, after, given_page, name_prefix, one_page, top
from shared.web.http.route import PageOf, new_blueprint, route
from shared.web.http.shared_errors import (
    ASKS_ARM,
    MOVES_SERVICE,
    NEEDS_ACTIVE_SERVICE,
    OPENS_OR_SEALS,
)
from shared.web.http.tasks import DocsGroup

blueprint = new_blueprint(DocsGroup.NUMBERS)
_NUMBERS = "services/{service}/control-numbers"
_RECEIVED = "services/{service}/received-control-numbers/{agreement}"
_NUMBER = {"kind": "interchange", "value": "000004711"}
"""What names a received number in a query, as an example."""


@route(
    blueprint,
    "GET",
    _NUMBERS,
    query=("namePrefix", "nearEnd", *PAGING),
    gives=PageOf("ShownNumbers"),
)
async def list_control_numbers(call: Call) -> Answer:
    """List where every agreement of a service stands, or those that are near their end."""
    size, prefix, near_end = top(call), name_prefix(call), call.flag("nearEnd")
    service = (await call.app.services.require(call.path("service"))).service
    behind = after(call, is_artifact_name)
    found, following = await call.app.counters.listed(
        service, behind, size, prefix=prefix, near_end=near_end
    )
    query = {"namePrefix": prefix} if prefix else {}
    query |= {"nearEnd": "true"} if near_end else {}
    path = f"services/{service.name}/control-numbers"
    return given_page(call, path, [one.to_json() for one in found], following, query)


@route(
    blueprint,
    "GET",
    f"{_NUMBERS}/{{agreement}}",
    answers=(200, 304),
    gives="ShownNumbers",
    errors={Code.AGREEMENT_NOT_FOUND},
)
async def get_control_numbers(call: Call) -> Answer:
    """Read where one agreement stands."""
    service = (await call.app.services.require(call.path("service"))).service
    found = await call.app.counters.get(service, call.path("agreement"))
    return unless_unchanged(call, found.version, found.to_json())


@route(
    blueprint,
    "PUT",
    f"{_NUMBERS}/{{agreement}}",
    body=SetNextBody,
    conditional=True,
    example={"kind": "interchange", "next": 1000},
    gives="ShownNumbers",
    errors={
        Code.OPERATION_NOT_ALLOWED,
        Code.MANAGED_BY_ACCOUNT,
        Code.AGREEMENT_NOT_FOUND,
        Code.CONTROL_NUMBER_ISSUED,
        Code.INTEGRATION_ACCOUNT_UNKNOWN,
    }
    | ASKS_ARM
    | OPENS_OR_SEALS,
)
async def set_control_number(call: Call) -> Answer:
    """Set the next number of a kind; one that was issued comes again only where reuse is asked."""
    body = call.body(SetNextBody)
    service = (await call.app.services.require(call.path("service"))).service
    agreement = call.path("agreement")
    about = {"agreement": agreement, **body.to_json()}
    async with service_update(
        call.app.engine, service.name, service.id, call.caller, "SetControlNumber", about
    ) as entry:
        found = await call.app.setting_numbers.set_next(
            service, agreement, body, condition(call), entry.open
        )
    return Answer(found.to_json(), headers={"ETag": strong(found.version)})


@route(
    blueprint,
    "POST",
    f"{_NUMBERS}/advance",
    query=("validateOnly",),
    body=AdvanceBody,
    example={"by": 500},
    gives="AdvancePlan",
    names_operation=True,
    errors=MOVES_SERVICE
    | {Code.MANAGED_BY_ACCOUNT, Code.AGREEMENT_NOT_FOUND, Code.CONTROL_NUMBERS_EXHAUSTED},
)
async def advance_control_numbers(call: Call) -> Answer:
    """Move numbers on where the ledger may lag; with validateOnly=true, only plan it."""
    body = call.body(AdvanceBody)
    service = (await call.app.services.require(call.path("service"))).service
    if call.flag("validateOnly"):
        return Answer((await call.app.advances.plan(service, body)).to_json())
    done = await call.app.advances.advance(service, body, call.caller, call.operation_id)
    return Answer(done.to_json())


@route(
    blueprint,
    "POST",
    f"{_NUMBERS}/{{agreement}}/allocate",
    body=AllocateBody,
    role=Role.RUNTIME,
    example={"kind": "interchange", "count": 1},
    gives="IssuedNumbers",
    errors=NEEDS_ACTIVE_SERVICE | {Code.CONTROL_NUMBERS_EXHAUSTED},
)
async def allocate_control_numbers(call: Call) -> Answer:
    """Issue control numbers: each is the caller's alone."""
    body = call.body(AllocateBody)
    numbers = await call.app.allocator.allocate(
        call.path("service"), call.path("agreement"), _kinds(body), body.count
    )
    return Answer({"numbers": [number.to_json() for number in numbers]})


@route(
    blueprint,
    "POST",
    _RECEIVED,
    body=ReceivedBody,
    role=Role.RUNTIME,
    example={
        "kind": "interchange",
        "value": "000004711",
        "validityDays": 30,
        "messageId": "<20261101.1@northwind.example>",
    },
    gives="SeenNumber",
    errors=NEEDS_ACTIVE_SERVICE,
)
async def receive_control_number(call: Call) -> Answer:
    """Record a control number that came in, and say whether it is a duplicate."""
    body = call.body(ReceivedBody)
    service = (await call.app.services.require(call.path("service"))).service
    seen = await call.app.inbound.receive(service, call.path("agreement"), body)
    return Answer(seen.to_json())


@route(
    blueprint,
    "GET",
    _RECEIVED,
    query=("kind", "value"),
    answers=(200, 304),
    needs=_NUMBER,
    gives="ReceivedNumber",
    errors={Code.AGREEMENT_NOT_FOUND, Code.ARTIFACT_NOT_FOUND},
)
async def get_received_number(call: Call) -> Answer:
    """Read a control number that came in, by the query parameters kind and value."""
    kind, value = _number_asked_for(call)
    service = (await call.app.services.require(call.path("service"))).service
    found = await call.app.inbound.received(service, call.path("agreement"), kind, value)
    if found is None:
        raise _not_received(kind, value)
    return unless_unchanged(call, found.etag, found.value.to_json())


@route(
    blueprint,
    "DELETE",
    _RECEIVED,
    query=("kind", "value"),
    answers=(204,),
    conditional=True,
    role=Role.RUNTIME,
    needs=_NUMBER,
    errors={
        Code.OPERATION_NOT_ALLOWED,
        Code.MANAGED_BY_ACCOUNT,
        Code.AGREEMENT_NOT_FOUND,
        Code.ARTIFACT_NOT_FOUND,
    },
)
async def release_received_number(call: Call) -> Answer:
    """Forget a control number that came in: its next message is no duplicate."""
    kind, value = _number_asked_for(call)
    service = (await call.app.services.require(call.path("service"))).service
    agreement = call.path("agreement")
    about: JsonObject = {"agreement": agreement, "kind": kind, "value": value}
    async with service_update(
        call.app.engine, service.name, service.id, call.caller, "ReleaseReceivedNumber", about
    ) as entry:
        known = await call.app.inbound.release(
            service, agreement, kind, value, condition(call), entry.open
        )
        if not known:
            raise _not_received(kind, value)
    return Answer(status=204)


@route(
    blueprint,
    "PUT",
    "services/{service}/mic-values/{agreement}",
    body=MicBody,
    answers=(200, 201),
    conditional=True,
    role=Role.RUNTIME,
    example={
        "messageId": "<20261101.1@northwind.example>",
        "mic": "7v7F++fQaNB1RVLFxSRMfFF+JS0=",
        "algorithm": "SHA1",
        "as2From": "NORTHWIND",
        "as2To": "FABRIKAM",
    },
    gives="MicValue",
    errors=NEEDS_ACTIVE_SERVICE,
)
async def put_mic_value(call: Call) -> Answer:
    """Keep the MIC of an AS2 message."""
    body = call.body(MicBody)
    service = (await call.app.services.require(call.path("service"))).service
    mic, new = await call.app.inbound.put_mic(
        service, call.path("agreement"), body, condition(call)
    )
    return Answer(mic.value.to_json(), 201 if new else 200, {"ETag": strong(mic.etag)})


@route(
    blueprint,
    "GET",
    "services/{service}/mic-values/{agreement}",
    query=("messageId",),
    answers=(200, 304),
    needs={"messageId": "<20261101.1@northwind.example>"},
    gives="MicValue",
    errors={Code.AGREEMENT_NOT_FOUND, Code.ARTIFACT_NOT_FOUND},
)
async def get_mic_value(call: Call) -> Answer:
    """Read the MIC of an AS2 message, by the query parameter messageId."""
    message_id = call.query("messageId")
    if not message_id:
        raise Problem(
            Code.INVALID_REQUEST, "Name the message with ?messageId=….", target="messageId"
        )
    service = (await call.app.services.require(call.path("service"))).service
    agreement = call.path("agreement")
    mic = await call.app.inbound.get_mic(service, agreement, message_id)
    if mic is None:
        raise Problem(
            Code.ARTIFACT_NOT_FOUND,
            f"No MIC is kept for the message '{shown(message_id)}'.",
            target="messageId",
        )
    return unless_unchanged(call, mic.etag, mic.value.to_json())


@route(
    blueprint,
    "GET",
    "services/{service}/batch-activity",
    query=PAGING,
    gives=PageOf("ReportedActivity"),
)
async def list_batch_activity(call: Call) -> Answer:
    """List how many messages wait in each batch."""
    service = (await call.app.services.require(call.path("service"))).service
    return await one_page(
        call,
        f"services/{service.name}/batch-activity",
        call.app.batches.pages(service, after(call, is_artifact_name)),
        lambda activity: activity.to_json(),
        lambda activity: activity.batch,
    )


@route(
    blueprint,
    "PUT",
    "services/{service}/batch-activity/{batch}",
    body=BatchActivityBody,
    conditional=True,
    role=Role.RUNTIME,
    example={"activeMessages": 12},
    gives="ReportedActivity",
    errors={Code.SERVICE_NOT_ACTIVE, Code.ARTIFACT_NOT_FOUND},
)
async def put_batch_activity(call: Call) -> Answer:
    """Report how many messages wait in a batch."""
    body = call.body(BatchActivityBody)
    service = (await call.app.services.require(call.path("service"))).service
    reported = await call.app.batches.report(
        service, call.path("batch"), body.active_messages, condition(call)
    )
    return Answer(reported.value.to_json(), headers={"ETag": strong(reported.etag)})


def _number_asked_for(call: Call) -> tuple[Kind, str]:
    kind, value = call.choice("kind", Kind), call.query("value")
    try:
        reference_of(value)
    except ValueError as error:
        raise Problem(Code.INVALID_REQUEST, f"value {error}.", target="value") from error
    if kind is None or value is None:
        raise Problem(Code.INVALID_REQUEST, "Name the number with ?kind=…&value=….", target="kind")
    return kind, value


def _not_received(kind: Kind, value: str) -> Problem:
    return Problem(
        Code.ARTIFACT_NOT_FOUND,
        f"No {kind} number '{shown(value)}' is known to have come in; it may have expired.",
        target="value",
    )


def _kinds(body: AllocateBody) -> list[Kind]:
    kinds = body.kinds or ([body.kind] if body.kind else [])
    if not kinds or (body.kind and body.kinds) or len(set(kinds)) != len(kinds):
        raise Problem(
            Code.INVALID_REQUEST,
            "Give either kind, or kinds with each kind once.",
            target="/kind",
        )
    return kinds
