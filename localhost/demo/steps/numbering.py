"""Steps of the run time: control numbers out, control numbers and receipts in."""

import base64
import hashlib
from collections.abc import Mapping
from urllib.parse import quote

from localhost.demo.issued import Place
from localhost.demo.network import agreements
from localhost.demo.network.artifact import JsonObject
from localhost.demo.story import Step, Story

ORDERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (agreements.OSTROW_X12, ("interchange", "group", "transactionSet")),
    (agreements.QUARRICK_X12, ("interchange", "group", "transactionSet")),
    (agreements.MUEHLGRUND_EDIFACT, ("interchange", "transactionSet")),
    (agreements.VANTELLE_EDIFACT, ("interchange", "transactionSet")),
    (agreements.WINDLASS_EDIFACT, ("interchange", "group", "transactionSet")),
)
"""The envelope of one message to each partner: what it takes a number of."""

_MESSAGE_ID = "<20261016.114502.77/810@edi.ostrow-foundry.example>"
_RECEIVED = {"kind": "interchange", "value": 8_812, "validityDays": 45, "messageId": _MESSAGE_ID}
_SENT = b"ST*850*0001~BEG*00*NE*4500071833**20261005~SE*3*0001~"
_MIC = {
    "messageId": "<tarnfell/850/4500071833@b2b.tarnfell.example>",
    "mic": base64.b64encode(hashlib.sha256(_SENT).digest()).decode(),
    "algorithm": "SHA2-256",
    "as2From": "TARNFELL-AS2",
    "as2To": "OSTROW-PROD",
}


async def number_one_message_each(story: Story) -> list[tuple[str, JsonObject]]:
    """Take the numbers of one outgoing message for every partner: agreement and number."""
    taken: list[tuple[str, JsonObject]] = []
    for agreement, kinds in ORDERS:
        answer = await story.api.call(
            "POST",
            *("services", story.names.service, "control-numbers", agreement, "allocate"),
            body={"kinds": list(kinds)},
        )
        if agreement == ORDERS[0][0]:
            story.show(answer)
        numbers = answer.json["numbers"]
        story.issued.record(agreement, numbers)
        taken += [(agreement, number) for number in numbers]
    return taken


def by_agreement(numbers: Mapping[Place, str]) -> list[tuple[str, ...]]:
    """Numbers as a table: a row an agreement, a column a kind."""
    kinds = ("interchange", "group", "transactionSet")
    return [
        ("agreement", *kinds),
        *(
            (agreement, *(numbers.get((agreement, kind), "–") for kind in kinds))
            for agreement, _ in ORDERS
        ),
    ]


async def _allocate(story: Story) -> None:
    taken = await number_one_message_each(story)
    rows = [("agreement", "kind", "number", "in the envelope")]
    rows += [(name, n["kind"], str(n["value"]), n["formatted"]) for name, n in taken]
    story.terminal.table(rows, frozenset({2, 3}))
    formatted = {(agreement, n["kind"]): n["formatted"] for agreement, n in taken}
    story.check(
        formatted[agreements.OSTROW_X12, "interchange"] == "000041207"
        and formatted[agreements.QUARRICK_X12, "transactionSet"] == "TP1000"
        and formatted[agreements.MUEHLGRUND_EDIFACT, "interchange"] == "TF5001"
        and formatted[agreements.WINDLASS_EDIFACT, "group"] == "1W",
        "each starts at its lower bound: ISA13 with nine digits, the others with their prefix and "
        "suffix",
    )
    answer = await story.api.call(
        "POST",
        *("services", story.names.service, "control-numbers", agreements.OSTROW_X12, "allocate"),
        body={"kind": "interchange", "count": 40},
    )
    story.show(answer)
    numbers = answer.json["numbers"]
    story.issued.record(agreements.OSTROW_X12, numbers)
    values = [number["value"] for number in numbers]
    story.terminal.fact("a morning's batch", f"{values[0]} to {values[-1]}")
    story.check(
        values == list(range(values[0], values[0] + 40)),
        "forty at once are forty in a row",
    )


async def receive(story: Story, seen_before: bool) -> None:
    """Record an incoming interchange under a new message id, and say whether it is known."""
    message = {**_RECEIVED, "messageId": f"again{_MESSAGE_ID}"} if seen_before else _RECEIVED
    answer = await story.api.call(
        "POST",
        *("services", story.names.service, "received-control-numbers", agreements.OSTROW_X12),
        body=message,
    )
    story.show(answer)
    story.terminal.fact("ISA13 000008812", "a duplicate" if answer.json["duplicate"] else "new")
    story.check(
        answer.json["duplicate"] is seen_before,
        "another message with a known number is a duplicate"
        if seen_before
        else "the first of its number is no duplicate",
    )


async def read_mic(story: Story) -> None:
    """Read the MIC of the order that went out over AS2."""
    answer = await story.api.call(
        "GET",
        *("services", story.names.service, "mic-values", "Tarnfell-Ostrow-AS2"),
        query=f"?messageId={quote(_MIC['messageId'], safe='')}",
    )
    story.show(answer)
    story.check(answer.json["mic"] == _MIC["mic"], "the MIC that the MDN must repeat is there")


async def _receive(story: Story) -> None:
    await receive(story, seen_before=False)
    answer = await story.api.call(
        "PUT",
        *("services", story.names.service, "mic-values", "Tarnfell-Ostrow-AS2"),
        body=_MIC,
        expect=201,
    )
    story.show(answer)
    await read_mic(story)


ALLOCATE = Step(
    "Issue control numbers",
    "Every interchange, group and message needs a number that the partner has never seen from us; "
    "a repeated one is thrown away as a duplicate, and an order with it.",
    _allocate,
)
RECEIVE = Step(
    "Record what comes in",
    "The numbers that partners sent guard against their duplicates, the MIC of a sent AS2 message "
    "proves its receipt. Both are run-time state that an export of the configuration forgets.",
    _receive,
)
