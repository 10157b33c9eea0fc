"""A section is read from any record on, in the order that backups have."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.installation.installation import Installation
from shared.model.artifact import ImportItem
from shared.model.numbers import Kind
from shared.model.record import Record
from shared.model.runtime import MicValue, ReceivedNumber
from shared.model.sections import (
    CONTROL_NUMBERS,
    MIC_VALUES,
    RECEIVED_NUMBERS,
    SERVICE,
    SESSIONS,
    Section,
)
from shared.services.cut import ServiceCut
from shared.state.order import record_key
from shared.streams.merged import merged
from tests.support.api import nobodys, x12_document
from tests.support.linked import put_sessions, session
from tests.support.scenes import SERVICE as NAME
from tests.support.scenes import fill

NAMES = ["B", "a", "a b", "a-b", "A.b", "a_b", "Äpfel", "ß", "z" * 80, "日本", "~", "a=b", "(c)"]
MESSAGES = ["m", "M", "a/b", "<1@x>", "z" * 900, "日本", " "]


async def filled(app: Installation) -> ServiceCut:
    """A service with names that are hard to sort."""
    await fill(app)
    service = (await app.services.require(NAME)).service
    items = [
        ImportItem(section=section, name=name, document=document)
        for section, document in (
            (Section.AGREEMENTS, nobodys(x12_document())),
            (Section.BRIDGES, {}),
            (Section.HYBRID_CONNECTIONS, {}),
        )
        for name in (NAMES[:5] if section is Section.HYBRID_CONNECTIONS else NAMES)
    ]
    await app.imports.write(service, items)
    now = datetime.now(UTC)
    for name in NAMES:
        await app.allocator.allocate(NAME, name, [Kind.INTERCHANGE], 1)
        numbers = [
            ReceivedNumber(
                agreement=name, kind=kind, value=value, message_id="m", seen_at=now, expires_at=now
            )
            for kind in (Kind.INTERCHANGE, Kind.TRANSACTION_SET)
            for value in (1, 20, 3, 999_999_999, 90_062_700_464_801, "ME0001/2", "0003", "ab")
        ]
        await app.received.put_all(service.id, numbers)
        mics = [
            MicValue(
                agreement=name,
                message_id=message,
                mic="q83v",
                algorithm="SHA1",
                as2_from="a",
                as2_to="b",
                time=now,
            )
            for message in MESSAGES
        ]
        await app.mics.put_all(service.id, mics)
    names = [f"{name}{end}" for name in NAMES for end in ("-Icn", "-ICN-ACK", "+1, '")]
    await put_sessions(app, service, [session(name, "256") for name in names])
    await app.artifacts.delete(service, Section.AGREEMENTS, "B", lambda _: None)
    return await app.source(service).cut("", hold=False)


async def records(cut: ServiceCut, section: str, after: str = "") -> list[Record]:
    return [record async for page in cut.records(section, after) for record in page]


async def written(lines: AsyncIterator[list[bytes]]) -> list[Record]:
    return [Record.read(json.loads(line)) async for page in lines for line in page]


async def test_each_section_is_read_on_from_any_record(fresh_app: Installation) -> None:
    cut = await filled(fresh_app)
    configuration: dict[str, list[Record]] = {}
    async for page in cut.configuration():
        for item in page:
            line = item.record.line()
            configuration.setdefault(item.section, []).append(Record.read(json.loads(line)))
    assert Section.HYBRID_CONNECTIONS not in configuration
    agreements = frozenset(record.name.casefold() for record in configuration["agreements"])
    whole = {
        **configuration,
        CONTROL_NUMBERS: await written(cut.control_numbers(agreements)),
        RECEIVED_NUMBERS: await written(cut.received_numbers()),
        MIC_VALUES: await written(cut.mic_values()),
        SESSIONS: [one async for page in cut.sessions() for one in page],
    }
    assert "B" not in [record.name for record in whole[CONTROL_NUMBERS]]
    assert len(whole[CONTROL_NUMBERS]) == len(NAMES) - 1, "the deleted one is not shown"
    assert len(whole[MIC_VALUES]) == len(NAMES) * len(MESSAGES)
    assert len(whole[RECEIVED_NUMBERS]) == len(NAMES) * 16
    assert len(whole[SESSIONS]) == len(NAMES) * 3
    for section, all_records in whole.items():
        assert await records(cut, section) == all_records
        keys = [record_key(section, record.name) for record in all_records]
        assert keys == sorted(set(keys)), "the tables' order"
        for number in {0, 1, len(keys) // 2, len(keys) - 1} & set(range(len(keys))):
            rest = await records(cut, section, all_records[number].name)
            assert rest == all_records[number + 1 :]
    assert [record.name for record in whole[SERVICE]] == [SERVICE]


@pytest.mark.parametrize(
    ("section", "name"),
    [
        (RECEIVED_NUMBERS, "A"),
        (RECEIVED_NUMBERS, "A/interchange"),
        (MIC_VALUES, "A"),
    ],
)
def test_names_that_no_record_has(section: str, name: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        record_key(section, name)


@given(st.sets(st.text(max_size=3)), st.sets(st.text(max_size=3)), st.integers(1, 5))
async def test_two_sorted_streams_side_by_side(left: set[str], right: set[str], size: int) -> None:
    async def pages(items: set[str]) -> AsyncIterator[list[str]]:
        ordered = sorted(items)
        for start in range(0, len(ordered), size):
            yield ordered[start : start + size]
            yield []

    found = [pair async for pairs in merged(pages(left), pages(right), str, str) for pair in pairs]
    assert found == [
        (item if item in left else None, item if item in right else None)
        for item in sorted(left | right)
    ]
