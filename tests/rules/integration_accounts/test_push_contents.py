"""Contents of a push that are in no request, or more than Azure takes."""

from typing import Any

import pytest

from shared.model.integration_account import Child
from shared.model.problem import Code
from shared.model.push import Action
from shared.rules.integration_accounts.push_checks import Record
from tests.rules.integration_accounts.test_push_checks import CREATE, REPLACE, SAME, checks

_MB = 1024 * 1024
_TOO_LARGE = b"<a>" + b" " * 3 * _MB + b"</a>"


@pytest.mark.parametrize(
    ("child", "size", "data", "is_by_address"),
    [
        (Child.ASSEMBLIES, 2 * _MB, None, False),
        (Child.ASSEMBLIES, 3 * _MB, None, True),
        (Child.SCHEMAS, 0, b"<a/>", False),
        (Child.SCHEMAS, 0, b"\xef\xbb\xbf<a/>", True),
        (Child.MAPS, 0, "<a>\u00fc</a>".encode("latin-1"), True),
        (Child.MAPS, 0, _TOO_LARGE, True),
    ],
)
def test_content_that_is_in_no_request_is_told(
    child: Child, size: int, data: bytes | None, is_by_address: bool
) -> None:
    def told(action: Action, unreadable: str = "") -> Any:
        found = checks()
        record = Record(child, "Large", {"mapType": "Xslt"}, size or len(data or b""), data)
        found.look_at(record, action)
        assert found.gives_addresses is (is_by_address and action is not SAME)
        problems, warnings = found.end(unreadable)
        return [one.code for one in problems], [
            one.code for one in warnings if one.code == "ContentByAddress"
        ]

    assert told(CREATE) == ([], ["ContentByAddress"] * is_by_address)
    refused = [Code.INTEGRATION_ACCOUNT_REFUSED] * is_by_address
    assert told(REPLACE, "it is shut") == (refused, [])
    assert told(SAME, "it is shut") == ([], [])


def test_content_of_more_than_azure_takes_forbids_the_push() -> None:
    found = checks()
    found.look_at(Record(Child.ASSEMBLIES, "Most", {}, 8 * _MB), CREATE)
    found.look_at(Record(Child.ASSEMBLIES, "More", {}, 8 * _MB + 1), CREATE)
    found.look_at(Record(Child.ASSEMBLIES, "There", {}, 9 * _MB), SAME)
    problems, warnings = found.end()
    assert [(one.code, one.target) for one in problems] == [
        (Code.INTEGRATION_ACCOUNT_REFUSED, "/exclude")
    ]
    assert "assemblies/More has 8388609 bytes" in problems[0].message
    assert [(one.code, one.target) for one in warnings] == [("ContentByAddress", "assemblies/Most")]
