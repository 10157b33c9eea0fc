"""Which sources of a bridge are polled, and that every one of them is stopped."""

from typing import Any

import pytest

from shared.rules.polled_sources import sources, with_sources_stopped

FTP = {"type": "FTP", "address": "ftp://a"}
STOPPED = {**FTP, "state": "Stopped"}


@pytest.mark.parametrize(
    ("document", "stopped"),
    [
        ({"source": FTP}, {"source": STOPPED}),
        ({"sources": [FTP, {"type": "HTTP"}]}, {"sources": [STOPPED, {"type": "HTTP"}]}),
        ({"sources": [[FTP]]}, {"sources": [[STOPPED]]}),
        ({"Source": {"source": FTP}}, {"Source": {"source": STOPPED}}),
        ({"source": {**FTP, "sources": [FTP]}}, {"source": {**STOPPED, "sources": [STOPPED]}}),
        (
            {"source": {"type": "HTTP", "more": {"source": FTP}}},
            {"source": {"type": "HTTP", "more": {"source": STOPPED}}},
        ),
        ({"properties": {"source": FTP}}, {"properties": {"source": STOPPED}}),
        ({"source": {**FTP, "state": "Started"}}, {"source": STOPPED}),
        ({"source": {**FTP, "enabled": True}}, {"source": {**FTP, "enabled": False}}),
        (
            {"source": {**FTP, "Enabled": True, "State": "Started"}},
            {"source": {**FTP, "Enabled": False, "State": "Stopped"}},
        ),
        (
            {"source": {"Type": "sftp", "Address": "a"}},
            {"source": {"Type": "sftp", "Address": "a", "state": "Stopped"}},
        ),
    ],
)
def test_every_polled_source_is_stopped(document: Any, stopped: Any) -> None:
    assert with_sources_stopped(document) == stopped
    assert with_sources_stopped(stopped) == stopped
    pointers = [source.pointer for source in sources(document)]
    assert pointers == [source.pointer for source in sources(stopped)] != []


@pytest.mark.parametrize(
    "document",
    [
        {"source": {"type": "HTTP", "address": "a"}},
        {"source": "ftp://a"},
        {"sources": ["FTP", None, 7]},
        {"destinations": [FTP], "route": FTP},
        {"source": {"type": None}},
    ],
)
def test_what_is_not_polled_stays_as_it_is(document: Any) -> None:
    assert sources(document) == []
    assert with_sources_stopped(document) == document


def test_a_source_is_known_by_its_type_and_address_however_they_are_written() -> None:
    [one] = sources({"source": {"Type": "FTP", "ADDRESS": "ftp://a"}})
    [other] = sources({"SOURCES": [{"type": "ftp", "url": "ftp://a"}]})
    assert one.place("B") == other.place("C")
    assert (one.pointer, other.pointer) == ("/source", "/SOURCES/0")
