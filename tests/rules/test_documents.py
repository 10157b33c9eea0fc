"""Documents: which members are secrets, masks, and what a caller may not send."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.problem import Code, Problem
from shared.model.wire import MASK, JsonValue
from shared.rules.acceptable import MAX_DEPTH, MAX_VALUES, require_acceptable
from shared.rules.documents import at, masked, replace_secrets


@pytest.mark.parametrize(
    "member",
    [
        "passwordValue",
        "authorizationValue",
        "recipientReferencePasswordValue",
        "groupApplicationPassword",
    ],
)
def test_the_four_agreement_members(member: str) -> None:
    document = {"content": {"x12": [{member: "x"}]}}
    assert masked("agreements", document) == {"content": {"x12": [{member: MASK}]}}  # type: ignore[arg-type]


def test_a_certificates_pfx_and_a_services_own() -> None:
    assert masked("certificates", {"pfx": "x"}) == {"pfx": MASK}
    assert masked("service", {"accessControl": {"namespace": "n", "key": "x"}}) == {
        "accessControl": {"namespace": "n", "key": MASK}
    }
    assert masked("service", {"sslCertificate": {"data": "x", "password": "y"}}) == {
        "sslCertificate": {"data": MASK, "password": MASK}
    }
    assert masked("bridges", {"key": "x", "data": "y"}) == {"key": "x", "data": "y"}


@pytest.mark.parametrize("empty", [None, "", True, False])
def test_what_holds_no_secret_stays(empty: object) -> None:
    assert masked("bridges", {"password": empty}) == {"password": empty}  # type: ignore[dict-item]


@pytest.mark.parametrize("value", [["a", "b"], {"a": 1}, 5])
def test_a_secret_is_sealed_whole_whatever_it_is(value: object) -> None:
    assert masked("bridges", {"password": value}) == {"password": MASK}  # type: ignore[dict-item]


def test_what_stands_for_a_secret_is_replaced_wherever_it_is() -> None:
    document = {"formerly": {"$sealed": "…"}, "other": {"$secret": 3}}
    assert masked("bridges", document) == {"formerly": MASK, "other": MASK}  # type: ignore[arg-type]


def test_pointers_are_escaped_and_found_again() -> None:
    document = {"a/b": {"c~d": [{"password": "x"}]}}
    seen: list[str] = []
    replace_secrets("bridges", document, lambda pointer, _v: seen.append(pointer))  # type: ignore[arg-type,func-returns-value]
    assert seen == ["/a~1b/c~0d/0/password"]
    assert at(document, seen[0]) == "x"  # type: ignore[arg-type]


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=20,
).flatmap(lambda value: st.just({"v": value}))


@given(documents)
def test_replacing_every_secret_by_itself_changes_nothing(document: dict[str, object]) -> None:
    assert replace_secrets("agreements", document, lambda _p, value: value) == document  # type: ignore[arg-type]


@pytest.mark.parametrize("member", ["$sealed", "$secret"])
def test_members_that_stand_for_secrets_are_reserved(member: str) -> None:
    with pytest.raises(Problem) as refused:
        require_acceptable({"a": [{member: "x"}]})
    assert refused.value.code is Code.RESERVED_MEMBER
    assert refused.value.target == f"/document/a/0/{member}"


def test_a_document_may_be_nested_so_deep_and_no_deeper() -> None:
    def nested(levels: int) -> dict[str, object]:
        document: dict[str, object] = {}
        for _ in range(levels - 1):
            document = {"a": document}
        return document

    require_acceptable(nested(MAX_DEPTH))  # type: ignore[arg-type]
    with pytest.raises(Problem) as refused:
        require_acceptable(nested(MAX_DEPTH + 1))  # type: ignore[arg-type]
    assert refused.value.code is Code.INVALID_REQUEST


@pytest.mark.parametrize("document", [{"a": "\ud800"}, {"\udfff": 1}])
def test_half_a_character_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(Problem):
        require_acceptable(document)  # type: ignore[arg-type]


def test_as_many_values_as_can_be_checked_at_once() -> None:
    half: list[JsonValue] = [1] * (MAX_VALUES // 2 - 2)
    require_acceptable({"a": half, "b": half})
    begun = time.process_time()
    with pytest.raises(Problem) as refused:
        require_acceptable({"a": half, "b": [[1] * 7_000_000]})
    assert refused.value.code is Code.DOCUMENT_TOO_LARGE
    assert time.process_time() - begun < 0.5, "it was counted, not walked through"
