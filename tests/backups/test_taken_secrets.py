"""Secrets are taken out of a record, and numbered in the order of their places."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.backups.archive.secrets_writer import SecretsWriter
from shared.model.record import Record
from shared.model.wire import JsonObject, JsonValue
from shared.rules.documents import SECRET, at, replace_secrets


class NoContainer:
    """Nothing is uploaded: that is for full frames."""

    def new_blob(self, *_: str) -> None:
        """No blob."""


def writer() -> SecretsWriter:
    container: Any = NoContainer()
    provider: Any = None  # it wraps the run's key, at the end
    return SecretsWriter(container, provider, backup_id="b", run="1-1")


_NAMES = st.sampled_from(["password", "token", "z", "a", "list", "a/b", "~", "pfx"])
_VALUES = st.recursive(
    st.sampled_from([None, True, 0, 1.5, "", "x", "Bearer abcdefgh123"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=12,
)
_DOCUMENTS = st.dictionaries(_NAMES, _VALUES, max_size=5)


@given(st.lists(_DOCUMENTS, max_size=3))
def test_secrets_are_numbered_by_their_pointers_through_all_records(
    documents: list[JsonObject],
) -> None:
    secrets, before = writer(), 0
    for document in documents:
        found: dict[str, JsonValue] = {}
        replace_secrets("bridges", document, found.setdefault)
        taken = secrets.take_from("bridges", Record("A", document, "t")).document
        for index, pointer in enumerate(sorted(found), before):
            assert at(taken, pointer) == {SECRET: index}
        back = replace_secrets("bridges", taken, lambda pointer, _: found[pointer])  # noqa: B023
        assert back == document
        before += len(found)


def test_a_record_without_secrets_is_the_same() -> None:
    record = Record("A", {"a": [{"b": 1}]}, "t")
    assert writer().take_from("bridges", record) is record
